import { describe, expect, it } from 'vitest';
import type { Group, GroupProblem } from '../../src/core/groups.ts';
import {
  ADMIN,
  groupOf,
  groups,
  holding,
  NOW,
  row,
  storedUser,
  uniqueName,
  users,
} from '../support/stores.ts';

const NOBODY = 2_000_000_000;
const isGroup = (outcome: Group | GroupProblem): outcome is Group => typeof outcome !== 'string';
const stored = async (permissions: number[] = []): Promise<Group> =>
  row<Group>(await groups.insertUnlessTaken({ name: uniqueName(), permissions }, ADMIN));

describe('insertUnlessTaken', () => {
  it('lets one of racing calls with one name win', async () => {
    const name = uniqueName();
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, i) => groups.insertUnlessTaken({ name, permissions: [i + 1] }, ADMIN)),
    );
    const won = outcomes.filter(isGroup);
    expect(won).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'name_taken')).toHaveLength(5);
    expect((await groups.list()).filter((group) => group.name === name)).toEqual(won);
  });

  it('never gives an id again', async () => {
    const { id } = await stored();
    expect(await groups.delete(id, ADMIN)).toBe(true);
    expect((await stored()).id).toBeGreaterThan(id);
  });
});

describe('update', () => {
  it('applies what it is given and leaves the rest', async () => {
    const group = await stored([1, 2]);
    const name = uniqueName();
    expect(await groups.update(group.id, { name }, ADMIN)).toEqual({ ...group, name });
    expect(await groups.update(group.id, { permissions: [] }, ADMIN)).toEqual({
      ...group,
      name,
      permissions: [],
    });
    expect(await groups.update(group.id, {}, ADMIN)).toEqual({ ...group, name, permissions: [] });
    expect(await groups.update(group.id, { name, permissions: [3] }, ADMIN)).toMatchObject({
      name,
      permissions: [3],
    });
  });

  it('changes nothing at all for a name that is taken', async () => {
    const [group, other] = [await stored([1]), await stored([2])];
    const changes = { name: other.name, permissions: [1, 2, 3] };
    expect(await groups.update(group.id, changes, ADMIN)).toBe('name_taken');
    expect(await groups.find(group.id)).toEqual(group);
    expect(await groups.find(other.id)).toEqual(other);
  });

  it('gives a name to one of those who ask for it at once, and changes nothing of the others', async () => {
    const name = uniqueName();
    const all = await Promise.all(Array.from({ length: 6 }, () => stored([1])));
    const outcomes = await Promise.all(
      all.map(({ id }) => groups.update(id, { name, permissions: [2] }, ADMIN)),
    );
    expect(outcomes.filter(isGroup)).toHaveLength(1);
    const after = await Promise.all(all.map(({ id }) => groups.find(id)));
    expect(after.filter((group) => group?.permissions.includes(2))).toEqual(outcomes.filter(isGroup));
  });

  it('says that there is no such group', async () => {
    expect(await groups.update(NOBODY, { name: uniqueName() }, ADMIN)).toBe('no_group');
    expect(await groups.find(NOBODY)).toBeNull();
    expect(await groups.delete(NOBODY, ADMIN)).toBe(false);
  });
});

describe('what a group gives', () => {
  const rightsOf = async (id: number) => (await users.find(id))?.rights;

  it('changes for its members with the group, and goes with it', async () => {
    const [changed, other] = [await groupOf('view_user'), await groupOf('view_group')];
    const { id } = await storedUser({ groups: [changed, other] });
    expect(await rightsOf(id)).toEqual(holding('view_user', 'view_group'));
    await groups.update(changed, { permissions: [1] }, ADMIN);
    expect(await rightsOf(id)).toEqual(holding('add_user', 'view_group'));
    expect(await groups.delete(changed, ADMIN)).toBe(true);
    expect(await rightsOf(id)).toEqual(holding('view_group'));
    expect((await users.find(id))?.user.groups).toEqual([other]);
  });

  it('is never given to a member that joins while the group is deleted', async () => {
    const group = await groupOf('view_user');
    const { id } = await storedUser();
    await Promise.all([users.update(id, { groups: [group] }, ADMIN, NOW), groups.delete(group, ADMIN)]);
    expect((await users.find(id))?.user.groups).toEqual([]);
    expect(await rightsOf(id)).toEqual(holding());
  });
});

describe('list and page', () => {
  it('come by id, ascending, in slices with the whole count', async () => {
    for (let i = 0; i < 3; i++) await stored();
    const all = await groups.list();
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).sort((a, b) => a - b));
    expect(await groups.page({ offset: 1, limit: 2 })).toEqual({ count: all.length, rows: all.slice(1, 3) });
    expect(await groups.page({ offset: all.length, limit: 2 })).toEqual({ count: all.length, rows: [] });
  });
});
