import { inspect } from 'node:util';
import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, it } from 'vitest';
import { DomainError } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secrets.ts';
import { PROFILE } from '../../src/db/accounts.ts';
import { createApiKeyStore } from '../../src/db/api-keys.ts';
import { createAuditEventStore } from '../../src/db/audit-events.ts';
import { createCallerStore } from '../../src/db/callers.ts';
import { connect, type Database, raw, read, repeatableWrite, write } from '../../src/db/client.ts';
import { createGroupStore } from '../../src/db/groups.ts';
import { createHealthStore } from '../../src/db/health.ts';
import { createAttemptStore } from '../../src/db/login-attempts.ts';
import { apiKeys, groups, users as usersTable } from '../../src/db/schema.ts';
import { createSessionStore } from '../../src/db/sessions.ts';
import { createSuperuserStore } from '../../src/db/superuser.ts';
import { createUserStore } from '../../src/db/users.ts';
import {
  ADMIN,
  db,
  NOW,
  namedBy,
  newApiKey,
  newAttempt,
  newSession,
  newUser,
  SOMEWHERE,
  storedUser,
  uniqueName,
} from '../support/stores.ts';
import { statementsBuiltBy } from '../support/work.ts';

const SECRET = '$pbkdf2-sha512-chain$i=73334,73333,73333$c2FsdA$aGFzaA';

async function failureOf(work: PromiseLike<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it did not fail with an error');
}

/** All that a log could print of an error: message and stack of each in the chain, and every property. */
function everythingIn(error: Error): string {
  const parts: string[] = [inspect(error, { depth: null, showHidden: true }), JSON.stringify(error)];
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    parts.push(each.message, each.stack ?? '', ...Object.values(each).map(String));
  }
  return parts.join('\n');
}

function expectNoParameters(error: Error): void {
  const printed = everythingIn(error);
  expect(printed).not.toContain(SECRET);
  expect(printed).not.toContain(SECRET.slice(0, 20));
  expect(printed).not.toMatch(/params|insert into/i);
}

let userId: number;
beforeAll(async () => {
  userId = (await storedUser()).id;
  await db.insert(groups).values({ name: SECRET, permissions: '[]' });
});

const newKey = (owner: number) =>
  db.insert(apiKeys).values({ userId: owner, name: uniqueName(), digest: SECRET, preview: '', createdAt: 1 });
const newGroup = () => db.insert(groups).values({ name: SECRET, permissions: '[]' });

/** Statements that hold a secret among their parameters and that D1 refuses, for the reason given. */
const REFUSED: [string, RegExp, () => PromiseLike<unknown>][] = [
  ['a unique violation', /UNIQUE constraint failed: groups\.name/, newGroup],
  [
    'a unique violation in a batch',
    /UNIQUE constraint failed: api_keys\.digest/,
    () => db.batch([newKey(userId), newKey(userId)]),
  ],
  [
    'a unique violation of a raw statement in a batch',
    /UNIQUE constraint failed: groups\.name/,
    () => db.batch([raw(db, sql`insert into groups (name, permissions) values (${SECRET}, '[]')`)]),
  ],
  ['a missing reference', /FOREIGN KEY constraint failed/, () => newKey(2_000_000_000)],
  [
    'a missing value',
    /NOT NULL constraint failed: users/,
    () => db.run(sql`insert into users (username, password_hash) values ('x', ${SECRET})`),
  ],
  ['SQL that does not parse', /syntax error/, () => db.run(sql`select ${SECRET} from from`)],
  [
    'SQL that does not parse, in a batch',
    /syntax error/,
    () => db.batch([db.select().from(usersTable).where(sql`username = ${SECRET} is is`)]),
  ],
  [
    'a parameter of a type that D1 does not take',
    /Type/,
    () => db.all(sql`select ${SECRET}, ${12345678901234567890n}`),
  ],
  [
    'a parameter of a type that D1 does not take, in a batch',
    /Type/,
    () => db.batch([raw(db, sql`select ${SECRET}, ${12345678901234567890n}`)]),
  ],
];

describe('a mistake of ours', () => {
  it.each(REFUSED)('tells the reason and no parameter: %s', async (_, reason, statement) => {
    const error = await failureOf(write(() => statement()));
    expectNoParameters(error);
    expect(everythingIn(error)).toMatch(reason);
    expect(everythingIn(error)).not.toContain('12345678901234567890');
    expect(error).not.toBeInstanceOf(DomainError);
  });

  it('hides what Drizzle itself would show', async () => {
    expect(everythingIn(await failureOf(newGroup()))).toContain(SECRET);
  });

  it('passes on what a statement that works gives', async () => {
    expect(await read(() => db.all(sql`select ${SECRET} as secret`))).toEqual([{ secret: SECRET }]);
    expect(await repeatableWrite(() => db.batch([raw(db, sql`select 1 as one`)]))).toEqual([[{ one: 1 }]]);
  });
});

/** A binding that fails as D1 does when it cannot be reached. */
function failing(error: unknown): Database {
  const reject = async () => {
    throw error;
  };
  const statement = { bind: () => statement, all: reject, raw: reject, run: reject, first: reject };
  const binding = { prepare: () => statement, batch: reject, exec: reject };
  return connect(binding as unknown as D1Database);
}

const OUTAGES: [string, unknown][] = [
  ['a lost connection', new Error('Network connection lost.')],
  ['an overload', new Error('D1_ERROR: D1 DB is overloaded. Requests queued for too long.')],
  ['a reset', new Error('D1_ERROR: D1 DB reset because its code was updated.')],
  ['a timeout', new Error(`D1_ERROR: D1 DB storage operation exceeded timeout, "${SECRET}"`)],
  ['an error without words', new Error('')],
  ['a wrapped error', new Error('D1_ERROR: failed', { cause: new Error('internal error; reference = abc') })],
  ['no error at all', 'just text'],
  ['nothing', undefined],
];

describe('a database that is older than the code', () => {
  it.each<[string, RegExp, () => PromiseLike<unknown>]>([
    ['a table', /no such table/, () => db.all(sql`select * from nowhere where a = ${SECRET}`)],
    [
      'a column',
      /no such column/,
      () => db.batch([raw(db, sql`select unheard_of from users where ${SECRET}`)]),
    ],
    [
      'a column of an insert',
      /has no column named/,
      () => db.all(sql`insert into users (unheard_of) values (${SECRET})`),
    ],
  ])('makes the service unavailable, and the log say what brings %s', async (_, reason, statement) => {
    const error = await failureOf(read(() => statement()));
    expectNoParameters(error);
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('not configured') });
    expect(everythingIn(error)).toMatch(/npm run deploy/);
    expect(everythingIn(error)).toMatch(reason);
  });
});

describe('a raw statement', () => {
  it('of a batch is built once, with values or without, and sent again as it was', async () => {
    const statements = [raw(db, sql`select ${'a value'} as one`), raw(db, sql`select 2 as two`)] as const;
    const rows = [[{ one: 'a value' }], [{ two: 2 }]];
    const built = await statementsBuiltBy(async () => {
      expect(await db.batch(statements)).toEqual(rows);
      expect(await db.batch(statements)).toEqual(rows);
    });
    expect(built).toBe(0);
    expect(await statementsBuiltBy(() => [raw(db, sql`select 1`)])).toBe(1);
  });
});

describe('a repeated write', () => {
  const lostOnce = (send: () => PromiseLike<unknown>) => {
    let sent = 0;
    return async () => {
      const result = await send();
      if (sent++ === 0) throw new Error('Network connection lost.');
      return result;
    };
  };
  const one = () => db.all(sql`select 1`);
  const overflow = () => db.all(sql`select abs(-9223372036854775808)`);
  const expected = { when: /integer overflow/, error: () => new Error('what it was written to give') };

  it('gives what it gives where it stands', async () => {
    expect(await repeatableWrite(lostOnce(one), { made: () => true })).toHaveLength(1);
  });

  it('is unavailable where nothing tells any more whether the first was made', async () => {
    const unknown = { code: 'unavailable', cause: { message: 'Network connection lost.' } };
    expect(await failureOf(repeatableWrite(lostOnce(one), { made: () => false }))).toMatchObject(unknown);
    let sent = 0;
    const lostThenRefused = async () => (sent++ === 0 ? lostOnce(one)() : overflow());
    expect(await failureOf(repeatableWrite(lostThenRefused, { expected }))).toMatchObject(unknown);
  });

  it('is judged by its answer alone when it was sent once', async () => {
    expect(await repeatableWrite(one, { made: () => false })).toHaveLength(1);
    expect((await failureOf(repeatableWrite(overflow, { expected }))).message).toBe(
      'what it was written to give',
    );
  });
});

describe('a database that does not answer', () => {
  it.each(OUTAGES)('says unavailable, with no parameter: %s', async (_, outage) => {
    const broken = failing(outage);
    const statements: (() => PromiseLike<unknown>)[] = [
      () => broken.select().from(usersTable).where(sql`username = ${SECRET}`),
      () => broken.run(sql`select ${SECRET}`),
      () => broken.batch([broken.insert(groups).values({ name: SECRET, permissions: '[]' })]),
    ];
    for (const statement of statements) {
      const error = await failureOf(write(() => statement()));
      expect(error).toMatchObject({ name: 'DomainError', code: 'unavailable', cause: expect.any(Error) });
      expectNoParameters(error);
      expect(error.message).toBe('The database did not answer. Try again.');
    }
  });

  it('keeps the reason for the log', async () => {
    const lost = new Error('Network connection lost.');
    const error = await failureOf(read(() => failing(lost).run(sql`select 1`)));
    expect(error.cause).toMatchObject({ message: 'Network connection lost.' });
  });

  const lost = failing(new Error('Network connection lost.'));
  const [users, sessions, keys] = [createUserStore(lost), createSessionStore(lost), createApiKeyStore(lost)];
  const [attempts, callers] = [createAttemptStore(lost), createCallerStore(lost, PROFILE)];
  const [groupStore, superuser] = [createGroupStore(lost), createSuperuserStore(lost)];
  const hash = new Secret(SECRET);
  const named = { userId: 1, session: namedBy('a'), issuedAt: NOW };
  const slice = { offset: 0, limit: 1 };

  it.each<[string, () => Promise<unknown>]>([
    ['users.find', () => users.find(1)],
    ['users.list', () => users.list('a', 1)],
    ['users.page', () => users.page('a', slice)],
    ['users.insertUnlessTaken', () => users.insertUnlessTaken(newUser({ passwordHash: hash }), ADMIN)],
    ['users.update', () => users.update(1, { passwordHash: hash }, ADMIN, NOW)],
    ['users.delete', () => users.delete(1, ADMIN)],
    ['sessions.openIfUnchanged', () => sessions.openIfUnchanged(newSession(1), hash, hash)],
    ['sessions.refreshState', () => sessions.refreshState(named, NOW, SOMEWHERE)],
    ['sessions.end', () => sessions.end('a', ADMIN)],
    ['sessions.endNamed', () => sessions.endNamed({ userId: 1, session: namedBy(SECRET) }, SOMEWHERE)],
    ['sessions.listLive', () => sessions.listLive(1, slice, NOW)],
    ['sessions.findLive', () => sessions.findLive('a', NOW)],
    ['sessions.endUnlessOutranked', () => sessions.endUnlessOutranked('a', ADMIN)],
    ['sessions.endAllOf', () => sessions.endAllOf(1, null, ADMIN, NOW)],
    ['callers.byKey', () => callers.byKey(SECRET)],
    ['callers.byToken', () => callers.byToken(named, NOW)],
    ['attempts.findPassword', () => attempts.findPassword(newAttempt())],
    ['attempts.reserve', () => attempts.reserve(newAttempt())],
    ['attempts.noteExcess', () => attempts.noteExcess(newAttempt(), 'name')],
    ['attempts.giveBack', () => attempts.giveBack(newAttempt(), '')],
    ['apiKeys.list', () => keys.list(1, slice)],
    ['apiKeys.find', () => keys.find(1)],
    ['apiKeys.replace', async () => keys.replace(await newApiKey(1, { digest: SECRET }), 1, ADMIN)],
    ['apiKeys.delete', () => keys.delete(1, ADMIN)],
    ['apiKeys.deletePersonal', () => keys.deletePersonal(1, 1, ADMIN)],
    ['apiKeys.deleteItself', () => keys.deleteItself(SECRET, SOMEWHERE)],
    ['apiKeys.touch', () => keys.touch(1, NOW)],
    ['auditEvents.list', () => createAuditEventStore(lost).list({}, null, 1)],
    ['groups.list', () => groupStore.list()],
    ['groups.page', () => groupStore.page(slice)],
    ['groups.find', () => groupStore.find(1)],
    [
      'groups.insertUnlessTaken',
      () => groupStore.insertUnlessTaken({ name: SECRET, permissions: [] }, ADMIN),
    ],
    ['groups.update', () => groupStore.update(1, { name: SECRET }, ADMIN)],
    ['groups.delete', () => groupStore.delete(1, ADMIN)],
    ['superuser.exists', () => superuser.exists()],
    ['superuser.insertFirst', () => superuser.insertFirst(newUser({ passwordHash: hash }), SOMEWHERE)],
    ['health.ping', () => createHealthStore(lost).ping()],
  ])('is what every statement of every store goes through: %s', async (_, statement) => {
    const error = await failureOf(statement());
    expect(error).toMatchObject({ name: 'DomainError', code: 'unavailable' });
    expectNoParameters(error);
  });

  it('is asked about no store less: the list above names every method', () => {
    const stores = { users, sessions, attempts, callers, apiKeys: keys, groups: groupStore, superuser };
    const methods = Object.values(stores).flatMap((store) => Object.keys(store));
    expect(methods).toHaveLength(35);
  });
});
