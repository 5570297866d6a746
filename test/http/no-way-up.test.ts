import { describe, expect, it } from 'vitest';
import { ALL_PERMISSIONS, PERMISSIONS, type Permission } from '../../src/core/permissions.ts';
import { type Call, call, del, get, patch, post, put } from '../support/api.ts';
import {
  groupOf,
  keyOf,
  person,
  type SignedIn,
  signedInAdmin,
  signedInAs,
  signIn,
  uniqueName,
} from '../support/people.ts';
import { storedState } from '../support/state.ts';

const EVERY_RIGHT = [...ALL_PERMISSIONS];
const FORBIDDEN = { detail: 'You do not have permission to perform this action.' };
const allBut = (right: Permission): Permission[] => EVERY_RIGHT.filter((other) => other !== right);

const HOLDERS: [string, Permission[]][] = [
  ['no right', []],
  ...PERMISSIONS.map(({ codename }): [string, Permission[]] => [codename, [codename]]),
  ['every right', EVERY_RIGHT],
];

type Attempt = [method: string, path: string, body?: unknown];

const privileges = (group: number): string[] => [
  '"user_level": 10',
  '"is_staff": true',
  '"is_superuser": 1',
  `"groups": [${group}]`,
];

/** Every other spelling of a rank or a group that a non-admin does not have. */
const spellings = (group: number): string[] => [
  '"user_level": 11',
  '"user_level": "10"',
  '"user_level": " 10 "',
  '"user_level": 10.0',
  '"user_level": "10.0"',
  '"user_level": 1e1',
  '"user_level": 2147483647',
  '"user_level": 9',
  '"is_staff": "on"',
  '"is_superuser": "t"',
  `"groups": ["${group}"]`,
];

async function refuseAll(attempts: Attempt[], as: Call, ...statuses: number[]): Promise<void> {
  const before = await storedState();
  for (const [method, path, body] of attempts) {
    const { status } = await call(method, path, body === undefined ? as : { ...as, body });
    expect.soft(statuses, `${method} ${path} ${JSON.stringify(body)} gave ${status}`).toContain(status);
  }
  expect(await storedState()).toEqual(before);
}

const onUser = ({ id, username }: { id: number; username: string }, fields: string): Attempt[] => [
  ['PATCH', `/users/${id}/`, `{${fields}}`],
  ['PUT', `/users/${id}/`, `{"username": "${username}", ${fields}}`],
];

const onKeys = (userId: number): Attempt[] => [
  ['POST', '/api-keys/generate/', { user_id: userId }],
  ['POST', '/api-keys/', { user_id: String(userId), name: 'theirs' }],
  ['POST', '/api-keys/revoke/', { user_id: userId }],
];

async function idOfKey({ access }: SignedIn): Promise<number> {
  const { body } = await get('/api-keys/', { token: access });
  return body.results[0].id;
}

/** A target with a key and a session, and everything that must not be done to it. */
async function attemptsOn(target: SignedIn): Promise<Attempt[]> {
  await keyOf(target);
  return [
    ...onUser(target, '"password": "a new password"'),
    ['PATCH', `/users/${target.id}/`, { first_name: 'Mallory' }],
    ['PUT', `/users/${target.id}/`, { username: target.username, is_active: false }],
    ['PATCH', `/users/${target.id}/`, { user_level: 0 }],
    ['PUT', `/users/${target.id}/`, { username: target.username, custom_properties: { xc_password: 'x' } }],
    ['PATCH', `/users/${target.id}/`, {}],
    ['PATCH', `/users/${target.id}/`, { username: uniqueName() }],
    ['DELETE', `/users/${target.id}/`],
    ...onKeys(target.id),
    ['DELETE', `/api-keys/${await idOfKey(target)}/`],
  ];
}

describe.each(HOLDERS)('a non-admin with %s', (_, rights) => {
  it('can make no one an admin and give no one a rank, a group or a right', async () => {
    const caller = await signedInAs(...rights);
    const bystander = await person({ userLevel: 0 });
    const group = await groupOf(['view_user']);
    const newcomer = () => `"username": "${uniqueName()}", "password": "long enough"`;
    const creating = (fields: string): Attempt => ['POST', '/users/', `{${newcomer()}, ${fields}}`];
    const attempts =
      rights.length === 1
        ? privileges(group).flatMap((fields) => [creating(fields), ...onUser(caller, fields)])
        : [...privileges(group), ...spellings(group)].flatMap((fields) => [
            creating(fields),
            ...onUser(caller, fields),
            ...onUser(bystander, fields),
          ]);
    await refuseAll(attempts, { token: caller.access }, 403);
  });

  it('cannot enlarge its own rights through a group', async () => {
    const caller = await person({ userLevel: 1 });
    const own = await groupOf(rights);
    const admin = await signedInAdmin();
    await patch(`/users/${caller.id}/`, { groups: [own] }, { token: admin.access });
    const permissions = PERMISSIONS.map(({ id }) => id);
    const attempts: Attempt[] = [
      ['POST', '/groups/', { name: uniqueName(), permissions }],
      ['PATCH', `/groups/${own}/`, { permissions }],
      ['PATCH', `/groups/${own}/`, { name: uniqueName() }],
      ['PUT', `/groups/${own}/`, { name: uniqueName(), permissions }],
      ['DELETE', `/groups/${own}/`],
    ];
    await refuseAll(attempts, { token: (await signIn(caller)).access }, 403);
  });

  it('cannot touch an admin, active or not', async () => {
    const caller = await signedInAs(...rights);
    const admin = await signedInAdmin();
    const inactive = await person({ userLevel: 10, isActive: false });
    const attempts: Attempt[] = [
      ...(await attemptsOn(admin)),
      ...onUser(inactive, '"is_active": true'),
      ['DELETE', `/users/${inactive.id}/`],
      // Without a key: also what would find nothing to revoke.
      ...onKeys(inactive.id),
    ];
    // Whoever may not revoke keys learns of none (404); whoever may, may not revoke this one.
    const as = rights.length === 1 ? { key: await keyOf(caller) } : { token: caller.access };
    await refuseAll(attempts, as, 403, 404);
    expect((await get('/users/me/', { token: admin.access })).status).toBe(200);
  });

  it('gets nothing from its own profile but its profile', async () => {
    const caller = await signedInAs(...rights);
    const before = (await get('/users/me/', { token: caller.access })).body;
    const group = await groupOf(EVERY_RIGHT);
    const fields = [...privileges(group), '"is_active": false', '"username": "root"'].join();
    expect((await patch('/users/me/', `{${fields}}`, { token: caller.access })).body).toEqual(before);
  });
});

describe.each(EVERY_RIGHT)('a caller with every right but %s', (missing) => {
  it('cannot touch whoever holds it', async () => {
    const caller = await signedInAs(...allBut(missing));
    const target = await signedInAs(missing);
    await refuseAll(await attemptsOn(target), { token: caller.access }, 403, 404);
    expect((await get('/users/me/', { token: target.access })).status).toBe(200);
  });
});

it('lets a non-admin act on whoever holds nothing that it lacks', async () => {
  const caller = await signedInAs(...EVERY_RIGHT);
  const token = caller.access;
  const target = await signedInAs(...EVERY_RIGHT);
  const key = await keyOf(target);
  expect((await patch(`/users/${target.id}/`, { password: 'a new password' }, { token })).status).toBe(200);
  expect((await get('/users/me/', { token: target.access })).status).toBe(401);
  expect((await post('/api-keys/generate/', { user_id: target.id }, { token })).status).toBe(201);
  expect((await get('/users/me/', { key })).status).toBe(401);
  expect((await patch(`/users/${target.id}/`, { is_active: false }, { token })).status).toBe(200);
  expect((await del(`/users/${target.id}/`, { token })).status).toBe(204);
});

it('takes a whole user sent back unchanged by a non-admin, as a form does', async () => {
  const group = await groupOf(['view_user']);
  const other = await groupOf(['view_group']);
  const caller = await signIn(await person({ isStaff: true }, ['view_user', 'change_user', 'view_group']));
  const target = await person({
    userLevel: 1,
    isStaff: true,
    groups: [other, group],
    channelProfiles: [1, 2],
  });
  for (const id of [caller.id, target.id]) {
    const { body: whole } = await get(`/users/${id}/`, { token: caller.access });
    expect(await put(`/users/${id}/`, whole, { token: caller.access })).toMatchObject({
      status: 200,
      body: whole,
    });
    expect(await patch(`/users/${id}/`, whole, { token: caller.access })).toMatchObject({
      status: 200,
      body: whole,
    });
  }
});

it('lets admins alone raise and lower', async () => {
  const admin = await signedInAdmin();
  const helper = await signedInAs(...EVERY_RIGHT);
  const target = await person({ userLevel: 1, isStaff: true });
  for (const change of [{ user_level: 0 }, { user_level: 9 }, { groups: [] }]) {
    const answer = await patch(`/users/${helper.id}/`, change, { token: helper.access });
    expect(answer).toMatchObject({ status: 403, body: FORBIDDEN });
  }
  expect((await patch(`/users/${target.id}/`, { is_staff: false }, { token: helper.access })).status).toBe(
    403,
  );
  expect(
    (await patch(`/users/${target.id}/`, { user_level: 10 }, { token: admin.access })).body.user_level,
  ).toBe(10);
  expect(
    (await patch(`/users/${target.id}/`, { user_level: 0 }, { token: admin.access })).body.user_level,
  ).toBe(0);
});

describe('a caller that came with an API key', () => {
  const NEW = { password: 'a new password' };
  it.each([
    ['an admin', () => signedInAdmin(), ['view_user']],
    ['a helper', () => signedInAs('change_user', 'view_user'), []],
  ] as const)('changes no password that opens rights and tries none, being %s', async (_, mint, held) => {
    const caller = await mint();
    const key = await keyOf(caller);
    const victim = await signIn(await person({ userLevel: 0 }, held));
    const attempts: Attempt[] = [
      ['PATCH', '/users/me/', NEW],
      ['PATCH', '/users/me/', { ...NEW, current_password: caller.password }],
      ['PATCH', '/users/me/', { current_password: caller.password }],
      ['PATCH', '/users/me/', { current_password: 'not that one' }],
      ['PATCH', `/users/${caller.id}/`, NEW],
      ['PUT', `/users/${caller.id}/`, { username: caller.username, ...NEW }],
      ['PATCH', `/users/${victim.id}/`, NEW],
      ['PUT', `/users/${victim.id}/`, { username: victim.username, ...NEW }],
    ];
    await refuseAll(attempts, { key }, 403);
    await refuseAll(attempts, { headers: { Authorization: `ApiKey ${key}` } }, 403);
    expect((await patch('/users/me/', { first_name: 'Kay' }, { key })).status).toBe(200);
  });
});

describe('the next request, by token and by key alike, knows of', () => {
  const ALLOWED = [200, 200];
  const both = async (who: SignedIn, key: string) =>
    (await Promise.all([get('/users/', { token: who.access }), get('/users/', { key })])).map(
      ({ status, body }) => (status === 401 ? body : status),
    );
  const holder = async () => {
    const admin = await signedInAdmin();
    const group = await groupOf(['view_user']);
    const who = await signIn(await person({ groups: [group] }));
    const key = await keyOf(who);
    expect(await both(who, key)).toEqual(ALLOWED);
    return { as: { token: admin.access }, group, who, key };
  };

  it('a promotion and a demotion', async () => {
    const { as } = await holder();
    const who = await signedInAs();
    const key = await keyOf(who);
    expect(await both(who, key)).toEqual([403, 403]);
    await patch(`/users/${who.id}/`, { user_level: 10 }, as);
    expect(await both(who, key)).toEqual(ALLOWED);
    await patch(`/users/${who.id}/`, { user_level: 1 }, as);
    expect(await both(who, key)).toEqual([403, 403]);
  });

  it('a group that gives less, is taken away, or is deleted', async () => {
    const first = await holder();
    await patch(`/groups/${first.group}/`, { permissions: [8] }, first.as);
    expect(await both(first.who, first.key)).toEqual([403, 403]);
    const second = await holder();
    await patch(`/users/${second.who.id}/`, { groups: [] }, second.as);
    expect(await both(second.who, second.key)).toEqual([403, 403]);
    const third = await holder();
    await del(`/groups/${third.group}/`, third.as);
    expect(await both(third.who, third.key)).toEqual([403, 403]);
    expect((await get('/users/me/', { key: third.key })).body.groups).toEqual([]);
  });

  it('a deactivation and a deletion', async () => {
    const { as, who, key } = await holder();
    await patch(`/users/${who.id}/`, { is_active: false }, as);
    const inactive = { detail: 'User is inactive', code: 'user_inactive' };
    expect(await both(who, key)).toEqual([inactive, { detail: 'User inactive' }]);
    await del(`/users/${who.id}/`, as);
    const unknown = { detail: 'User not found', code: 'user_not_found' };
    expect(await both(who, key)).toEqual([unknown, { detail: 'Invalid API key' }]);
  });
});
