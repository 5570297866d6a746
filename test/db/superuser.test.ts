import { beforeEach, describe, expect, it } from 'vitest';
import { env } from '../support/env.ts';
import {
  newUser,
  passwordHashOf,
  SOMEWHERE,
  storedUser,
  superuser,
  uniqueName,
  users,
} from '../support/stores.ts';

// Storage belongs to this file alone.
beforeEach(async () => {
  await env.DB.exec('delete from users');
});

const first = (username = uniqueName()) => newUser({ username, userLevel: 10 });

describe('insertFirst', () => {
  it('makes one admin, however many calls race', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () => superuser.insertFirst(first(), SOMEWHERE)),
    );
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'superuser_exists')).toHaveLength(5);
    expect(await users.list(null, 10)).toHaveLength(1);
  });

  it('makes one admin when the calls want one and the same name', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () => superuser.insertFirst(first('admin'), SOMEWHERE)),
    );
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
    expect(await users.list(null, 10)).toMatchObject([{ username: 'admin', userLevel: 10 }]);
  });

  it('stores the whole user', async () => {
    const admin = newUser({ userLevel: 10, isStaff: true, isSuperuser: true, email: 'a@example.org' });
    expect(await superuser.insertFirst(admin, SOMEWHERE)).toBe('created');
    const { passwordHash, ...rest } = admin;
    const [stored] = await users.list(null, 10);
    expect(stored).toMatchObject(rest);
    expect((await passwordHashOf(stored?.id ?? 0)).reveal()).toBe(passwordHash.reveal());
  });

  it.each([
    ['an admin', { userLevel: 10 }],
    ['an admin above ten', { userLevel: 50 }],
    ['an inactive admin', { userLevel: 10, isActive: false }],
  ])('makes none where %s exists, under its name or another', async (_, fields) => {
    const { username } = await storedUser(fields);
    expect(await superuser.insertFirst(first(), SOMEWHERE)).toBe('superuser_exists');
    expect(await superuser.insertFirst(first(username), SOMEWHERE)).toBe('superuser_exists');
    expect(await users.list(null, 10)).toHaveLength(1);
  });

  it('takes nobody’s name, and raises nobody to admin', async () => {
    const user = await storedUser({ userLevel: 9 });
    expect(await superuser.insertFirst(first(user.username), SOMEWHERE)).toBe('username_taken');
    expect(await users.list(null, 10)).toEqual([user]);
    expect(await superuser.insertFirst(first(), SOMEWHERE)).toBe('created');
  });
});

describe('exists', () => {
  it.each([
    ['nobody', false, null],
    ['one below ten', false, { userLevel: 9 }],
    ['a member of staff', false, { isStaff: true, isSuperuser: true }],
    ['an admin', true, { userLevel: 10 }],
    ['an inactive admin', true, { userLevel: 10, isActive: false }],
  ])('with %s: %s', async (_, exists, fields) => {
    if (fields !== null) await storedUser(fields);
    expect(await superuser.exists()).toBe(exists);
  });
});
