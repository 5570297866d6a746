import { boundEnv } from './env.ts';

const TABLES =
  "select name from sqlite_master where type = 'table' and name not glob 'sqlite_*' and name not glob '_cf_*'";

/**
 * A database without a table, as before the first migration. Not by `reset` of `cloudflare:test`, which now and then
 * leaves all as it was.
 */
export async function dropTables(): Promise<void> {
  const { DB } = boundEnv;
  const { results } = await DB.prepare(TABLES).all<{ name: string }>();
  const drops = results.map(({ name }) => DB.prepare(`drop table "${name}"`));
  await DB.batch([DB.prepare('pragma defer_foreign_keys = on'), ...drops]);
}
