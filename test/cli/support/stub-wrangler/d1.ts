import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Account, databasesFor, readConfig, type StoredDatabase } from './account.ts';
import { type Call, type Flags, Refused } from './arguments.ts';
import { splitSql } from './pinned.ts';

type Binding = ReturnType<typeof readConfig>['d1_databases'][number];

export function createDatabase(account: Account, { positionals: [name = ''], flags }: Call): void {
  if (databasesFor(account, flags).some((database) => database.name === name))
    throw new Refused('A database with that name already exists');
  const database = addDatabase(account, name, flags);
  console.log(`✅ Successfully created DB '${name}'\n\n[[d1_databases]]\ndatabase_id = "${database.uuid}"`);
}

/** Also what a deployment does for a binding whose database is not there yet. */
export function addDatabase(account: Account, name: string, flags: Flags): StoredDatabase {
  const location = typeof flags['location'] === 'string' ? flags['location'] : null;
  const database = { uuid: randomUUID(), name, location, account: readConfig(flags).account_id ?? null };
  account.databases.push(database);
  account.save();
  return database;
}

export function listDatabases(account: Account, { flags }: Call): void {
  if (flags['json'] !== true) throw new Refused('the stub lists as JSON only');
  console.log(
    JSON.stringify(
      databasesFor(account, flags).map(({ uuid, name }) => ({ uuid, name, version: 'production' })),
    ),
  );
}

function bindingOf(flags: Flags, nameOrBinding: string): Binding | undefined {
  return readConfig(flags).d1_databases.find(
    ({ binding, database_name }) => binding === nameOrBinding || database_name === nameOrBinding,
  );
}

/** As wrangler's `getDatabaseByNameOrBinding`: the configured id, else the configured name, else the name itself. */
export function findDatabase(account: Account, nameOrBinding: string, flags: Flags): StoredDatabase {
  const bound = bindingOf(flags, nameOrBinding);
  const name = bound?.database_name ?? nameOrBinding;
  const found = databasesFor(account, flags).find((database) =>
    bound?.database_id ? database.uuid === bound.database_id : database.name === name,
  );
  if (found !== undefined) return found;
  throw new Refused(
    `Couldn't find a D1 DB named '${name}' (bound as '${nameOrBinding}') in the API. Run 'wrangler d1 create ${name}' to create it.`,
  );
}

export const fileOf = (account: Pick<Account, 'folder'>, { uuid }: StoredDatabase): string =>
  join(account.folder, `${uuid}.sqlite`);

/** Several statements are one transaction, as at D1; foreign keys are on, as there. */
function runAll(account: Account, database: StoredDatabase, sql: string) {
  const connection = new DatabaseSync(fileOf(account, database));
  try {
    connection.exec('BEGIN');
    const results = splitSql(sql).map((statement) => ({
      results: connection.prepare(statement).all(),
      success: true,
      meta: { duration: 0.1 },
    }));
    connection.exec('COMMIT');
    return results;
  } catch (cause) {
    throw new Refused(`${cause instanceof Error ? cause.message : cause}: SQLITE_ERROR [code: 7500]`);
  } finally {
    connection.close();
  }
}

/** A file is imported, and its answer tells how many statements ran, not what they found. */
export function executeSql(account: Account, { positionals: [name = ''], flags }: Call): void {
  const { file, command } = flags;
  if (typeof file === 'string' && typeof command === 'string')
    throw new Refused("Error: can't provide both --command and --file.");
  if (typeof file !== 'string' && typeof command !== 'string')
    throw new Refused('Missing required option --command or --file.');
  const database = findDatabase(account, name, flags);
  const sql = typeof file === 'string' ? readFileSync(file, 'utf8') : String(command);
  const results = runAll(account, database, sql);
  const imported = { results: [{ 'Total queries executed': results.length }], success: true, meta: {} };
  console.log(JSON.stringify(typeof file === 'string' ? [imported] : results, null, 2));
}

export function migrate(account: Account, { positionals: [name = ''], flags }: Call): void {
  const binding = bindingOf(flags, name);
  if (flags['remote'] !== true || binding === undefined)
    throw new Refused(`Couldn't find a D1 DB with the name or binding '${name}' in your wrangler.toml file.`);
  const database = findDatabase(account, name, flags);
  const folder = binding.migrations_dir ?? 'migrations';
  runAll(
    account,
    database,
    `CREATE TABLE IF NOT EXISTS d1_migrations (
      id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`,
  );
  const [applied] = runAll(account, database, 'SELECT name FROM d1_migrations');
  const done = new Set(applied?.results.map((row) => row['name']));
  const pending = readdirSync(folder)
    .filter((file) => file.endsWith('.sql') && !done.has(file))
    .sort();
  for (const file of pending) {
    const sql = readFileSync(join(folder, file), 'utf8');
    runAll(account, database, `${sql}\n;INSERT INTO d1_migrations (name) VALUES ('${file}');`);
  }
  console.log(
    pending.length === 0
      ? '✅ No migrations to apply!'
      : pending.map((file) => `│ ${file} │ ✅ │`).join('\n'),
  );
}
