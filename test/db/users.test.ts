import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/secrets.ts';
import type { User, UserChanges } from '../../src/core/users.ts';
import { env } from '../support/env.ts';
import {
  ADMIN,
  apiKeys,
  everythingOf,
  groupOf,
  holding,
  later,
  NOW,
  newApiKey,
  newUser,
  passwordHashOf,
  row,
  sessionIdsOf,
  storedSession,
  storedUser,
  uniqueName,
  users,
} from '../support/stores.ts';

const NOBODY = 2_000_000_000;
const NEW_HASH = new Secret('a new hash');

describe('insertUnlessTaken', () => {
  it('lets one of racing calls with one username win, and stores nothing of the others', async () => {
    const username = uniqueName();
    const group = await groupOf('view_user');
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        users.insertUnlessTaken(newUser({ username, firstName: `call ${i}`, groups: [group] }), ADMIN),
      ),
    );
    const won = outcomes.filter((outcome): outcome is User => !('kind' in outcome));
    expect(won).toHaveLength(1);
    expect(outcomes.filter((outcome) => 'kind' in outcome)).toEqual(
      Array(5).fill({ kind: 'username_taken' }),
    );
    expect(await users.list(username, 10)).toEqual(won);
    const members = await env.DB.prepare('select count(*) n from user_groups where group_id = ?')
      .bind(group)
      .first('n');
    expect(members).toBe(1);
  });

  it('gives back what it stored, every field of it', async () => {
    const groups = [await groupOf('view_user'), await groupOf()];
    const fields = newUser({
      email: 'a@example.org',
      firstName: 'Zoë',
      lastName: "O'Neill",
      userLevel: 10,
      isActive: false,
      isStaff: true,
      isSuperuser: true,
      customProperties: { a: [1, { b: null }] },
      avatarConfig: { hair: 'red' },
      channelProfiles: [3, 1, 2],
      streamLimit: 4,
      groups,
    });
    const stored = row<User>(await users.insertUnlessTaken(fields, ADMIN));
    const { passwordHash, ...rest } = fields;
    const computed = { id: expect.any(Number), lastLogin: null, apiKeyPreview: null };
    expect(stored).toEqual({ ...rest, ...computed });
    const found = await users.find(stored.id);
    expect(found?.user).toEqual(stored);
    expect((await passwordHashOf(stored.id)).reveal()).toBe(passwordHash.reveal());
  });

  it('tells usernames apart by case', async () => {
    const username = uniqueName();
    await storedUser({ username });
    await expect(storedUser({ username: username.toUpperCase() })).resolves.toBeDefined();
  });

  it('stores nothing with a group that does not exist, and names it', async () => {
    const username = uniqueName();
    const groups = [await groupOf(), NOBODY];
    const outcome = await users.insertUnlessTaken(newUser({ username, groups }), ADMIN);
    expect(outcome).toEqual({ kind: 'unknown_group', id: NOBODY });
    expect(await users.list(username, 10)).toEqual([]);
  });

  it('never gives an id again', async () => {
    const { id } = await storedUser();
    expect(await users.delete(id, ADMIN)).toBeNull();
    expect((await storedUser()).id).toBeGreaterThan(id);
  });
});

describe('list and page', () => {
  it('finds usernames by their beginning, with no character a wildcard', async () => {
    const prefix = uniqueName();
    const names = ['', '.a', '_a', '@a', '-a', 'Z'].map((suffix) => prefix + suffix);
    for (const username of names) await storedUser({ username });
    const found = async (search: string) => (await users.list(search, 100)).map(({ username }) => username);
    expect(await found(prefix)).toEqual(names.toSorted());
    expect(await found(`${prefix}_`)).toEqual([`${prefix}_a`]);
    expect(await found(`${prefix}%`)).toEqual([]);
    expect(await found(`${prefix}z`)).toEqual([]);
    expect(await found(prefix.toUpperCase())).toEqual([]);
  });

  it('slices what is found by username, and counts all that match', async () => {
    const prefix = uniqueName();
    const ids: number[] = [];
    for (let i = 0; i < 5; i++) ids.unshift((await storedUser({ username: `${prefix}-${9 - i}` })).id);
    const page = async (offset: number, limit: number) => {
      const { count, rows } = await users.page(prefix, { offset, limit });
      return { count, ids: rows.map(({ id }) => id) };
    };
    expect(await page(0, 2)).toEqual({ count: 5, ids: ids.slice(0, 2) });
    expect(await page(4, 2)).toEqual({ count: 5, ids: ids.slice(4) });
    expect(await page(10, 2)).toEqual({ count: 5, ids: [] });
    expect((await users.list(prefix, 3)).map(({ id }) => id)).toEqual(ids.slice(0, 3));
  });

  it('slices all by id, ascending', async () => {
    for (const username of ['z', 'y']) await storedUser({ username: username + uniqueName() });
    const all = (await users.list(null, 1000)).map(({ id }) => id);
    expect(all).toEqual(all.toSorted((one, other) => one - other));
    const { count, rows } = await users.page(null, { offset: 1, limit: 2 });
    expect({ count, ids: rows.map(({ id }) => id) }).toEqual({ count: all.length, ids: all.slice(1, 3) });
  });
});

describe('update', () => {
  it('applies what it is given and leaves the rest', async () => {
    const [before, after] = [await groupOf('view_user'), await groupOf('add_user')];
    const user = await storedUser({ email: 'a@example.org', groups: [before], customProperties: { a: 1 } });
    const updated = await users.update(user.id, { firstName: 'Ann', groups: [after] }, ADMIN, NOW);
    expect(updated).toEqual({ ...user, firstName: 'Ann', groups: [after] });
    expect(await users.update(user.id, { groups: [] }, ADMIN, NOW)).toMatchObject({ groups: [] });
  });

  it('says that there is no such user', async () => {
    expect(await users.update(NOBODY, { firstName: 'x' }, ADMIN, NOW)).toEqual({ kind: 'no_user' });
    expect(await users.delete(NOBODY, ADMIN)).toEqual({ kind: 'no_user' });
  });

  it('gives a username to one of those who ask for it at once', async () => {
    const wanted = uniqueName();
    const people = await Promise.all(Array.from({ length: 6 }, () => storedUser()));
    const outcomes = await Promise.all(
      people.map(({ id }) => users.update(id, { username: wanted }, ADMIN, NOW)),
    );
    expect(outcomes.filter((outcome) => !('kind' in outcome))).toHaveLength(1);
    expect(outcomes.filter((outcome) => 'kind' in outcome)).toEqual(
      Array(5).fill({ kind: 'username_taken' }),
    );
  });

  it('lets a user keep its own name', async () => {
    const user = await storedUser();
    expect(await users.update(user.id, { username: user.username }, ADMIN, NOW)).toEqual(user);
  });

  describe('changes nothing at all, neither groups nor sessions nor keys,', () => {
    type Failing = { changes: UserChanges; problem: unknown; actor?: typeof ADMIN };
    const cases: [string, () => Promise<Failing>][] = [
      [
        'with a taken username',
        async () => ({
          changes: { username: (await storedUser()).username },
          problem: { kind: 'username_taken' },
        }),
      ],
      [
        'with an unknown group',
        async () => ({
          changes: { groups: [await groupOf(), NOBODY] },
          problem: { kind: 'unknown_group', id: NOBODY },
        }),
      ],
      [
        'with properties that grow too large',
        async () => ({
          changes: { customProperties: { more: 'x'.repeat(60_000) } },
          problem: { kind: 'properties_too_large' },
        }),
      ],
      [
        'when the password is not the one that was checked',
        async () => ({
          changes: { provenPassword: { hash: new Secret('another hash'), granted: null } },
          problem: { kind: 'password_changed' },
        }),
      ],
      [
        'when the user outranks whoever asks',
        async () => ({ changes: {}, problem: { kind: 'outranked' }, actor: holding('change_user') }),
      ],
    ];

    it.each(cases)('%s', async (_, failing) => {
      const groups = [await groupOf('add_user'), await groupOf('view_user')];
      const customProperties = { held: 'x'.repeat(60_000) };
      const user = await storedUser({ groups, customProperties });
      await Promise.all([storedSession(user.id), storedSession(user.id)]);
      row(await apiKeys.replace(await newApiKey(user.id), 1, ADMIN));
      const before = await everythingOf(user.id);
      const { changes, problem, actor = ADMIN } = await failing();
      const all: UserChanges = {
        firstName: 'changed',
        email: 'changed@example.org',
        isActive: false,
        groups: [],
        passwordHash: NEW_HASH,
        survivingSessionId: null,
        ...changes,
      };
      expect(await users.update(user.id, all, actor, later(1000))).toEqual(problem);
      expect(await everythingOf(user.id)).toEqual(before);
    });
  });
});

describe('sessions of a changed user', () => {
  async function signedInTwice() {
    const user = await storedUser();
    const [kept, other] = [await storedSession(user.id), await storedSession(user.id)];
    const bystander = await storedUser();
    const theirs = await storedSession(bystander.id);
    return { user, kept, other, bystander, theirs };
  }

  it('end with a new password, all but the surviving one, and no one else’s', async () => {
    const { user, kept, bystander, theirs } = await signedInTwice();
    const changes = { passwordHash: NEW_HASH, survivingSessionId: kept };
    row(await users.update(user.id, changes, ADMIN, NOW));
    expect(await sessionIdsOf(user.id)).toEqual([kept]);
    expect(await sessionIdsOf(bystander.id)).toEqual([theirs]);
  });

  it.each([
    ['none is to survive', { passwordHash: NEW_HASH, survivingSessionId: null }],
    ['nothing is said of survivors', { passwordHash: NEW_HASH }],
    ['one of another user is to survive', { passwordHash: NEW_HASH, survivingSessionId: 'another' }],
    ['the user is deactivated', { isActive: false }],
  ])('end all when %s', async (_, changes) => {
    const { user, bystander, theirs } = await signedInTwice();
    row(await users.update(user.id, changes, ADMIN, NOW));
    expect(await sessionIdsOf(user.id)).toEqual([]);
    expect(await sessionIdsOf(bystander.id)).toEqual([theirs]);
  });

  it('end all by a deactivation, the one that would survive a new password too', async () => {
    const { user, kept } = await signedInTwice();
    const changes = { isActive: false, passwordHash: NEW_HASH, survivingSessionId: kept };
    row(await users.update(user.id, changes, ADMIN, NOW));
    expect(await sessionIdsOf(user.id)).toEqual([]);
  });

  it('stay with every other change', async () => {
    const { user, kept, other } = await signedInTwice();
    const changes = { email: 'b@example.org', userLevel: 0, isActive: true, customProperties: { a: 1 } };
    row(await users.update(user.id, changes, ADMIN, NOW));
    expect(await sessionIdsOf(user.id)).toEqual([kept, other].sort());
  });

  it('go with the user, and its keys and memberships too', async () => {
    const { user, bystander, theirs } = await signedInTwice();
    row(await users.update(user.id, { groups: [await groupOf()] }, ADMIN, NOW));
    row(await apiKeys.replace(await newApiKey(user.id), 1, ADMIN));
    expect(await users.delete(user.id, ADMIN)).toBeNull();
    expect(await everythingOf(user.id)).toEqual([[], [], [], []]);
    expect(await sessionIdsOf(bystander.id)).toEqual([theirs]);
  });
});
