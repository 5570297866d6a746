import { describe, expect, it } from 'vitest';
import { call, del, envWith, get, patch, post } from '../support/api.ts';
import { groupOf, keyOf, person, signedInAdmin, signedInAs, uniqueName } from '../support/people.ts';
import { storedState } from '../support/state.ts';

const three = envWith({ API_KEYS_PER_USER: '3' });
const made = async (token: string, name?: string): Promise<string> =>
  (await post('/api-keys/', { name }, { token, env: three })).body.key;
const works = async (key: string): Promise<boolean> => (await get('/users/me/', { key })).status === 200;

type Others = Record<'owner' | 'barred' | 'fired' | 'admin' | 'helper', number>;

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
    ['nobody let in again', 'PATCH', (_, __, { barred }) => [`/users/${barred}/`, { is_active: true }]],
    [
      'nobody let in again by a whole user',
      'PUT',
      (_, __, { barred }) => [`/users/${barred}/`, { username: uniqueName(), is_active: true }],
    ],
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
    const others = {
      owner: signedIn.id,
      barred: (await person({ isActive: false })).id,
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
    expect((await post('/api-keys/', { name: 'third' }, { key: first })).status).toBe(409);
    expect(await works(first)).toBe(true);
    expect((await post('/api-keys/revoke/', undefined, { key: first })).status).toBe(200);
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
