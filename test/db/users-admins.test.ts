import { beforeEach, describe, expect, it } from 'vitest';
import type { User, UserChanges } from '../../src/core/users.ts';
import { env } from '../support/env.ts';
import { ADMIN, everythingOf, NOW, storedSession, storedUser, users } from '../support/stores.ts';

// Storage belongs to this file alone, so its admins are all there are.
beforeEach(async () => {
  await env.DB.exec('delete from users');
});

const admin = (fields: Parameters<typeof storedUser>[0] = {}): Promise<User> =>
  storedUser({ userLevel: 10, ...fields });

async function activeAdmins(): Promise<number> {
  const all = await users.list(null, 100);
  return all.filter(({ userLevel, isActive }) => userLevel >= 10 && isActive).length;
}

const update = (user: User, changes: UserChanges) => users.update(user.id, changes, ADMIN, NOW);
const remove = (user: User) => users.delete(user.id, ADMIN);

const WAYS_OUT: [string, (user: User) => Promise<unknown>][] = [
  ['demotion', (user) => update(user, { userLevel: 1 })],
  ['demotion by one', (user) => update(user, { userLevel: 9 })],
  ['deactivation', (user) => update(user, { isActive: false })],
  ['deletion', remove],
  ['both at once', (user) => update(user, { userLevel: 0, isActive: false })],
];
const LAST = { kind: 'last_admin' };

describe('the last active admin stays one', () => {
  it.each(WAYS_OUT)('against %s, which changes nothing', async (_, leave) => {
    const last = await admin();
    await admin({ isActive: false });
    await storedUser({ userLevel: 9 });
    await storedSession(last.id);
    const before = await everythingOf(last.id);
    expect(await leave(last)).toEqual(LAST);
    expect(await everythingOf(last.id)).toEqual(before);
  });

  const pairs = WAYS_OUT.flatMap(([first, one]) =>
    WAYS_OUT.map(([second, other]): [string, string, typeof one, typeof one] => [first, second, one, other]),
  );
  it.each(pairs)('when two admins race: %s against %s', async (_, __, one, other) => {
    const [a, b] = [await admin(), await admin()];
    const outcomes = await Promise.all([one(a), other(b)]);
    expect(outcomes.filter((outcome) => JSON.stringify(outcome) === JSON.stringify(LAST))).toHaveLength(1);
    expect(await activeAdmins()).toBe(1);
  });

  it('when eight admins all leave at once', async () => {
    const admins = await Promise.all(Array.from({ length: 8 }, () => admin()));
    await Promise.all(admins.map((user, i) => WAYS_OUT[i % WAYS_OUT.length]?.[1](user)));
    expect(await activeAdmins()).toBe(1);
  });
});

describe('the rule holds nobody else', () => {
  it.each(WAYS_OUT)('lets an admin leave by %s while another is active', async (_, leave) => {
    await admin();
    const leaving = await admin();
    expect(await leave(leaving)).not.toEqual(LAST);
    expect(await activeAdmins()).toBe(1);
  });

  it.each(WAYS_OUT)('lets an inactive admin leave by %s', async (_, leave) => {
    await admin();
    expect(await leave(await admin({ isActive: false }))).not.toEqual(LAST);
  });

  it.each(WAYS_OUT)(
    'lets one who is no admin leave by %s, though there is no admin at all',
    async (_, leave) => {
      expect(await leave(await storedUser({ userLevel: 9 }))).not.toEqual(LAST);
    },
  );

  it('lets the last admin change all else of itself, its level upwards too', async () => {
    const last = await admin();
    const changes = { userLevel: 11, isActive: true, email: 'a@example.org', isStaff: false };
    expect(await update(last, changes)).toMatchObject(changes);
  });
});
