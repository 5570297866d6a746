import { describe, expect, it } from 'vitest';
import { call, del, envWith, get, patch, post } from '../support/api.ts';
import { groupOf, keyOf, person, signedInAdmin, signedInAs, signIn, uniqueName } from '../support/people.ts';
import { storedState } from '../support/state.ts';

const three = envWith({ API_KEYS_PER_USER: '3' });
const made = async (token: string, name?: string): Promise<string> =>
  (await post('/api-keys/', { name }, { token, env: three })).body.key;
const works = async (key: string): Promise<boolean> => (await get('/users/me/', { key })).status === 200;

type Others = Record<
  'owner' | 'fired' | 'admin' | 'helper' | 'barredHelper' | 'staff' | 'ranked' | 'member' | 'plainGroup',
  number
>;

describe('an admin’s key that leaked leaves nothing behind that survives its revocation:', () => {
  it.each<[string, string, (id: number, group: number, others: Others) => [string, unknown]]>([
    [
      'no admin',
      'POST',
      () => ['/users/', { username: uniqueName(), password: 'a password', user_level: 10 }],
    ],
    [
      'no member of a group',
      'POST',
      (_, g) => ['/users/', { username: uniqueName(), password: 'a password', groups: [g] }],
    ],
    ['nobody promoted', 'PATCH', (id) => [`/users/${id}/`, { user_level: '11' }]],
    ['nobody in a group', 'PATCH', (id, group) => [`/users/${id}/`, { groups: [group] }]],
    ['no group with rights', 'POST', () => ['/groups/', { name: uniqueName(), permissions: [1] }]],
    ['no group with more rights', 'PATCH', (_, group) => [`/groups/${group}/`, { permissions: [1, 2] }]],
    [
      'no other group in its place',
      'PUT',
      (_, group) => [`/groups/${group}/`, { name: uniqueName(), permissions: [1] }],
    ],
    ['no key of another', 'POST', (id) => ['/api-keys/generate/', { user_id: id }]],
    ['nobody of level two', 'PATCH', (id) => [`/users/${id}/`, { user_level: 2 }]],
    ['nobody on the staff', 'PATCH', (id) => [`/users/${id}/`, { is_staff: true }]],
    ['no superuser', 'PUT', (id) => [`/users/${id}/`, { username: uniqueName(), is_superuser: true }]],
    [
      'no new user of level two',
      'POST',
      () => ['/users/', { username: uniqueName(), password: 'a password', user_level: '2' }],
    ],
    [
      'no new user on the staff',
      'POST',
      () => ['/users/', { username: uniqueName(), password: 'a password', is_staff: true }],
    ],
    ['no group deleted', 'DELETE', (_, group) => [`/groups/${group}/`, undefined]],
    [
      'no group without rights deleted',
      'DELETE',
      (_, __, { plainGroup }) => [`/groups/${plainGroup}/`, undefined],
    ],
    [
      'no group without rights filled',
      'PATCH',
      (_, __, { plainGroup }) => [`/groups/${plainGroup}/`, { permissions: [1] }],
    ],
    ['nobody taken out of a group', 'PATCH', (_, __, { member }) => [`/users/${member}/`, { groups: [] }]],
    [
      'nobody in a group that may gain rights',
      'PATCH',
      (id, _, { plainGroup }) => [`/users/${id}/`, { groups: [plainGroup] }],
    ],
    ['nobody taken off the staff', 'PATCH', (_, __, { staff }) => [`/users/${staff}/`, { is_staff: false }]],
    [
      'nobody of level five demoted',
      'PATCH',
      (_, __, { ranked }) => [`/users/${ranked}/`, { user_level: 1 }],
    ],
    ['nobody of level five deleted', 'DELETE', (_, __, { ranked }) => [`/users/${ranked}/`, undefined]],
    [
      'no password of a helper',
      'PATCH',
      (_, __, { helper }) => [`/users/${helper}/`, { password: 'a new password' }],
    ],
    [
      'no password of level five',
      'PATCH',
      (_, __, { ranked }) => [`/users/${ranked}/`, { password: 'a new password' }],
    ],
    [
      'no helper let in again',
      'PATCH',
      (_, __, { barredHelper }) => [`/users/${barredHelper}/`, { is_active: true }],
    ],
    ['no other email of its owner', 'PATCH', () => ['/users/me/', { email: 'thief@example.com' }]],
    ['no email taken from its owner', 'PATCH', () => ['/users/me/', { email: '', first_name: 'Eve' }]],
    ['no admin let in again', 'PATCH', (_, __, { fired }) => [`/users/${fired}/`, { is_active: true }]],
    ['no other admin shut out', 'PATCH', (_, __, { admin }) => [`/users/${admin}/`, { is_active: false }]],
    ['no other admin deleted', 'DELETE', (_, __, { admin }) => [`/users/${admin}/`, undefined]],
    ['no helper shut out', 'PATCH', (_, __, { helper }) => [`/users/${helper}/`, { is_active: false }]],
    [
      'nothing of the administration’s in a helper',
      'PATCH',
      (_, __, { helper }) => [`/users/${helper}/`, { custom_properties: { xc_password: 'thief' } }],
    ],
    ['not its owner shut out', 'PATCH', (_, __, { owner }) => [`/users/${owner}/`, { is_active: false }]],
    ['not its owner deleted', 'DELETE', (_, __, { owner }) => [`/users/${owner}/`, undefined]],
  ])('%s', async (_, method, request) => {
    const signedIn = await signedInAdmin();
    const key = await keyOf(signedIn);
    await patch('/users/me/', { email: 'owner@example.com' }, { token: signedIn.access });
    const plainGroup = await groupOf([]);
    const others = {
      owner: signedIn.id,
      plainGroup,
      member: (await person({ groups: [plainGroup] })).id,
      staff: (await person({ isStaff: true })).id,
      ranked: (await person({ userLevel: 5 })).id,
      barredHelper: (await person({ isActive: false }, ['view_user'])).id,
      fired: (await person({ userLevel: 10, isActive: false })).id,
      admin: (await person({ userLevel: 10 })).id,
      helper: (await person({}, ['view_user'])).id,
    };
    const [path, body] = request((await person()).id, await groupOf(['view_user']), others);
    const before = await storedState();
    expect(await call(method, path, { key, body })).toMatchObject({
      status: 403,
      body: { detail: expect.stringMatching(/^An API key may /) },
    });
    expect(await storedState()).toEqual(before);
  });

  it('while it still does what an integration is for', async () => {
    const key = await keyOf(await signedInAdmin());
    const { status, body } = await post(
      '/users/',
      { username: uniqueName(), password: 'a password', user_level: 1 },
      { key },
    );
    expect(status).toBe(201);
    expect(
      (await patch(`/users/${body.id}/`, { first_name: 'New', user_level: 0, groups: [] }, { key })).status,
    ).toBe(200);
    expect((await del(`/users/${body.id}/`, { key })).status).toBe(204);
  });

  it('lets back in, and sets the password of, a user who holds no rights', async () => {
    const key = await keyOf(await signedInAdmin());
    const barred = await person({ isActive: false });
    expect(await patch(`/users/${barred.id}/`, { is_active: true }, { key })).toMatchObject({
      status: 200,
      body: { is_active: true },
    });
    const password = 'set by an integration';
    expect((await patch(`/users/${barred.id}/`, { password }, { key })).status).toBe(200);
    await signIn({ ...barred, password });
  });

  it('leaves both to the keys of admins', async () => {
    const key = await keyOf(await signedInAs('change_user'));
    const barred = await person({ isActive: false });
    const before = await storedState();
    expect((await patch(`/users/${barred.id}/`, { is_active: true }, { key })).status).toBe(403);
    expect((await patch(`/users/${barred.id}/`, { password: 'a new password' }, { key })).status).toBe(403);
    expect(await storedState()).toEqual(before);
  });

  it('makes groups without permissions', async () => {
    const key = await keyOf(await signedInAdmin());
    const answer = await post('/groups/', { name: uniqueName(), permissions: [] }, { key });
    expect(answer).toMatchObject({ status: 201, body: { permissions: [] } });
  });

  it('takes the email that its owner has, and writes the rest of the request', async () => {
    const owner = await signedInAdmin();
    const email = 'owner@example.com';
    await patch('/users/me/', { email }, { token: owner.access });
    const key = await keyOf(owner);
    expect(await patch('/users/me/', { email, first_name: 'Ada' }, { key })).toMatchObject({
      status: 200,
      body: { email, first_name: 'Ada' },
    });
  });
});

describe('where users have several keys, a caller by one of them', () => {
  it('cannot take another away', async () => {
    const who = await signedInAs();
    const [personal, named] = [await made(who.access), await made(who.access, 'named')];
    const { results } = (await get('/api-keys/', { token: who.access })).body;
    expect((await post('/api-keys/revoke/', undefined, { key: named, env: three })).status).toBe(403);
    for (const { id, name } of results) {
      if (name === '') expect((await del(`/api-keys/${id}/`, { key: named, env: three })).status).toBe(403);
    }
    expect([await works(personal), await works(named)]).toEqual([true, true]);
  });

  it('cannot take another away after the limit was lowered to one either', async () => {
    const who = await signedInAs();
    const [personal, first, second] = [
      await made(who.access),
      await made(who.access, 'first'),
      await made(who.access, 'second'),
    ];
    const before = await storedState();
    for (const name of ['third', 'second', ''])
      expect((await post('/api-keys/', { name }, { key: first })).status).toBe(403);
    expect((await post('/api-keys/generate/', undefined, { key: first })).status).toBe(403);
    expect(await storedState()).toEqual(before);
    const again = await post('/api-keys/', { name: 'first' }, { key: first });
    expect(again.status).toBe(201);
    expect(await Promise.all([personal, second, first].map(works))).toEqual([true, true, false]);
    expect((await post('/api-keys/revoke/', undefined, { key: again.body.key })).status).toBe(200);
    expect(await Promise.all([personal, second].map(works))).toEqual([true, true]);
    const replaced = await post('/api-keys/generate/', undefined, { key: personal });
    expect(replaced.status).toBe(201);
    const keys = [personal, first, second, replaced.body.key];
    expect(await Promise.all(keys.map(works))).toEqual([false, false, true, true]);
  });

  it('can revoke itself, by its id or as the personal one', async () => {
    const who = await signedInAs();
    const [personal, named] = [await made(who.access), await made(who.access, 'named')];
    const { results } = (await get('/api-keys/', { token: who.access })).body;
    const { id } = results.find(({ name }: { name: string }) => name === 'named');
    expect((await del(`/api-keys/${id}/`, { key: named, env: three })).status).toBe(204);
    expect((await post('/api-keys/revoke/', undefined, { key: personal, env: three })).status).toBe(200);
    expect([await works(personal), await works(named)]).toEqual([false, false]);
  });
});
