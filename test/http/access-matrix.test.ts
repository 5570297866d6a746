import { describe, expect, it } from 'vitest';
import { ALL_PERMISSIONS, type Permission } from '../../src/core/permissions.ts';
import { type Answer, call, get, post } from '../support/api.ts';
import { type Operation, pathWith, readOperations } from '../support/openapi.ts';
import { keyOf, person, type SignedIn, signedInAdmin, signedInAs } from '../support/people.ts';

const PUBLIC = [
  'createToken',
  'login',
  'refreshToken',
  'verifyToken',
  'revokeToken',
  'logInPage',
  'refreshPage',
  'logOutPage',
  'getSuperuserState',
  'createSuperuser',
  'getHealth',
];

/** What each other operation asks for. */
const ASKED: Record<string, Permission | 'admin' | 'signed in'> = {
  introspectToken: 'introspect_token',
  verifyCaller: 'signed in',
  logout: 'signed in',
  getMe: 'signed in',
  updateMe: 'signed in',
  listUsers: 'view_user',
  createUser: 'add_user',
  getUser: 'view_user',
  replaceUser: 'change_user',
  updateUser: 'change_user',
  deleteUser: 'delete_user',
  listSessions: 'signed in',
  deleteSession: 'signed in',
  listAuditEvents: 'view_auditevent',
  listApiKeys: 'signed in',
  createApiKey: 'signed in',
  generateApiKey: 'signed in',
  revokeApiKey: 'signed in',
  getApiKey: 'signed in',
  deleteApiKey: 'signed in',
  listPermissions: 'view_permission',
  listGroups: 'view_group',
  createGroup: 'admin',
  getGroup: 'view_group',
  replaceGroup: 'admin',
  updateGroup: 'admin',
  deleteGroup: 'admin',
};

const operations = await readOperations();
const publicOnes = operations.filter(({ id }) => PUBLIC.includes(id));
const guardedOnes = operations.filter(({ id }) => id in ASKED);
const askingFor = guardedOnes.filter(({ id }) => ASKED[id] !== 'signed in');

const everyPermissionBut = (right: string): Permission[] =>
  [...ALL_PERMISSIONS].filter((one) => one !== right);

/** Without a body where one is read: whoever passes the guard gets 400, which is neither 401 nor 403. */
const send = (operation: Operation, caller: { token?: string; key?: string }, id = 1): Promise<Answer> =>
  call(operation.method, pathWith(operation, id), caller);

function expectUnauthenticated({ status, headers, body }: Answer): void {
  expect(status).toBe(401);
  expect(headers.get('WWW-Authenticate')).toBe('Bearer realm="api"');
  expect(headers.get('Content-Type')).toMatch(/^application\/json/);
  expect(body).toMatchObject({ detail: expect.stringMatching(/\S/) });
}

function expectForbidden({ status, headers, body }: Answer): void {
  expect(status).toBe(403);
  expect(headers.get('WWW-Authenticate')).toBeNull();
  expect(headers.get('Content-Type')).toMatch(/^application\/json/);
  expect(body).toEqual({ detail: expect.stringMatching(/\S/) });
}

describe('the matrix', () => {
  it('knows every operation of the document, each either as public or with what it asks for', () => {
    const ids = operations.map(({ id }) => id);
    expect([...PUBLIC, ...Object.keys(ASKED)].sort()).toEqual(ids.sort());
  });

  it('agrees with the document on what is public', () => {
    const documented = operations.filter(({ isPublic }) => isPublic).map(({ id }) => id);
    expect(documented.sort()).toEqual(PUBLIC.toSorted());
  });
});

describe('public operations', () => {
  it.each(publicOnes)('$id answers the same whatever credentials come along', async (operation) => {
    const plain = await send(operation, {});
    const withBad = await call(operation.method, pathWith(operation), {
      headers: { Authorization: 'Bearer nonsense', 'X-API-Key': 'nonsense' },
    });
    expect(plain.status).not.toBe(401);
    expect([withBad.status, withBad.text]).toEqual([plain.status, plain.text]);
  });
});

describe('without credentials', () => {
  it.each(guardedOnes)('$id answers 401', async (operation) => {
    expectUnauthenticated(await send(operation, {}));
  });

  it.each(guardedOnes)('$id answers 401 before it reads anything of the request', async (operation) => {
    const path = `${pathWith(operation, 'no-id')}?page=none`;
    const headers = { 'Content-Type': 'text/plain', 'Content-Length': '999999' };
    const withBody = operation.method !== 'GET' && { body: '{cut', headers };
    expectUnauthenticated(await call(operation.method, path, withBody || {}));
  });

  it.each(guardedOnes)('$id answers 401 to a bad token even beside a good key', async (operation) => {
    const key = await keyOf(await signedInAdmin());
    expectUnauthenticated(await send(operation, { token: 'nonsense', key }));
  });
});

/** A key, which may have leaked, gives and takes no rights and ends no session, whatever its owner can do. */
const NOT_BY_KEY = new Set(['createGroup', 'replaceGroup', 'updateGroup', 'deleteGroup', 'deleteSession']);

describe('signed in', () => {
  it.each(guardedOnes)('$id lets no one in who lacks what it asks for', async (operation) => {
    const asked = ASKED[operation.id] ?? 'admin';
    const outsider = await signedInAs(...everyPermissionBut(asked));
    const key = await keyOf(outsider);
    if (asked === 'signed in') {
      const { status } = await send(operation, { key }, outsider.id);
      expect(status === 403).toBe(NOT_BY_KEY.has(operation.id));
      return;
    }
    expectForbidden(await send(operation, { token: outsider.access }, outsider.id));
    expectForbidden(await send(operation, { key }, outsider.id));
  });

  it.each(guardedOnes)(
    '$id lets in who holds just what it asks for, by token and by key',
    async (operation) => {
      for (const credential of ['token', 'key'] as const) {
        const insider = await holderOf(ASKED[operation.id] ?? 'admin');
        // By a key one manages users who hold no rights, so not oneself.
        const { id } = operation.path.includes('/users/') ? await person() : insider;
        const caller = credential === 'token' ? { token: insider.access } : { key: await keyOf(insider) };
        const { status } = await send(operation, caller, id);
        const refused = credential === 'key' && NOT_BY_KEY.has(operation.id) ? [403] : [];
        expect([...refused, 200, 201, 204, 400, 404], `${credential}: ${status}`).toContain(status);
      }
    },
  );

  it.each(askingFor)('$id refuses before it reads anything of the request', async (operation) => {
    const { access: token } = await signedInAs();
    const headers = { 'Content-Type': 'text/plain' };
    const withBody = operation.method !== 'GET' && { body: '{cut', headers };
    expectForbidden(await call(operation.method, pathWith(operation, 'no-id'), { token, ...withBody }));
  });
});

const holderOf = (asked: Permission | 'admin' | 'signed in'): Promise<SignedIn> =>
  asked === 'admin' ? signedInAdmin() : asked === 'signed in' ? signedInAs() : signedInAs(asked);

describe('the keys of others', () => {
  const ownerWithKey = async () => {
    const owner = await signedInAs();
    const { body } = await post('/api-keys/generate/', {}, { token: owner.access });
    return { owner, keyId: body.id as number, key: body.key as string };
  };

  it.each([
    ['made', '/api-keys/', 'add_apikey', 201],
    ['made', '/api-keys/generate/', 'add_apikey', 201],
    ['revoked', '/api-keys/revoke/', 'delete_apikey', 200],
  ] as const)('are %s at %s by holders of %s alone', async (_, path, right, success) => {
    const { owner, key } = await ownerWithKey();
    const outsider = await signedInAs(...everyPermissionBut(right));
    expectForbidden(await post(path, { user_id: owner.id }, { token: outsider.access }));
    expect((await get('/users/me/', { key })).status).toBe(200);
    const insider = await signedInAs(right);
    expect((await post(path, { user_id: owner.id }, { token: insider.access })).status).toBe(success);
    expect((await get('/users/me/', { key })).status).toBe(401);
  });

  it('are listed for holders of view_apikey alone', async () => {
    const { owner, keyId } = await ownerWithKey();
    const outsider = await signedInAs(...everyPermissionBut('view_apikey'));
    expectForbidden(await get(`/api-keys/?user_id=${owner.id}`, { token: outsider.access }));
    expect((await get('/api-keys/', { token: outsider.access })).body.count).toBe(0);
    const insider = await signedInAs('view_apikey');
    const { body } = await get(`/api-keys/?user_id=${owner.id}`, { token: insider.access });
    expect(body.results.map(({ id }: { id: number }) => id)).toEqual([keyId]);
  });

  it.each([
    ['GET', 'view_apikey', 200],
    ['DELETE', 'delete_apikey', 204],
  ] as const)('by id answer %s with 404 to all but holders of %s', async (method, right, success) => {
    const { keyId } = await ownerWithKey();
    const outsider = await signedInAs(...everyPermissionBut(right));
    const unknown = await call(method, '/api-keys/999999999/', { token: outsider.access });
    const hidden = await call(method, `/api-keys/${keyId}/`, { token: outsider.access });
    expect([hidden.status, hidden.text]).toEqual([404, unknown.text]);
    const insider = await signedInAs(right);
    expect((await call(method, `/api-keys/${keyId}/`, { token: insider.access })).status).toBe(success);
  });
});

it('shows a change of rights at the next request, whatever the token was issued with', async () => {
  const admin = await signedInAdmin();
  const member = await signedInAs('view_user');
  const { id: other } = await person();
  const look = async () => (await get(`/users/${other}/`, { token: member.access })).status;
  expect(await look()).toBe(200);
  await call('PATCH', `/users/${member.id}/`, { token: admin.access, body: { groups: [] } });
  expect(await look()).toBe(403);
});
