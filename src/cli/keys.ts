// `npm run keys:add | keys:promote | keys:retire | keys:list [-- --remote] [-- --env NAME]`: signing keys that change
// while every valid token stays good. What the steps do is in key-commands.ts, when they may is in key-rotation.ts.

import { adoptLocalKeys } from './key-adoption.ts';
import {
  addKey,
  type Extent,
  type KeyContext,
  promoteKey,
  readRotation,
  retireKeys,
  type Urgency,
} from './key-commands.ts';
import { describeRotation } from './key-list.ts';
import { keyRecordsOf } from './key-records.ts';
import { localSecrets, remoteSecrets } from './key-secrets.ts';
import { assertNothingLeft, runScript, takeOptions, UsageError } from './options.ts';
import { paths } from './project.ts';
import { findTarget, type Target, targetOptions } from './target.ts';

type Command = {
  takes: readonly ('remote' | 'force' | 'all')[];
  run: (context: KeyContext, options: Urgency & Extent) => Promise<void>;
};

const commands: Record<string, Command> = {
  add: { takes: ['remote'], run: addKey },
  promote: { takes: ['remote', 'force'], run: promoteKey },
  retire: { takes: ['remote', 'force', 'all'], run: retireKeys },
  list: { takes: ['remote'], run: listKeys },
};

async function listKeys(context: KeyContext): Promise<void> {
  context.say(describeRotation(await readRotation(context)).join('\n'));
}

/** What the commands work with at a target. */
function contextOf(target: Target): KeyContext {
  const { environment, config } = target;
  const where = environment === null ? '' : ` -- --remote${environment.suffix}`;
  return {
    secrets: environment === null ? localSecrets(paths.devVars) : remoteSecrets(environment),
    records: keyRecordsOf(target),
    now: () => new Date(),
    say: (line) => console.log(line),
    nameOf: (step) => `npm run keys:${step}${where}`,
    refreshTokenTtlSeconds: config.tokenPolicy.refreshTokenTtlSeconds,
  };
}

/** wrangler reads `.dev.vars` when it starts, and does not look again. */
const RESTART = 'A dev server that is running keeps the old keys until you restart it.';

async function keys([name = '', ...args]: string[]): Promise<void> {
  const command = commands[name];
  if (command === undefined)
    throw new UsageError(`keys.ts takes one of: ${Object.keys(commands).join(', ')}`);
  const { values, rest } = takeOptions(args, { ...targetOptions, flags: command.takes });
  assertNothingLeft(rest);
  const target = await findTarget(values);
  const context = contextOf(target);
  const isLocal = target.environment === null;
  if (isLocal) await adoptLocalKeys(context.records, paths.devVars, context.now());
  await command.run(context, { force: values.force === true, all: values.all === true });
  if (isLocal && name !== 'list') context.say(RESTART);
}

if (import.meta.main) await runScript(keys);
