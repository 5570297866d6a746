import { env } from './env.ts';

export type Column = { name: string; type: string; notnull: number; dflt_value: string | null; pk: number };
export type Reference = { from: string; table: string; to: string; on_delete: string };

/** SQL as it is; names are quoted, since they come from the database itself. */
export async function rowsOf<Row>(query: string): Promise<Row[]> {
  return (await env.DB.prepare(query).all<Row>()).results;
}

/** Tables of ours, without those that SQLite, D1 and its migrations keep. */
export async function tableNames(): Promise<string[]> {
  const rows = await rowsOf<{ name: string }>(
    "select name from sqlite_master where type = 'table' order by name",
  );
  return rows.map(({ name }) => name).filter((name) => !/^(sqlite_|_cf_|d1_)/.test(name));
}

export const columnsOf = (table: string): Promise<Column[]> => rowsOf(`pragma table_info("${table}")`);
export const referencesOf = (table: string): Promise<Reference[]> =>
  rowsOf(`pragma foreign_key_list("${table}")`);

export async function rowCounts(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of await tableNames()) {
    const [row] = await rowsOf<{ rows: number }>(`select count(*) as rows from "${table}"`);
    counts[table] = row?.rows ?? 0;
  }
  return counts;
}

/** Puts two rows into every table, whatever its columns are, parents before children. */
export async function populate(): Promise<void> {
  const waiting = new Set(await tableNames());
  while (waiting.size > 0) {
    const before = waiting.size;
    for (const table of waiting) {
      const parents = (await referencesOf(table)).map((reference) => reference.table);
      if (parents.some((parent) => parent !== table && waiting.has(parent))) continue;
      for (const nth of [0, 1]) await insertRow(table, nth);
      waiting.delete(table);
    }
    if (waiting.size === before) throw new Error(`these tables refer to each other: ${[...waiting].join()}`);
  }
}

let made = 0;

async function insertRow(table: string, nth: number): Promise<void> {
  const references = await referencesOf(table);
  const columns = (await columnsOf(table)).filter(({ name, type, pk }) => {
    const isRowId =
      pk === 1 && type.toUpperCase() === 'INTEGER' && !references.some(({ from }) => from === name);
    return !isRowId;
  });
  const values: unknown[] = [];
  for (const { name, type } of columns) {
    const reference = references.find(({ from }) => from === name);
    made += 1;
    values.push(
      reference ? await valueIn(reference, nth) : type.toUpperCase() === 'INTEGER' ? made : `text ${made}`,
    );
  }
  const names = columns.map(({ name }) => `"${name}"`).join();
  const places = columns.map(() => '?').join();
  await env.DB.prepare(`insert into "${table}" (${names}) values (${places})`)
    .bind(...values)
    .run();
}

/** The key of the newest or second newest row of the table that is referred to. */
async function valueIn({ table, to }: Reference, nth: number): Promise<unknown> {
  const [row] = await rowsOf<{ value: unknown }>(
    `select "${to}" as value from "${table}" order by rowid desc limit 1 offset ${nth}`,
  );
  return row?.value ?? null;
}
