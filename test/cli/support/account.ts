import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { projectRoot } from '../../support/node/checkout.ts';
import type { StoredDatabase, StoredWorker } from './stub-wrangler/account.ts';

export type Run = { code: number; text: string };
type Extras = { input?: string; env?: Record<string, string> };

/** A Cloudflare account that is not there: what wrangler would do to it is done in a folder instead. */
export type StubAccount = {
  /** For the environment of a script, whose wrangler is then the stub. */
  env: Record<string, string>;
  /** Runs a script of src/cli, with what is piped into it, and gives all that it printed. */
  run: (script: string, args?: string[], extras?: Extras) => Promise<Run>;
  /** Runs a command of wrangler, as an operator does by hand. */
  wrangler: (args: string[], extras?: Extras) => Promise<Run>;
  databases: () => StoredDatabase[];
  workers: () => Record<string, StoredWorker>;
  /** The command lines that wrangler was given, each as one text. */
  calls: () => string[];
  /** What a query finds in a database. @throws when there is none of that name. */
  query: (database: string, sql: string) => Record<string, unknown>[];
  /** The temporary files that scripts left behind. */
  leftovers: () => string[];
  remove: () => Promise<void>;
};

const STUB = new URL('stub-wrangler/main.ts', import.meta.url).pathname;
const PRELOAD = new URL('stub-wrangler/preload.ts', import.meta.url).href;

/** For the environment of a script of src/cli, which then takes what wrangler said before of a configuration. */
export const withKnownConfig = { NODE_OPTIONS: `--import=${PRELOAD}` };

/**
 * An account with nothing in it, for the scripts of a checkout. `EDGE_ACCOUNTS_STUB_FAILS`, set to `before` or `after`
 * and a command (`after d1 create`), makes that command fail with nothing or with everything done.
 */
export async function emptyAccount(checkout: string = projectRoot): Promise<StubAccount> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-accounts-stub-'));
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  const env = {
    ...withKnownConfig,
    EDGE_ACCOUNTS_WRANGLER: STUB,
    EDGE_ACCOUNTS_STUB_ACCOUNT: folder,
    NO_COLOR: '1',
    TMPDIR: temporary,
  };
  const state = () => readState(join(folder, 'account.json'));
  return {
    env,
    run: (script, args = [], extras = {}) =>
      runScript([join('src', 'cli', `${script}.ts`), ...args], checkout, {
        ...extras,
        env: { ...env, ...extras.env },
      }),
    wrangler: (args, extras = {}) =>
      runScript([STUB, ...args], checkout, { ...extras, env: { ...env, ...extras.env } }),
    databases: () => state().databases,
    workers: () => state().workers,
    calls: () => readLines(join(folder, 'calls.jsonl')).map((line) => JSON.parse(line).join(' ')),
    query: (name, sql) => {
      const { uuid } = state().databases.find((database) => database.name === name) ?? {};
      return queryFile(join(folder, `${uuid}.sqlite`), sql);
    },
    leftovers: () => readdirSync(temporary),
    remove: () => rm(folder, { recursive: true }),
  };
}

function runScript(command: string[], cwd: string, { input, env }: Extras): Promise<Run> {
  return new Promise((resolve) => {
    const options = { cwd, env: { ...process.env, ...env } };
    const child = execFile(process.execPath, command, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr }),
    );
    child.stdin?.end(input ?? '');
  });
}

const readState = (file: string): { databases: StoredDatabase[]; workers: Record<string, StoredWorker> } =>
  existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { databases: [], workers: {} };

const readLines = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];

/** Runs statements on an SQLite file that is there, and gives the rows of the last. */
export function queryFile(file: string, sql: string): Record<string, unknown>[] {
  if (!existsSync(file)) throw new Error(`there is no ${file}`);
  const database = new DatabaseSync(file);
  const statements = sql.split(';\n');
  for (const statement of statements.slice(0, -1)) database.exec(statement);
  const rows = database.prepare(statements.at(-1) ?? '').all();
  database.close();
  return rows;
}
