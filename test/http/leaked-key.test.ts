import { describe, expect, it } from 'vitest';
import { call, del, envWith, get, patch, post } from '../support/api.ts';
import { groupOf, keyOf, person, signedInAdmin, signedInAs, uniqueName } from '../support/people.ts';
import { storedState } from '../support/state.ts';

const three = envWith({ API_KEYS_PER_USER: '3' });
const made = async (token: string, name?: string): Promise<string> =>
  (await post('/api-keys/', { name }, { token, env: three })).body.key;
const works = async (key: string): Promise<boolean> => (await get('/users/me/', { key })).status === 200;

describe('an admin’s key that leaked leaves nothing behind that survives its revocation:', () => {
  it.each<[string, string, (id: number, group: number) => [string, unknown]]>([
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
  ])('%s', async (_, method, request) => {
    const key = await keyOf(await signedInAdmin());
    const [path, body] = request((await person()).id, await groupOf(['view_user']));
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
