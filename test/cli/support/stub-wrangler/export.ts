import { writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Account } from './account.ts';
import type { Call } from './arguments.ts';
import { fileOf, findDatabase } from './d1.ts';

/** Writes a database as SQL in the order of D1, where a table's rows come before the next table is there, and ids last. */
export function exportDatabase(account: Account, { positionals: [name = ''], flags }: Call): void {
  const connection = new DatabaseSync(fileOf(account, findDatabase(account, name, flags)), {
    readOnly: true,
  });
  const wanted = Array.isArray(flags['table']) ? flags['table'] : null;
  const tables = connection
    .prepare(
      "select name, sql from sqlite_master where type = 'table' order by name = 'sqlite_sequence', rowid",
    )
    .all()
    .filter((table) => wanted?.includes(String(table['name'])) ?? true);
  const lines = tables.flatMap((table) => [
    ...(flags['no-schema'] === true ? [] : [schemaOf(table)]),
    ...insertsOf(connection, String(table['name'])),
  ]);
  connection.close();
  writeFileSync(String(flags['output']), ['PRAGMA defer_foreign_keys=TRUE;', ...lines].join('\n'));
}

/** SQLite makes the table of the ids by itself. */
const schemaOf = ({ name, sql }: Record<string, unknown>): string =>
  name === 'sqlite_sequence' ? 'DELETE FROM sqlite_sequence;' : `${sql};`;

function insertsOf(connection: DatabaseSync, table: string): string[] {
  const columns = connection.prepare(`select name from pragma_table_info('${table}')`).all();
  const values = columns.map(({ name }) => `quote("${name}")`).join(` || ',' || `);
  const rows = connection.prepare(`select ${values} as line from "${table}"`).all();
  return rows.map(({ line }) => `INSERT INTO "${table}" VALUES(${line});`);
}
