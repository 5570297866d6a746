import { env } from './env.ts';

/** What a right could change, without the marks that reading leaves (`last_used_at` and the like). */
const TABLES = {
  users: 'select * from users order by id',
  groups: 'select * from groups order by id',
  user_groups: 'select * from user_groups order by user_id, group_id',
  sessions: 'select id, user_id from sessions order by id',
  api_keys: 'select id, user_id, name, digest from api_keys order by id',
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
