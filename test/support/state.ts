import { env } from './env.ts';

/** Every row that a right could change, without the marks that reading leaves (`last_used_at` and the like). */
export async function storedState(): Promise<unknown[]> {
  const results = await env.DB.batch([
    env.DB.prepare('select * from users order by id'),
    env.DB.prepare('select * from groups order by id'),
    env.DB.prepare('select * from user_groups order by user_id, group_id'),
    env.DB.prepare('select id, user_id from sessions order by id'),
    env.DB.prepare('select id, user_id, name, digest from api_keys order by id'),
  ]);
  return results.map(({ results: rows }) => rows);
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

/** The real binding, with `change` made right before the first batch: after all that was looked up, before the write. */
export function beforeFirstBatch(database: D1Database, change: () => Promise<unknown>): D1Database {
  let isDue = true;
  return new Proxy(database, {
    get(target, name) {
      if (name === 'batch') {
        return async (statements: D1PreparedStatement[]) => {
          if (isDue) {
            isDue = false;
            await change();
          }
          return target.batch(statements);
        };
      }
      const member = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
