import { describe, expect, it } from 'vitest';
import { createAuditEventStore } from '../../src/db/audit-events.ts';
import { boundedBinding } from '../../src/db/binding.ts';
import { connect } from '../../src/db/client.ts';
import { createHousekeepingStore } from '../../src/db/housekeeping.ts';
import { createUserStore } from '../../src/db/users.ts';
import { env } from '../support/env.ts';
import { counted } from '../support/intercepted-database.ts';
import { EXCEPTIONS, exceptionOf, flawsOf, noteStatements, planOf } from '../support/query-plans.ts';
import {
  ADMIN,
  apiKeys,
  attempts,
  db,
  groupOf,
  groups,
  NOW,
  newAttempt,
  newSession,
  passwordHashOf,
  sessions,
  storedUser,
  superuser,
  users,
} from '../support/stores.ts';

const { noted } = noteStatements();
/** What is noted while `run` runs. */
async function notedBy(run: () => Promise<unknown>): Promise<string[]> {
  const before = new Set(noted);
  await run();
  return [...new Set(noted).difference(before)];
}

describe('a statement is refused that', () => {
  it.each([
    ['scans a table', "select id from users where email = 'x'", /^SCAN users:/],
    ['scans one under another name', 'select 1 from sessions s where s.user_agent = ?', /^SCAN s:/],
    [
      'scans one in a subquery',
      'select 1 where exists (select 1 from api_keys k where k.preview = ?)',
      /^SCAN k EXISTS:/,
    ],
    ['scans an index', 'select count(*) from sessions', /^SCAN sessions USING COVERING INDEX/],
    ['scans one to delete', 'delete from audit_events where detail = ?', /^SCAN audit_events:/],
    [
      'scans one to update',
      'update known_networks set network = ? where network = ?',
      /^SCAN known_networks:/,
    ],
    ['sorts', 'select * from login_attempts where name_digest = ? order by failures', /FOR ORDER BY/],
    [
      'sorts ties',
      'select id from sessions where user_id = ? order by created_at, id',
      /FOR LAST TERM OF ORDER BY/,
    ],
    [
      'walks through a table for a page of what no index finds',
      'select * from "users" where email = ? order by "users"."id" asc limit ?',
      /^SCAN users:/,
    ],
    [
      'walks through a stretch of a table for what no index finds',
      'select id from audit_events where id < ? and request_id = ? order by id desc limit 1',
      /^SEARCH audit_events USING INTEGER PRIMARY KEY \(rowid<\?\):/,
    ],
    [
      'walks through a stretch of an index',
      'select count(*) from sessions where expires_at > ?',
      /^SEARCH sessions USING COVERING INDEX sessions_expiry \(expires_at>\?\):/,
    ],
    ['makes an index', 'select 1 from users a join users b on a.email = b.email where a.id < ?', /AUTOMATIC/],
  ])('%s', async (_, sql, flaw) => {
    expect((await flawsOf(sql)).join()).toMatch(flaw);
  });
});

describe('what is explained', () => {
  it('is each text that a store prepares, through whatever stands before the binding', async () => {
    const throughAll = createUserStore(connect(boundedBinding(counted(env.DB).database)));
    expect(await notedBy(() => throughAll.find(1))).toEqual([expect.stringMatching(/"id" = \?$/)]);
    expect(await notedBy(() => throughAll.page('a', { offset: 1, limit: 1 }))).toHaveLength(2);
  });

  it('is nothing that a test prepares', async () => {
    expect(await notedBy(() => env.DB.prepare('select count(*) from users').all())).toEqual([]);
    const { database } = counted(env.DB);
    expect(await notedBy(() => database.prepare('select count(*) from sessions').all())).toEqual([]);
  });
});

it('no exception outlives its statement', async () => {
  const { id } = await storedUser();
  const passwordHash = await passwordHashOf(id);
  const slice = { offset: 0, limit: 1 };
  await users.page(null, slice);
  await users.update(id, { isActive: false }, ADMIN, NOW);
  await apiKeys.list(null, slice);
  await apiKeys.list(id, slice);
  await groups.list();
  await groups.page(slice);
  await groups.update(await groupOf(), { permissions: [1] }, ADMIN);
  await users.page('a', slice);
  const log = createAuditEventStore(db);
  await log.list({}, null, 1);
  await log.list({ since: NOW }, null, 1);
  await createHousekeepingStore(db).removeExpired('sessions', NOW, 1);
  await attempts.reserve(newAttempt());
  await superuser.exists();
  await sessions.openIfUnchanged(newSession(id), passwordHash, null, { attempt: newAttempt(), scope: '' });
  const used = [...noted].map(async (sql) => (await planOf(sql)).map((line) => exceptionOf(line, sql)));
  const needed = new Set((await Promise.all(used)).flat());
  expect(EXCEPTIONS.filter((exception) => !needed.has(exception))).toEqual([]);
});
