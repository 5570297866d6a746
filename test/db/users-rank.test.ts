import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { ALL_PERMISSIONS, idsOf, PERMISSIONS, type Permission } from '../../src/core/permissions.ts';
import { mayActOn, type Rights, rightsOf } from '../../src/core/principal.ts';
import { outranks } from '../../src/db/accounts.ts';
import {
  ADMIN,
  db,
  groupOf,
  groups,
  holding,
  NOW,
  row,
  storedUser,
  uniqueName,
  users,
} from '../support/stores.ts';

const everyone: Permission[] = [...ALL_PERMISSIONS];

async function isOutranked(userId: number, actor: Rights): Promise<boolean> {
  const [found] = await db.all<{ outranked: number }>(
    sql`select ${outranks(actor)} as outranked from users where id = ${userId}`,
  );
  if (found === undefined) throw new Error('there is no such user');
  return found.outranked === 1;
}

async function rightsIn(userId: number): Promise<Rights> {
  const account = await users.find(userId);
  if (account === null) throw new Error('there is no such user');
  return account.rights;
}

const ACTORS: [string, Rights][] = [
  ['an admin', ADMIN],
  ['a holder of nothing', holding()],
  ['a holder of change_user', holding('change_user')],
  ['a holder of change_user and view_user', holding('change_user', 'view_user')],
  ['a holder of everything', rightsOf(1, idsOf(new Set(everyone)))],
];

const TARGETS: [string, () => Promise<number>][] = [
  ['an admin', async () => (await storedUser({ userLevel: 10 })).id],
  ['an admin above ten', async () => (await storedUser({ userLevel: 99 })).id],
  ['an inactive admin', async () => (await storedUser({ userLevel: 10, isActive: false })).id],
  ['one of level nine', async () => (await storedUser({ userLevel: 9 })).id],
  ['one without groups', async () => (await storedUser()).id],
  ['a member of an empty group', async () => (await storedUser({ groups: [await groupOf()] })).id],
  ['a holder of change_user', async () => (await storedUser({ groups: [await groupOf('change_user')] })).id],
  [
    'a holder of change_user and view_user through two groups that overlap',
    async () =>
      (
        await storedUser({
          groups: [await groupOf('change_user'), await groupOf('view_user', 'change_user')],
        })
      ).id,
  ],
  [
    'a holder of introspect_token',
    async () => (await storedUser({ groups: [await groupOf('introspect_token')] })).id,
  ],
  ['a holder of everything', async () => (await storedUser({ groups: [await groupOf(...everyone)] })).id],
];

describe('outranks', () => {
  it.each(TARGETS)('agrees with mayActOn about %s, whoever acts', async (_, target) => {
    const id = await target();
    const rights = await rightsIn(id);
    for (const [, actor] of ACTORS) {
      expect(await isOutranked(id, actor)).toBe(!mayActOn(actor, rights));
    }
  });

  it('agrees with mayActOn about every single right', async () => {
    for (const { codename } of PERMISSIONS) {
      const { id } = await storedUser({ groups: [await groupOf(codename)] });
      expect(await isOutranked(id, holding(codename))).toBe(false);
      expect(await isOutranked(id, holding(...everyone.filter((other) => other !== codename)))).toBe(true);
    }
  });

  it('agrees with mayActOn about an id that is no longer in the list', async () => {
    const group = row(await groups.insertUnlessTaken({ name: uniqueName(), permissions: [4, 999] }, ADMIN));
    const { id } = await storedUser({ groups: [group.id] });
    const actor = holding('view_user');
    expect(mayActOn(actor, await rightsIn(id))).toBe(true);
    expect(await isOutranked(id, actor)).toBe(false);
  });

  it('is judged with the write: a right given while the request was on its way refuses it', async () => {
    const target = await storedUser();
    const actor = holding('change_user', 'delete_user');
    row(await users.update(target.id, { firstName: 'before' }, actor, NOW));
    row(await users.update(target.id, { groups: [await groupOf('view_user')] }, ADMIN, NOW));
    const outranked = { kind: 'outranked' };
    expect(await users.update(target.id, { firstName: 'after' }, actor, NOW)).toEqual(outranked);
    expect(await users.delete(target.id, actor)).toEqual(outranked);
    expect((await users.find(target.id))?.user.firstName).toBe('before');
  });
});
