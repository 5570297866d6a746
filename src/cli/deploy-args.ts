// What `npm run deploy` looks at before it makes anything: a mistake in a word must not leave a database in a place
// that nobody chose, or a new key where there was one.

import type { Environment } from './environment.ts';
import { UsageError } from './options.ts';
import { captureWrangler } from './wrangler.ts';

/** Options that `wrangler deploy` takes, and with which it means another Worker than the steps before it. */
const ELSEWHERE = /^(--?(name|config|c|cwd|profile|dispatch-namespace)(=|$)|-c)/;

/** @throws UsageError for arguments with which the code would not be that of this project's Worker. */
export function assertOurWorker(args: readonly string[]): void {
  const [first = ''] = args;
  const word = first.startsWith('-') ? args.find((arg) => arg === '--') : args[0];
  if (word !== undefined) throw new UsageError(`"${word}" is not taken here. ${SPELLING}`);
  const option = args.find((arg) => ELSEWHERE.test(arg))?.split('=', 1)[0];
  if (option === undefined) return;
  throw new UsageError(
    `There is no option ${option} here: the Worker is that of wrangler.toml, as for every other command.`,
  );
}

/** npm drops the options that stand before a `--`, and keeps their values. */
const SPELLING = 'Options stand behind one --, with their names: npm run deploy -- --env staging';

/**
 * Builds without deploying, which shows whether wrangler takes the arguments.
 * @throws UsageError with its words when it does not.
 */
export async function rehearse({ argument }: Environment, args: readonly string[]): Promise<void> {
  // What it would report of a deployment is for whoever waits for the real one.
  const env = { WRANGLER_OUTPUT_FILE_PATH: '', WRANGLER_OUTPUT_FILE_DIRECTORY: '' };
  const built = await captureWrangler(['deploy', '--dry-run', argument, ...args], { env });
  // The reason comes last: above it stands wrangler's help, which is longer than a screen.
  if (built.code !== 0) throw new UsageError(`${built.stdout}\n${built.stderr}`.trim());
}
