import { env } from './env.ts';
import { tableNames } from './tables.ts';

/** What a right could change, without the marks that reading leaves (`last_used_at` and the like). */
const TABLES = {
  users: 'select * from users order by id',
  groups: 'select * from groups order by id',
  user_groups: 'select * from user_groups order by user_id, group_id',
  sessions: 'select id, user_id from sessions order by id',
  api_keys: 'select id, user_id, name, digest, made_by from api_keys order by id',
};

export async function storedState(): Promise<unknown[]> {
  const results = await env.DB.batch(Object.values(TABLES).map((query) => env.DB.prepare(query)));
  return results.map(({ results: rows }) => rows);
}

/** The same by table, each as a text to compare. */
export async function storedTables(): Promise<Record<string, string>> {
  const state = await storedState();
  return Object.fromEntries(Object.keys(TABLES).map((table, i) => [table, JSON.stringify(state[i])]));
}

/** So that the next admin is the only one. */
export async function removeAdmins(): Promise<void> {
  await env.DB.prepare('delete from users where user_level >= 10').run();
}

export async function activeAdmins(): Promise<number> {
  const count = await env.DB.prepare(
    'select count(*) as n from users where user_level >= 10 and is_active',
  ).first<number>('n');
  return count ?? 0;
}

const SEQUENCE = 'sqlite_sequence';
const prepared = (statements: string[]): D1PreparedStatement[] =>
  // Rows may come and go in any order, as long as all fits in the end.
  ['pragma defer_foreign_keys = on', ...statements].map((sql) => env.DB.prepare(sql));

let ours: string[] | undefined;

async function tables(): Promise<string[]> {
  ours ??= (await tableNames()).filter((name) => !name.startsWith('kept_'));
  return ours;
}

/** A database as it was after the migrations, so that even the ids begin anew. */
export async function emptyTables(): Promise<void> {
  const names = [...(await tables()), SEQUENCE];
  await env.DB.batch(prepared(names.map((name) => `delete from ${name}`)));
}

/** Keeps a copy of every row for `restoreRows`. */
export async function keepRows(): Promise<void> {
  const copies = [...(await tables()), SEQUENCE].flatMap((name) => [
    `drop table if exists kept_${name}`,
    `create table kept_${name} as select * from ${name}`,
  ]);
  await env.DB.batch(prepared(copies));
}

/** Every row, and even the next id, as `keepRows` found it. */
export async function restoreRows(): Promise<void> {
  const names = await tables();
  const statements = [
    ...names.map((name) => `delete from ${name}`),
    ...names.map((name) => `insert into ${name} select * from kept_${name}`),
    // Last, since every row that comes notes its id there.
    `delete from ${SEQUENCE}`,
    `insert into ${SEQUENCE} select * from kept_${SEQUENCE}`,
  ];
  await env.DB.batch(prepared(statements));
}
