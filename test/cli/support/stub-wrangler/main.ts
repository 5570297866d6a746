// Stands in for wrangler where a test deploys: it takes what the pinned wrangler takes, refuses what that refuses, and
// does to an account in a folder what wrangler would do to one at Cloudflare. What stays on this machine (`dev`,
// `--local`) the real one does; a dry run, which a test waits for with each deployment, builds nothing here. See ../account.ts for how a test uses it.

import { spawnSync } from 'node:child_process';
import { openAccount, readConfig } from './account.ts';
import { type Call, parseCall, Refused } from './arguments.ts';
import { commands } from './commands.ts';
import { realWrangler } from './pinned.ts';

const runReal = (argv: readonly string[]): number =>
  spawnSync(process.execPath, [realWrangler, ...argv], { stdio: 'inherit' }).status ?? 1;

/** wrangler's D1 commands mean the local database unless told otherwise. */
const LOCAL_UNLESS_REMOTE = new Set(['d1 execute', 'd1 migrations apply', 'd1 export']);

const staysHere = ({ command, flags }: Call): boolean =>
  command === 'dev' || (LOCAL_UNLESS_REMOTE.has(command) && flags['remote'] !== true);

/** `before d1 create` or `after deploy` in EDGE_ACCOUNTS_STUB_FAILS: the call fails with nothing, or with all, done. */
function failIfAsked(when: 'before' | 'after', { command }: Call): void {
  if (process.env['EDGE_ACCOUNTS_STUB_FAILS'] === `${when} ${command}`)
    throw new Refused('A request to the Cloudflare API (/accounts/stub) failed.\n\n  fetch failed');
}

/** A dry run is a command of its own here, so that one which is to fail is the deployment. */
const isolated = (call: Call): Call =>
  call.flags['dry-run'] === true ? { ...call, command: `${call.command} --dry-run` } : call;

function warnIfSeveral(): void {
  if ((readConfig({}).definedEnvironments ?? []).length === 0) return;
  console.warn('▲ [WARNING] Multiple environments are defined, but no target environment was specified.');
}

async function answer(argv: readonly string[]): Promise<void> {
  const account = openAccount();
  account.logCall(argv);
  const call = isolated(parseCall(argv));
  const named = 'env' in call.flags || process.env['CLOUDFLARE_ENV'] !== undefined;
  if (call.shouldNameEnv && !named) warnIfSeveral();
  failIfAsked('before', call);
  const run = commands[call.command];
  if (run === undefined) throw new Refused(`the stub does not know "${call.command}"`);
  await run(account, call);
  failIfAsked('after', call);
}

const asJson = (text: string): string => JSON.stringify({ error: { text } }, null, 2);

const argv = process.argv.slice(2);
try {
  if (staysHere(parseCall(argv))) process.exitCode = runReal(argv);
  else await answer(argv);
} catch (cause) {
  if (!(cause instanceof Refused)) throw cause;
  console.error(
    argv[1] === 'execute' && argv.includes('--json')
      ? asJson(cause.message)
      : `\n✘ [ERROR] ${cause.message}\n`,
  );
  process.exitCode = 1;
}
