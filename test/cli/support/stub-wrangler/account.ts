import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Flags, Refused } from './arguments.ts';
import { type Config, readConfigFile } from './pinned.ts';

export type StoredDatabase = {
  uuid: string;
  name: string;
  location: string | null;
  /** The `account_id` that it was made in: the accounts of a person are told apart for databases alone. */
  account: string | null;
};
export type StoredWorker = {
  /** False while it only holds secrets. */
  deployed: boolean;
  secrets: Record<string, string>;
  vars: Record<string, unknown>;
  /** The uuid that `DB` is bound to. */
  database: string | null;
  rateLimits: Record<string, string>;
  crons: string[];
  versions: number;
  /** The domains that lead to it: a deployment takes them away from any other Worker. */
  domains: string[];
};

type State = { databases: StoredDatabase[]; workers: Record<string, StoredWorker> };

export type Account = ReturnType<typeof openAccount>;

/** The account in the folder that EDGE_ACCOUNTS_STUB_ACCOUNT names. */
export function openAccount() {
  const folder = process.env['EDGE_ACCOUNTS_STUB_ACCOUNT'];
  if (folder === undefined) throw new Error('EDGE_ACCOUNTS_STUB_ACCOUNT names no folder');
  const file = join(folder, 'account.json');
  mkdirSync(folder, { recursive: true });
  const state: State = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { databases: [], workers: {} };
  return {
    ...state,
    folder,
    logCall: (argv: readonly string[]) =>
      appendFileSync(join(folder, 'calls.jsonl'), `${JSON.stringify(argv)}\n`),
    save: () =>
      writeFileSync(file, JSON.stringify({ databases: state.databases, workers: state.workers }, null, 2)),
  };
}

/** The databases of the account that a call means. */
export function databasesFor(account: Account, flags: Flags): StoredDatabase[] {
  const id = readConfig(flags).account_id ?? null;
  return account.databases.filter((database) => database.account === id);
}

/** The configuration of the environment that a call means, as the pinned wrangler reads and checks it. */
export function readConfig(flags: Flags): Config {
  const env = typeof flags['env'] === 'string' ? flags['env'] : process.env['CLOUDFLARE_ENV'];
  const config = readConfigFile(String(flags['config'] ?? 'wrangler.toml'), env);
  if (env && !config.definedEnvironments?.includes(env))
    throw new Refused(`No environment found in configuration with name "${env}".`);
  return config;
}
