// What the stub takes from the pinned wrangler. Reading wrangler takes most of a second, so what it said is kept.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Unstable_Config as Config, experimental_getWranglerCommands as getCommands } from 'wrangler';
import { projectRoot } from '../../../support/node/checkout.ts';

export type { Config };

const require = createRequire(import.meta.url);
const manifest = require.resolve('wrangler/package.json');
const wrangler = (): typeof import('wrangler') => require('wrangler');
const { version }: { version: string } = JSON.parse(readFileSync(manifest, 'utf8'));

/** The real program. */
export const realWrangler = join(dirname(manifest), 'bin', 'wrangler.js');

type Registry = ReturnType<typeof getCommands>['registry'];
type Definition = Extract<Registry['definition'], { type: 'command' }>;
/** What is of use here of wrangler's own type, which leaves most of it open. */
export type Option = {
  type?: string;
  array?: boolean;
  alias?: string | readonly string[];
  choices?: readonly string[];
  demandOption?: boolean;
  describe?: string;
};
export type Command = { options: Record<string, Option>; words: string[]; shouldNameEnv: boolean };

/** Every command by its words (`d1 create`). */
export const readCommands = (): Record<string, Command> =>
  remembered('commands', () => {
    const { registry, globalFlags } = wrangler().experimental_getWranglerCommands();
    return Object.fromEntries(commandsIn(registry, globalFlags));
  });

function commandsIn(
  { definition, subtree }: Pick<Registry, 'definition' | 'subtree'>,
  global: object,
): [string, Command][] {
  const own = definition?.type === 'command' ? [described(definition, global)] : [];
  return [...own, ...[...subtree.values()].flatMap((node) => commandsIn(node, global))];
}

const described = (
  { command, args, positionalArgs, behaviour }: Definition,
  global: object,
): [string, Command] => [
  command.replace(/^wrangler /, ''),
  {
    // The cast holds for the members that are named above.
    options: { ...global, ...args } as Record<string, Option>,
    words: positionalArgs ?? [],
    shouldNameEnv: behaviour?.warnIfMultipleEnvsConfiguredButNoneSpecified === true,
  },
];

/** A configuration file as wrangler reads it for an environment. */
export const readConfigFile = (file: string, env: string | undefined): Config =>
  remembered(`${process.cwd()} ${env} ${readFileSync(file, 'utf8')}`, () =>
    wrangler().unstable_readConfig({ config: file, env }, { hideWarnings: true }),
  );

/** The statements of a text; one alone needs no reading. */
export const splitSql = (sql: string): string[] =>
  /;\s*\S/.test(sql) ? wrangler().unstable_splitSqlQuery(sql) : [sql];

function remembered<T>(what: string, read: () => T): T {
  const folder = join(projectRoot, '.wrangler', 'stub');
  const name = createHash('sha256').update(`${version} ${what}`).digest('hex');
  const file = join(folder, `${name}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const value = read();
  mkdirSync(folder, { recursive: true });
  // Another call may write it at the same time.
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(value));
  renameSync(`${file}.${process.pid}`, file);
  return value;
}
