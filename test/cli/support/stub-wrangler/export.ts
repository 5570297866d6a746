import { writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Account } from './account.ts';
import type { Call } from './arguments.ts';
import { fileOf, findDatabase } from './d1.ts';

/** Writes a database as SQL in the order of D1, where a table's rows come before the next table is there. */
export function exportDatabase(account: Account, { positionals: [name = ''], flags }: Call): void {
  const connection = new DatabaseSync(fileOf(account, findDatabase(account, name, flags)), {
    readOnly: true,
  });
  const wanted = Array.isArray(flags['table']) ? flags['table'] : null;
  const tables = connection
    .prepare("select name, sql from sqlite_master where type = 'table' and sql not like '%sqlite_sequence%'")
    .all()
    .filter((table) => wanted?.includes(String(table['name'])) ?? true);
  const lines = tables.flatMap((table) => [
    ...(flags['no-schema'] === true ? [] : [`${table['sql']};`]),
    ...insertsOf(connection, String(table['name'])),
  ]);
  connection.close();
  writeFileSync(String(flags['output']), ['PRAGMA defer_foreign_keys=TRUE;', ...lines].join('\n'));
}

function insertsOf(connection: DatabaseSync, table: string): string[] {
  const columns = connection.prepare(`select name from pragma_table_info('${table}')`).all();
  const values = columns.map(({ name }) => `quote("${name}")`).join(` || ',' || `);
  const rows = connection.prepare(`select ${values} as line from "${table}"`).all();
  return rows.map(({ line }) => `INSERT INTO "${table}" VALUES(${line});`);
}
