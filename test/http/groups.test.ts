import { describe, expect, it } from 'vitest';
import { PERMISSIONS } from '../../src/core/permissions.ts';
import { BASE, del, get, ORIGIN, patch, post, put } from '../support/api.ts';
import { groupOf, person, signedInAdmin, signedInAs, signIn, uniqueName } from '../support/people.ts';
import { storedState } from '../support/state.ts';

describe('/groups/', () => {
  it('answers each group as id, name and permissions, sorted and without repetitions', async () => {
    const { access: token } = await signedInAdmin();
    const name = uniqueName();
    const made = await post(
      '/groups/',
      { name: ` ${name} `, permissions: ['11', 4, 4.0, 1], id: 1 },
      { token },
    );
    expect(made).toMatchObject({ status: 201 });
    expect(made.body).toEqual({ id: expect.any(Number), name, permissions: [1, 4, 11] });
    expect((await get(`/groups/${made.body.id}/`, { token })).body).toEqual(made.body);
    expect((await get('/groups/', { token })).body).toContainEqual(made.body);
  });

  it('lists a bare array by id, or pages with links', async () => {
    const { access: token } = await signedInAs('view_group');
    for (const _ of [1, 2]) await groupOf(['view_user']);
    const { body: all } = await get('/groups/', { token });
    const ids = all.map(({ id }: { id: number }) => id);
    expect(ids).toEqual(ids.toSorted((a: number, b: number) => a - b));
    const { body: first } = await get('/groups/?page_size=1', { token });
    const next = `${ORIGIN}${BASE}/groups/?page_size=1&page=2`;
    expect(first).toEqual({ count: all.length, next, previous: null, results: [all[0]] });
    const { body: last } = await get(`/groups/?page_size=1&page=${all.length}`, { token });
    expect(last).toMatchObject({ next: null, results: [all.at(-1)] });
    expect((await get(`/groups/?page_size=1&page=${all.length + 1}`, { token })).status).toBe(404);
  });

  it('is read with view_group and written by admins alone', async () => {
    const id = await groupOf(['view_user']);
    const writers = await signedInAs('add_group', 'change_group', 'delete_group', 'view_group');
    const body = { name: uniqueName(), permissions: [] };
    const before = await storedState();
    const token = writers.access;
    expect((await get(`/groups/${id}/`, { token })).status).toBe(200);
    const writes = [
      post('/groups/', body, { token }),
      put(`/groups/${id}/`, body, { token }),
      patch(`/groups/${id}/`, {}, { token }),
      del(`/groups/${id}/`, { token }),
    ];
    for (const { status } of await Promise.all(writes)) expect(status).toBe(403);
    const { access: blind } = await signedInAs('view_user', 'change_group');
    for (const path of ['/groups/', `/groups/${id}/`])
      expect((await get(path, { token: blind })).status).toBe(403);
    expect((await storedState())[1]).toEqual(expect.arrayContaining(before[1] as unknown[]));
  });

  it.each<[string, object, object]>([
    ['no name', { permissions: [] }, { name: ['This field is required.'] }],
    ['a blank name', { name: ' ', permissions: [] }, { name: ['This field may not be blank.'] }],
    [
      'a long name',
      { name: 'x'.repeat(151), permissions: [] },
      { name: ['Ensure this field has no more than 150 characters.'] },
    ],
    ['no permissions', { name: 'x' }, { permissions: ['This field is required.'] }],
    [
      'a permission that is none',
      { name: 'x', permissions: [17] },
      { permissions: ['Invalid pk "17" - object does not exist.'] },
    ],
    [
      'a codename',
      { name: 'x', permissions: ['view_user'] },
      { permissions: ['Incorrect type. Expected pk value, received str.'] },
    ],
    [
      'true',
      { name: 'x', permissions: [true] },
      { permissions: ['Incorrect type. Expected pk value, received bool.'] },
    ],
    [
      'no list',
      { name: 'x', permissions: 4 },
      { permissions: ['Expected a list of items but got type "int".'] },
    ],
  ])('refuses %s, on creation and replacement alike', async (_, body, expected) => {
    const { access: token } = await signedInAdmin();
    const id = await groupOf(['view_user']);
    const before = await storedState();
    expect(await post('/groups/', body, { token })).toMatchObject({ status: 400, body: expected });
    expect(await put(`/groups/${id}/`, body, { token })).toMatchObject({ status: 400, body: expected });
    expect(await storedState()).toEqual(before);
  });

  it('takes a name once, also of racing calls, and lets a group keep its own', async () => {
    const { access: token } = await signedInAdmin();
    const name = uniqueName();
    const racing = await Promise.all(
      [1, 2, 3].map(() => post('/groups/', { name, permissions: [] }, { token })),
    );
    expect(racing.map(({ status }) => status).sort()).toEqual([201, 400, 400]);
    const taken = { status: 400, body: { name: ['group with this name already exists.'] } };
    const other = await groupOf([]);
    expect(await patch(`/groups/${other}/`, { name }, { token })).toMatchObject(taken);
    const id = racing.find(({ status }) => status === 201)?.body.id;
    expect((await put(`/groups/${id}/`, { name, permissions: [4] }, { token })).body).toEqual({
      id,
      name,
      permissions: [4],
    });
  });

  it('changes what PATCH names and answers 404 for a group that is none', async () => {
    const { access: token } = await signedInAdmin();
    const id = await groupOf(['view_user']);
    const { body: before } = await get(`/groups/${id}/`, { token });
    expect((await patch(`/groups/${id}/`, {}, { token })).body).toEqual(before);
    expect((await patch(`/groups/${id}/`, { permissions: [] }, { token })).body).toEqual({
      ...before,
      permissions: [],
    });
    const body = { name: uniqueName(), permissions: [] };
    expect(await del(`/groups/${id}/`, { token })).toMatchObject({ status: 204, text: '' });
    for (const path of [`/groups/${id}/`, '/groups/999999/', '/groups/abc/']) {
      const answers = [
        await get(path, { token }),
        await put(path, body, { token }),
        await patch(path, {}, { token }),
        await del(path, { token }),
      ];
      for (const answer of answers)
        expect(answer).toMatchObject({ status: 404, body: { detail: expect.any(String) } });
    }
    expect((await post('/groups/', body, { token })).body.id).toBeGreaterThan(id);
  });

  it('gives the rights of all of a user’s groups, and is named in the user', async () => {
    const admin = await signedInAdmin();
    const groups = [await groupOf(['view_user']), await groupOf(['view_group'])];
    const who = await signIn(await person({ userLevel: 0 }));
    const token = who.access;
    const statuses = async () => [
      (await get('/users/', { token })).status,
      (await get('/groups/', { token })).status,
    ];
    expect(await statuses()).toEqual([403, 403]);
    const { body } = await patch(
      `/users/${who.id}/`,
      { groups: groups.toReversed() },
      { token: admin.access },
    );
    expect(body.groups).toEqual(groups);
    expect(await statuses()).toEqual([200, 200]);
    await del(`/groups/${groups[0]}/`, { token: admin.access });
    expect(await statuses()).toEqual([403, 200]);
    expect((await get('/users/me/', { token })).body.groups).toEqual([groups[1]]);
  });
});

describe('/permissions/', () => {
  it('is the closed list, with ids that never change', async () => {
    const { access: token } = await signedInAs('view_permission');
    const { body } = await get('/permissions/', { token });
    expect(body.map(({ id, codename }: { id: number; codename: string }) => `${id} ${codename}`)).toEqual([
      '1 add_user',
      '2 change_user',
      '3 delete_user',
      '4 view_user',
      '5 add_group',
      '6 change_group',
      '7 delete_group',
      '8 view_group',
      '9 add_apikey',
      '10 delete_apikey',
      '11 view_apikey',
      '12 view_permission',
      '13 view_session',
      '14 delete_session',
      '15 view_auditevent',
      '16 introspect_token',
    ]);
    for (const one of body) expect(Object.keys(one)).toEqual(['id', 'name', 'codename']);
  });

  it('pages, and is for view_permission alone', async () => {
    const { access: token } = await signedInAs('view_permission');
    const { body } = await get('/permissions/?page=2&page_size=10', { token });
    expect(body).toMatchObject({ count: 16, next: null, results: { length: 6 } });
    expect(body.previous).toBe(`${ORIGIN}${BASE}/permissions/?page=1&page_size=10`);
    const others = PERMISSIONS.map(({ codename }) => codename).filter((name) => name !== 'view_permission');
    expect((await get('/permissions/', { token: (await signedInAs(...others)).access })).status).toBe(403);
  });
});
