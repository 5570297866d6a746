// Which database a script means, and how it asks it: through wrangler, which knows both kinds.

import { relative, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { type Config, type Env, parseConfig } from '../env.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { readIfPresent } from './files.ts';
import { migrateLocal } from './local-database.ts';
import { UsageError } from './options.ts';
import { withPrivateFile } from './private-file.ts';
import { paths } from './project.ts';
import { captureWrangler, type Output } from './wrangler.ts';

export const targetOptions = { named: ['env', 'persist-to'], flags: ['remote'] } as const;

export type Target = {
  /** For people. */
  name: string;
  /** For `wrangler d1 execute`. */
  arguments: string[];
  /** Whose Worker is deployed on this database; null for this machine. */
  environment: Environment | null;
  /** As the Worker on this database reads it; what a `--var` says there is not known here. */
  config: Config;
};

/** A target of which only the database matters. */
export type Database = Omit<Target, 'config'>;

export type Row = Record<string, unknown>;

/**
 * The local database, whose tables are brought up to date first, or with `remote` that of an environment.
 * @throws UsageError for options that do not go together, or a wrong var.
 */
export async function findTarget(values: {
  env?: string;
  remote?: true;
  'persist-to'?: string;
}): Promise<Target> {
  if (values.remote) return remoteTarget(values);
  if (values.env !== undefined) throw new UsageError('--env is for --remote: there is one local database.');
  const state = resolve(values['persist-to'] ?? paths.state);
  await migrateLocal(state);
  const secrets = parseEnv((await readIfPresent(paths.devVars))?.toString('utf8') ?? '');
  return {
    name: `the local database in ${relative(process.cwd(), state) || '.'}`,
    arguments: ['--local', '--persist-to', state],
    environment: null,
    config: configOf({ ...readEnvironment('').vars, ...secrets }),
  };
}

function remoteTarget(values: { env?: string; 'persist-to'?: string }): Target {
  if (values['persist-to'] !== undefined) throw new UsageError('--persist-to is for the local database.');
  const environment = readEnvironment(values.env);
  return { ...deployedDatabase(environment), config: configOf(environment.vars) };
}

/** The database of an environment, for whoever asks it and needs no configuration. */
export function deployedDatabase(environment: Environment): Database {
  const { database, argument } = environment;
  const name = `the database ${database.name} at Cloudflare`;
  return { name, arguments: ['--remote', argument], environment };
}

/** The cast holds since nothing is read but vars, of which none has to be there. */
function configOf(vars: Record<string, unknown>): Config {
  const parsed = parseConfig(vars as Env);
  if (!parsed.valid) throw new UsageError(`Wrong configuration: ${parsed.problem}`);
  return parsed.config;
}

/**
 * Runs statements, as one transaction, and gives the rows of the first. They stand on a command line: no secrets here.
 * @throws UsageError with the database's words when it fails.
 */
export async function query(target: Database, sql: string): Promise<Row[]> {
  const [first] = rowsIn(await execute(target, ['--command', sql]));
  return first ?? [];
}

/** As `query` for statements with secrets, which tell nothing of what they found. Cloudflare imports them as a file. */
export async function run(target: Database, sql: string): Promise<void> {
  await withPrivateFile(sql, (file) => execute(target, ['--file', file]));
}

async function execute(target: Database, what: string[]): Promise<Output> {
  const command = ['d1', 'execute', 'DB', ...target.arguments, '--json', '--yes', ...what];
  const output = await captureWrangler(command);
  if (output.code === 0) return output;
  const reason = reasonIn(output);
  const hint = /no such (table|column)|find a D1 DB/.test(reason) ? '\nDeploy first: npm run deploy' : '';
  throw new UsageError(`${target.name} refused it: ${reason}${hint}`);
}

/** With `--json` wrangler tells a failure as JSON too: a text, and notes with texts of their own. */
function reasonIn({ text }: Output): string {
  const reasons = [...text.matchAll(/"text": ("(?:[^"\\]|\\.)*")/g)].map(([, quoted = '""']) =>
    JSON.parse(quoted),
  );
  return reasons.length > 0 ? reasons.join(' ') : text.trim();
}

function rowsIn({ stdout }: Output): Row[][] {
  const results: { results: Row[] }[] = JSON.parse(stdout);
  return results.map((result) => result.results);
}
