// The Worker of a deployment, with the keys that it signs with.

import { readFile } from 'node:fs/promises';
import { isSigningKeyName } from '../core/key-set-names.ts';
import { refreshKeyNumber } from '../protocol/refresh-keys.ts';
import { namesIn } from './deploy-database.ts';
import { makeFirstKeys } from './deploy-keys.ts';
import type { Environment } from './environment.ts';
import { UsageError } from './options.ts';
import { withPrivateFile } from './private-file.ts';
import { captureWrangler, exitCode, type Output, startWrangler } from './wrangler.ts';

/**
 * The names of the deployed Worker's secrets, from what `wrangler secret list` printed; none for a new Worker. Null when
 * they are not certain: taking a failure for "none" would replace the keys that people are signed in with.
 */
export function secretNamesIn({ code, stdout, text }: Output): string[] | null {
  if (code === 0) return namesIn(stdout);
  return text.includes('If this is a new Worker') ? [] : null;
}

/** Of the Worker that `wrangler deploy` writes to, which is not that of wrangler.toml where Workers Builds names one. */
function listSecrets({ name, argument }: Environment): Promise<Output> {
  const list = ['secret', 'list', '--format', 'json'];
  const worker = process.env['WRANGLER_CI_OVERRIDE_NAME'];
  if (worker === undefined) return captureWrangler([...list, argument]);
  // Beside a name, wrangler takes --env for an ending of it.
  return captureWrangler([...list, '--name', worker], { env: { CLOUDFLARE_ENV: name } });
}

/**
 * Deploys the code, and with it the keys that are not there: one that signs, and one for refresh tokens. wrangler keeps
 * the secrets that are not in the file.
 * @returns where it answers; null where it has no address.
 * @throws UsageError when wrangler fails, having said why.
 */
export async function deployWorker(environment: Environment, args: string[]): Promise<string | null> {
  const listed = await listSecrets(environment);
  const names = secretNamesIn(listed);
  if (names === null) throw new UsageError(listed.text.trim());
  const command = ['deploy', environment.argument, ...args];
  const isMissing = { signingKey: !names.some(isSigningKeyName), refreshKey: !names.some(isRefreshKeyName) };
  if (hasSecretsFile(args)) return deployWithOwnSecrets(environment, command, isMissing);
  if (!isMissing.signingKey && !isMissing.refreshKey) return runDeploy(command);
  const secrets = await makeFirstKeys(environment, isMissing);
  return withPrivateFile(JSON.stringify(secrets), (file) => runDeploy([...command, '--secrets-file', file]));
}

const isRefreshKeyName = (name: string): boolean => refreshKeyNumber(name) !== null;

const hasSecretsFile = (args: readonly string[]): boolean =>
  args.some((arg) => /^--(secrets-file|secretsFile)(=|$)/.test(arg));

/** wrangler takes one file of secrets alone, so no key is made beside one of the operator. */
async function deployWithOwnSecrets(
  environment: Environment,
  command: string[],
  isMissing: { signingKey: boolean; refreshKey: boolean },
): Promise<string | null> {
  if (isMissing.signingKey) throw new UsageError(FILE_TAKEN);
  const url = await runDeploy(command);
  if (isMissing.refreshKey) await warnWithoutRefreshKey(environment);
  return url;
}

const FILE_TAKEN =
  'The Worker has no signing key, which is uploaded in a --secrets-file. Leave yours out of this deployment.';

/** The file of the operator can hold a refresh key, so the secrets are read again. */
async function warnWithoutRefreshKey(environment: Environment): Promise<void> {
  if (secretNamesIn(await listSecrets(environment))?.some(isRefreshKeyName)) return;
  console.warn(
    'Warning: REFRESH_KEY is not set, so the published key signs refresh tokens, and other programs accept them as access ' +
      `tokens. Add it: npm run keys:add -- --refresh --remote${environment.suffix}`,
  );
}

/** On the terminal, since a new account is asked for its workers.dev name; the addresses come by a file. */
function runDeploy(command: string[]): Promise<string | null> {
  return withPrivateFile('', async (report) => {
    const deployment = startWrangler(command, { env: { WRANGLER_OUTPUT_FILE_PATH: report } });
    if ((await exitCode(deployment)) !== 0) throw new UsageError('The Worker was not deployed.');
    return addressIn(await readFile(report, 'utf8'));
  });
}

/** The first address among the targets that wrangler reports; schedules are targets too. */
export function addressIn(report: string): string | null {
  const entries = report.split('\n').filter((line) => line.includes('"type":"deploy"'));
  const { targets = [] }: { targets?: string[] } = JSON.parse(entries.at(-1) ?? '{}');
  const [address] = targets.filter((target) => !target.startsWith('schedule:'));
  if (address === undefined) return null;
  const [host = ''] = address.split(/\/?\*?( |$)/);
  return host.startsWith('https://') ? host : `https://${host}`;
}
