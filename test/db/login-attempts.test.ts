import { describe, expect, it } from 'vitest';
import { type GrantedAttempt, LOCK, type PasswordAttempt } from '../../src/core/login-limits.ts';
import { randomId, Secret } from '../../src/core/secrets.ts';
import { env } from '../support/env.ts';
import {
  ADMIN,
  askingAs,
  attempts,
  count,
  later,
  NOW,
  newAttempt,
  newSession,
  SOMEWHERE,
  sessions,
  storedUser,
  uniqueName,
  users,
} from '../support/stores.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const HASH = new Secret('the hash that was verified');

/** Another try of the same name, after some milliseconds. */
const again = (
  first: PasswordAttempt,
  afterMs = 0,
  fields: Partial<PasswordAttempt> = {},
): PasswordAttempt => ({
  ...first,
  id: randomId(),
  at: later(afterMs),
  ...fields,
});

async function tries(first: PasswordAttempt, n: number, afterMs = 0, fields = {}): Promise<number> {
  const all = Array.from({ length: n }, () => attempts.reserve(again(first, afterMs, fields)));
  return (await Promise.all(all)).filter(({ outcome }) => outcome.granted).length;
}

/** How long the name is locked now, in minutes; null when another try is granted. */
async function lockedMinutes(first: PasswordAttempt, afterMs: number): Promise<number | null> {
  const { outcome } = await attempts.reserve(again(first, afterMs));
  return outcome.granted ? null : (outcome.lockedUntil.getTime() - later(afterMs).getTime()) / MINUTE;
}

async function succeed(attempt: PasswordAttempt, userId: number): Promise<void> {
  const { outcome } = await attempts.reserve(attempt);
  if (!outcome.granted) throw new Error('the attempt was not granted');
  const granted: GrantedAttempt = { attempt, scope: outcome.scope };
  const session = newSession(userId, {
    createdAt: attempt.at,
    expiresAt: new Date(attempt.at.getTime() + DAY),
  });
  expect(await sessions.openIfUnchanged(session, HASH, null, granted)).toBe(true);
}

const rowOf = ({ countedAs }: PasswordAttempt) =>
  env.DB.prepare('select * from login_attempts where name_digest = ?').bind(countedAs).first();

describe('findPassword', () => {
  const byName = (username: string) => ({ username, asker: null });

  it('finds by the exact username', async () => {
    const user = await storedUser({ passwordHash: HASH });
    const login = await attempts.findPassword(byName(user.username));
    expect(login).toEqual({ userId: user.id, isActive: true, passwordHash: expect.any(Secret) });
    expect(login?.passwordHash.reveal()).toBe(HASH.reveal());
    expect(await attempts.findPassword(byName(user.username.toUpperCase()))).toBeNull();
    expect(await attempts.findPassword(byName(`${user.username} `))).toBeNull();
    expect(await attempts.findPassword(byName(''))).toBeNull();
  });

  it('tells whether the user is active', async () => {
    const user = await storedUser({ isActive: false });
    expect(await attempts.findPassword(byName(user.username))).toMatchObject({ isActive: false });
  });

  it('finds that of the asker, whatever name is told, and of nobody who is gone', async () => {
    const user = await storedUser({ passwordHash: HASH });
    const own = (userId: number) => ({
      username: user.username,
      asker: askingAs(userId),
    });
    expect((await attempts.findPassword(own(user.id)))?.userId).toBe(user.id);
    const other = await storedUser();
    expect((await attempts.findPassword(own(other.id)))?.userId).toBe(other.id);
    await users.delete(other.id, ADMIN);
    expect(await attempts.findPassword(own(other.id))).toBeNull();
  });

  it('is what an attempt is reserved with', async () => {
    const { id, username } = await storedUser({ passwordHash: HASH });
    const { record } = await attempts.reserve(newAttempt({ username }));
    expect([record?.userId, record?.isActive, record?.passwordHash.reveal()]).toEqual([
      id,
      true,
      HASH.reveal(),
    ]);
    expect((await attempts.reserve(newAttempt())).record).toBeNull();
  });
});

describe.each(['known', 'unknown'])('the name of an %s user', (kind) => {
  const first = async () => {
    const username = kind === 'known' ? (await storedUser({ passwordHash: HASH })).username : uniqueName();
    return newAttempt({ username });
  };

  it('is granted ten tries in all, however many come at once', async () => {
    expect(await tries(await first(), 50)).toBe(10);
  });

  it('is then locked for a minute, and for twice as long after each further failure, up to 15', async () => {
    const attempt = await first();
    await tries(attempt, 10);
    let passed = 0;
    for (const minutes of [1, 2, 4, 8, 15, 15]) {
      expect(await lockedMinutes(attempt, passed)).toBe(minutes);
      expect(await lockedMinutes(attempt, passed + minutes * MINUTE - 1)).toBeCloseTo(0, 3);
      passed += minutes * MINUTE;
      expect(await tries(attempt, 20, passed)).toBe(1);
    }
  });

  it('is not locked for longer by tries that are refused', async () => {
    const attempt = await first();
    await tries(attempt, 10);
    await tries(attempt, 100, MINUTE / 2);
    expect(await lockedMinutes(attempt, MINUTE / 2)).toBe(0.5);
  });

  it('is forgotten after a day without a failure', async () => {
    const attempt = await first();
    await tries(attempt, 12);
    expect(await tries(attempt, 20, DAY)).toBe(10);
  });

  it('counts a repeated statement once, and grants it again', async () => {
    const attempt = await first();
    for (let i = 0; i < 20; i++) expect((await attempts.reserve(attempt)).outcome.granted).toBe(true);
    expect(await rowOf(attempt)).toMatchObject({ failures: 1 });
  });

  it('is counted from all places together, and apart from other names', async () => {
    const attempt = await first();
    for (let i = 0; i < 10; i++) expect(await tries(attempt, 1, 0, { network: `192.0.2.${i}` })).toBe(1);
    expect(await tries(attempt, 1, 0, { network: null })).toBe(0);
    expect(await tries(newAttempt(), 1)).toBe(1);
  });
});

describe('a success', () => {
  it('gives its try back, and all failures before it', async () => {
    const { id, username } = await storedUser({ passwordHash: HASH });
    const attempt = newAttempt({ username });
    await tries(attempt, 9);
    await succeed(again(attempt), id);
    expect(await rowOf(attempt)).toBeNull();
  });

  it('that comes too late for its user gives nothing back', async () => {
    const { id, username } = await storedUser({ passwordHash: new Secret('another by now') });
    const attempt = newAttempt({ username });
    await tries(attempt, 9);
    const granted = { attempt, scope: '' };
    expect(await sessions.openIfUnchanged(newSession(id), HASH, null, granted)).toBe(false);
    expect(await rowOf(attempt)).toMatchObject({ failures: 9 });
    expect(await count('known_networks')).toBe(await count('known_networks'));
  });
});

describe('a try that is given back', () => {
  it('counts no longer, and locks no longer', async () => {
    const attempt = newAttempt();
    await tries(attempt, 9);
    const last = again(attempt);
    await attempts.reserve(last);
    expect(await lockedMinutes(attempt, 0)).toBe(1);
    await attempts.giveBack(last, '');
    expect(await rowOf(attempt)).toMatchObject({ failures: 9, blocked_until: 0 });
  });

  it('leaves what others did: their failures and their lock', async () => {
    const mine = newAttempt();
    await attempts.reserve(mine);
    await tries(mine, 9);
    await attempts.giveBack(mine, '');
    expect(await rowOf(mine)).toMatchObject({ failures: 9 });
    expect(await lockedMinutes(mine, 0)).toBe(1);
  });

  it('is found wherever it is counted while nothing tells where, unless another was granted since', async () => {
    const mine = newAttempt();
    await attempts.reserve(mine);
    await attempts.giveBack(mine, null);
    expect(await rowOf(mine)).toMatchObject({ failures: 0 });
    await attempts.reserve(mine);
    await tries(mine, 1);
    await attempts.giveBack(mine, null);
    expect(await rowOf(mine)).toMatchObject({ failures: 1 });
  });

  it('never makes a count of less than nothing', async () => {
    const mine = newAttempt();
    await attempts.reserve(mine);
    for (let i = 0; i < 3; i++) await attempts.giveBack(mine, '');
    expect(await tries(mine, 50)).toBe(10);
  });
});

describe('a network from which the user has signed in', () => {
  const HOME = '198.51.100.7';

  async function atHome() {
    const { id, username } = await storedUser({ passwordHash: HASH });
    const home = newAttempt({ username, network: HOME });
    await succeed(home, id);
    return { id, home, elsewhere: again(home, 0, { network: '203.0.113.9' }) };
  }

  it('is not locked out by failures from elsewhere', async () => {
    const { id, home, elsewhere } = await atHome();
    expect(await tries(elsewhere, 50)).toBe(10);
    await succeed(again(home), id);
    expect(await tries(elsewhere, 1)).toBe(0);
  });

  it('has a hundred failures of its own, and locks nobody else out', async () => {
    const { home, elsewhere } = await atHome();
    expect(await tries(home, 120)).toBe(100);
    expect(await lockedMinutes(home, 0)).toBe(1);
    expect(await tries(elsewhere, 50)).toBe(10);
  });

  it.each([
    ['a new password', { passwordHash: new Secret('the next hash') }],
    ['a deactivation', { isActive: false }],
  ])('stays known with %s, lest an owner under attack be locked out by it', async (_, changes) => {
    const { id, home } = await atHome();
    await users.update(id, changes, ADMIN, NOW);
    expect(await tries(home, 20)).toBe(20);
  });

  it('is also one where the owner gave the right current password', async () => {
    const { id, username } = await storedUser({ passwordHash: HASH });
    const attempt = newAttempt({ username, network: HOME, countedAs: `user ${id}` });
    const { outcome } = await attempts.reserve(attempt);
    if (!outcome.granted) throw new Error('the attempt was not granted');
    const granted = { attempt, scope: outcome.scope };
    const provenPassword = { hash: HASH, granted };
    await users.update(id, { passwordHash: new Secret('the next hash'), provenPassword }, ADMIN, NOW);
    expect(await rowOf(attempt)).toBeNull();
    expect(await tries(newAttempt({ username, network: HOME }), 50)).toBe(50);
  });

  it('is known for that user alone', async () => {
    await atHome();
    const { username } = await storedUser({ passwordHash: HASH });
    expect(await tries(newAttempt({ username, network: HOME }), 50)).toBe(10);
  });

  it('is known for thirty days after the last login', async () => {
    const { id, home } = await atHome();
    expect(await tries(home, 50, 30 * DAY - 1)).toBe(50);
    expect(await tries(home, 50, 30 * DAY)).toBe(10);
    await succeed(again(home, 32 * DAY), id);
    expect(await tries(home, 50, 40 * DAY)).toBe(50);
  });

  it('is one of the twenty newest; others and old ones are forgotten at a login', async () => {
    const { id, home } = await atHome();
    for (let i = 1; i <= 25; i++) await succeed(again(home, i, { network: `10.0.0.${i}` }), id);
    const networks = async () =>
      (await env.DB.prepare('select network from known_networks where user_id = ?').bind(id).all()).results;
    expect(await networks()).toHaveLength(20);
    expect(await networks()).not.toContainEqual({ network: HOME });
    await succeed(again(home, 31 * DAY, { network: '10.0.1.1' }), id);
    expect(await networks()).toEqual([{ network: '10.0.1.1' }]);
  });

  it('is nothing where the platform told no address', async () => {
    const { id, username } = await storedUser({ passwordHash: HASH });
    await succeed(newAttempt({ username, network: null }), id);
    expect(await tries(newAttempt({ username, network: null }), 50)).toBe(10);
  });
});

describe('what is recorded of refusals', () => {
  const PLACE = '203.0.113.77';
  const newTry = (fields: Partial<PasswordAttempt> = {}) =>
    newAttempt({ network: PLACE, from: { ...SOMEWHERE, address: PLACE }, ...fields });
  const tryOf = async () => {
    const { id, username } = await storedUser({ passwordHash: HASH });
    return { id, attempt: newTry({ username }) };
  };

  async function refusals() {
    const { results } = await env.DB.prepare(
      `select user_id, count from audit_events where address = ?
        and event in ('excess_rate_limit_exceeded', 'authn_login_fail_max') order by id`,
    )
      .bind(PLACE)
      .all();
    await env.DB.prepare('delete from audit_events').run();
    return results;
  }

  it('is a row for each user, and one for the network, where none of them has failed', async () => {
    const [a, b] = [await tryOf(), await tryOf()];
    for (const { attempt } of [a, b]) await attempts.noteExcess(attempt, 'name');
    await attempts.noteExcess(newTry(), 'network');
    expect(await refusals()).toEqual([
      { user_id: a.id, count: 1 },
      { user_id: b.id, count: 1 },
      { user_id: null, count: 1 },
    ]);
  });

  it('is a row for each user, also where the failures of one take the place of those of another', async () => {
    const [a, b] = [await tryOf(), await tryOf()];
    await tries(a.attempt, 12);
    const row = await rowOf(a.attempt);
    await env.DB.prepare('delete from login_attempts where name_digest = ?').bind(a.attempt.countedAs).run();
    await tries(b.attempt, 13);
    expect(await rowOf(b.attempt)).toMatchObject({ id: row?.['id'] });
    expect(await refusals()).toEqual([
      { user_id: a.id, count: 2 },
      { user_id: b.id, count: 3 },
    ]);
  });

  it('is a row for each name that nobody has', async () => {
    for (const attempt of [newTry(), newTry()]) await tries(attempt, 12);
    expect(await refusals()).toEqual([
      { user_id: null, count: 2 },
      { user_id: null, count: 2 },
    ]);
  });
});

describe('the table of attempts', () => {
  it('keeps the newest names and lets the oldest go, whatever names are invented', async () => {
    await env.DB.prepare(
      `insert into login_attempts (name_digest, network, failures, blocked_until, attempt_id, expires_at)
      with recursive n(i) as (select 1 union all select i + 1 from n where i <= ?)
      select 'invented ' || i, '', 1, 0, '', 9e15 from n`,
    )
      .bind(LOCK.rows)
      .run();
    await tries(newAttempt(), 3);
    expect(await count('login_attempts')).toBeLessThanOrEqual(LOCK.rows);
    const [oldest, newest] = [
      newAttempt({ countedAs: 'invented 1' }),
      newAttempt({ countedAs: 'invented 99999' }),
    ];
    expect([await rowOf(oldest), await rowOf(newest)]).toEqual([null, expect.anything()]);
  });

  it('does not grow by tries of a name that it has', async () => {
    const attempt = newAttempt();
    await tries(attempt, 10);
    const before = await rowOf(attempt);
    await tries(attempt, 20);
    const next = newAttempt();
    await tries(next, 1);
    expect(Number((await rowOf(next))?.['id']) - Number(before?.['id'])).toBe(1);
  });
});
