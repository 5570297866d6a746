// The Worker of a deployment, with the keys that it signs with.

import { readFile } from 'node:fs/promises';
import { isSigningKeyName } from '../core/key-set-names.ts';
import { listsName } from './deploy-database.ts';
import type { Environment } from './environment.ts';
import { recordFirstKey } from './key-records.ts';
import { createKey } from './key-set.ts';
import { UsageError } from './options.ts';
import { withPrivateFile } from './private-file.ts';
import { captureWrangler, exitCode, type Output, startWrangler } from './wrangler.ts';

/**
 * Whether the deployed Worker has keys that may sign, from what `wrangler secret list` printed. Null when that is not
 * certain: taking a failure for "none" would replace the keys that people are signed in with.
 */
export function hasKeys({ code, stdout, text }: Output): boolean | null {
  if (code === 0) return listsName(stdout, isSigningKeyName);
  return text.includes('If this is a new Worker') ? false : null;
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
 * Deploys the code, and with it a signing key where there is none.
 * @returns where it answers; null where it has no address.
 * @throws UsageError when wrangler fails, having said why.
 */
export async function deployWorker(environment: Environment, args: string[]): Promise<string | null> {
  const { argument } = environment;
  const listed = await listSecrets(environment);
  const keys = hasKeys(listed);
  if (keys === null) throw new UsageError(listed.text.trim());
  const command = ['deploy', argument, ...args];
  if (keys) return runDeploy(command);
  const key = await createKey();
  await recordFirstKey(environment, key);
  return withPrivateFile(JSON.stringify({ JWT_KEYS: key.keySet }), (file) =>
    runDeploy([...command, '--secrets-file', file]),
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
