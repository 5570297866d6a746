import { applyD1Migrations, type D1Migration } from 'cloudflare:test';
import { beforeEach, describe, expect, it } from 'vitest';
import { dropTables } from '../support/empty-database.ts';
import { env } from '../support/env.ts';
import { populate, rowCounts, rowsOf, tableNames } from '../support/tables.ts';

const migrations = env.TEST_MIGRATIONS;
const apply = (each: D1Migration) => applyD1Migrations(env.DB, [each]);

beforeEach(async () => {
  await dropTables();
});

/** The tables that held rows before a migration and hold fewer, or are gone, after it. */
async function losses(migration: D1Migration): Promise<string[]> {
  await populate();
  const before = await rowCounts();
  for (const [table, rows] of Object.entries(before)) {
    if (rows < 2) throw new Error(`${table} was not populated, so nothing could be seen to be lost`);
  }
  await apply(migration);
  const after = await rowCounts();
  return Object.keys(before).filter((table) => (after[table] ?? 0) < (before[table] ?? 0));
}

describe('migrations', () => {
  it('each keep every row of a database in use', async () => {
    expect(migrations.length).toBeGreaterThan(0);
    for (const migration of migrations) {
      expect({ migration: migration.name, lost: await losses(migration) }).toEqual({
        migration: migration.name,
        lost: [],
      });
      expect(await rowsOf('pragma foreign_key_check')).toEqual([]);
    }
    expect(await tableNames()).toEqual([
      'api_keys',
      'audit_events',
      'groups',
      'known_networks',
      'login_attempts',
      'sessions',
      'signing_keys',
      'user_groups',
      'users',
    ]);
  });

  it('are applied once, however often they are asked for', async () => {
    await applyD1Migrations(env.DB, migrations);
    await populate();
    const before = await rowCounts();
    await applyD1Migrations(env.DB, migrations);
    expect(await rowCounts()).toEqual(before);
  });

  it('leave foreign keys on', async () => {
    await applyD1Migrations(env.DB, migrations);
    expect(await rowsOf('pragma foreign_keys')).toEqual([{ foreign_keys: 1 }]);
  });
});

describe('the comparison of row counts', () => {
  beforeEach(async () => {
    await applyD1Migrations(env.DB, migrations);
  });

  it("sees what is lost when drizzle-kit's rebuild of a table drops it with foreign keys on", async () => {
    const [users] = await rowsOf<{ sql: string }>("select sql from sqlite_master where name = 'users'");
    const rebuilt = users?.sql.replace(/users/, '__new_users') ?? '';
    expect(rebuilt).toMatch(/^CREATE TABLE [`"]__new_users[`"]/);
    const hostile = {
      name: '9999_hostile.sql',
      queries: [
        'PRAGMA foreign_keys=OFF;',
        rebuilt,
        'INSERT INTO `__new_users` SELECT * FROM `users`;',
        'DROP TABLE `users`;',
        'ALTER TABLE `__new_users` RENAME TO `users`;',
        'PRAGMA foreign_keys=ON;',
      ],
    };
    expect(await losses(hostile)).toEqual(['api_keys', 'known_networks', 'sessions', 'user_groups']);
  });

  it.each([
    ['a deletion', 'DELETE FROM sessions WHERE rowid = (SELECT max(rowid) FROM sessions);', ['sessions']],
    ['a table that is dropped', 'DROP TABLE api_keys;', ['api_keys']],
    ['a deletion that cascades', 'DELETE FROM groups;', ['groups', 'user_groups']],
    ['nothing, where only a column is added', 'ALTER TABLE users ADD COLUMN nickname text;', []],
  ])('sees %s', async (_, query, lost) => {
    expect(await losses({ name: '9999_next.sql', queries: [query] })).toEqual(lost);
  });
});
