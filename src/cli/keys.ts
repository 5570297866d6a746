// `npm run keys:add | keys:promote | keys:retire | keys:list [-- --remote] [-- --env NAME]`: signing keys that change
// while every valid token stays good, and with `--refresh` refresh keys. The steps are in key-commands.ts and
// refresh-key-commands.ts; when they are safe is in key-rotation.ts and refresh-key-rotation.ts.

import { adoptLocalKeys, adoptLocalRefreshKeys } from './key-adoption.ts';
import { addKey, type KeyContext, promoteKey, readRotation, retireKeys } from './key-commands.ts';
import { describeRefreshKeys, describeRotation } from './key-list.ts';
import { keyRecordsOf } from './key-records.ts';
import { localSecrets, remoteSecrets } from './key-secrets.ts';
import type { AllOption, ForceOption } from './key-steps.ts';
import { assertNothingLeft, runScript, takeOptions, UsageError } from './options.ts';
import { paths } from './project.ts';
import {
  addRefreshKey,
  type RefreshKeyContext,
  readRefreshRotation,
  retireRefreshKeys,
} from './refresh-key-commands.ts';
import { refreshKeyRecordsOf } from './refresh-key-records.ts';
import { findTarget, type Target, targetOptions } from './target.ts';

type Contexts = { signing: KeyContext; refresh: RefreshKeyContext };
type Options = ForceOption & AllOption & { refresh: boolean };
type Command = {
  takes: readonly ('remote' | 'refresh' | 'force' | 'all')[];
  /** The error for options that the command takes alone but not together. */
  refuses?: (options: Options) => string | null;
  run: (contexts: Contexts, options: Options) => Promise<void>;
};

const commands: Record<string, Command> = {
  add: {
    takes: ['remote', 'refresh', 'force'],
    refuses: ({ refresh, force }) =>
      force && !refresh ? '--force needs --refresh: a signing key is forced when it is promoted.' : null,
    run: ({ signing, refresh }, options) =>
      options.refresh ? addRefreshKey(refresh, options) : addKey(signing),
  },
  promote: {
    takes: ['remote', 'refresh', 'force'],
    refuses: ({ refresh }) =>
      refresh ? 'A refresh key is not promoted: it signs from the instant on that keys:add gave it.' : null,
    run: ({ signing }, options) => promoteKey(signing, options),
  },
  retire: {
    takes: ['remote', 'refresh', 'force', 'all'],
    run: ({ signing, refresh }, options) =>
      options.refresh ? retireRefreshKeys(refresh, options) : retireKeys(signing, options),
  },
  list: { takes: ['remote'], run: listKeys },
};

async function listKeys({ signing, refresh }: Contexts): Promise<void> {
  const lines = describeRotation(await readRotation(signing));
  const refreshLines = describeRefreshKeys(await readRefreshRotation(refresh));
  signing.say([...lines, ...refreshLines].join('\n'));
}

/** What the commands work with at a target. */
function contextsOf(target: Target): Contexts {
  const { environment, config } = target;
  const remote = environment === null ? '' : ` --remote${environment.suffix}`;
  const shared = {
    secrets: environment === null ? localSecrets(paths.devVars) : remoteSecrets(environment),
    say: (line: string) => console.log(line),
    refreshTokenTtlSeconds: config.tokenPolicy.refreshTokenTtlSeconds,
  };
  const signing = {
    ...shared,
    records: keyRecordsOf(target),
    now: () => new Date(),
    nameOf: (step: string) => `npm run keys:${step}${remote === '' ? '' : ` --${remote}`}`,
  };
  const nameOf = (step: string) => `npm run keys:${step} -- --refresh${remote}`;
  return { signing, refresh: { ...shared, records: refreshKeyRecordsOf(target), nameOf } };
}

/** `.dev.vars` can be read, so the records that a command reads follow it. */
async function adoptLocal({ signing, refresh }: Contexts, kinds: Kinds): Promise<void> {
  if (kinds.signing) await adoptLocalKeys(signing.records, paths.devVars, signing.now());
  if (kinds.refresh) await adoptLocalRefreshKeys(refresh.records, paths.devVars);
}

type Kinds = { signing: boolean; refresh: boolean };

/** wrangler reads `.dev.vars` when it starts, and does not look again. */
const RESTART = 'A dev server that is running keeps the old keys until you restart it.';

async function keys([name = '', ...args]: string[]): Promise<void> {
  const command = commands[name];
  if (command === undefined)
    throw new UsageError(`keys.ts takes one of: ${Object.keys(commands).join(', ')}`);
  const { values, rest } = takeOptions(args, { ...targetOptions, flags: command.takes });
  assertNothingLeft(rest);
  const given = (flag: 'refresh' | 'force' | 'all') => values[flag] === true;
  const options = { refresh: given('refresh'), force: given('force'), all: given('all') };
  const wrong = command.refuses?.(options);
  if (wrong) throw new UsageError(wrong);
  const target = await findTarget(values);
  const contexts = contextsOf(target);
  const isLocal = target.environment === null;
  const kinds = { signing: !options.refresh, refresh: options.refresh || name === 'list' };
  if (isLocal) await adoptLocal(contexts, kinds);
  await command.run(contexts, options);
  if (isLocal && name !== 'list') console.log(RESTART);
}

if (import.meta.main) await runScript(keys);
