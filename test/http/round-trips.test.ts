import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { type Answer, type Call, call, envWith, get, patch, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { exampleOf, sendExample } from '../support/examples.ts';
import { counted, failing, LOST, type Trip } from '../support/intercepted-database.ts';
import { pathWith, readOperations } from '../support/openapi.ts';
import { keyOf, person, type SignedIn, signedInAdmin, signedInAs } from '../support/people.ts';
import { resigned } from '../support/wire-tokens.ts';

/** The design's budgets, credentials included. Whatever is not listed may take three. */
const EXACTLY: Record<string, number> = {
  getMe: 1,
  refreshToken: 1,
  verifyToken: 1,
  introspectToken: 2,
  revokeToken: 1,
  verifyCaller: 1,
  createToken: 2,
  login: 2,
  logInPage: 2,
  refreshPage: 1,
  logOutPage: 1,
  logout: 2,
  generateApiKey: 2,
  createApiKey: 2,
  revokeApiKey: 2,
  updateMe: 2,
  listUsers: 2,
  listApiKeys: 2,
};
const AT_MOST = 3;

const operations = await readOperations();

/** The round trips of one request that has to succeed, or to give `status`. */
async function tripsOf(
  request: (bindings: Pick<Call, 'env'>) => Promise<Answer>,
  status?: number,
): Promise<number> {
  const { database, trips } = counted(env.DB);
  const answer = await request({ env: envWith({ DB: database }) });
  if (status === undefined) expect(answer.status, answer.text).toBeLessThan(300);
  else expect(answer.status, answer.text).toBe(status);
  return trips.length;
}

describe('the budget', () => {
  it('names operations that are in the document', () => {
    const ids = operations.map(({ id }) => id);
    expect(Object.keys(EXACTLY).filter((id) => !ids.includes(id))).toEqual([]);
  });

  it.each(operations)('of $id is kept', async (operation) => {
    const example = await exampleOf(operation);
    const trips = await tripsOf((bindings) => sendExample(operation, example, bindings));
    const exact = EXACTLY[operation.id];
    if (exact === undefined) expect(trips).toBeLessThanOrEqual(AT_MOST);
    else expect(trips).toBe(exact);
  });

  const refusedToKeys = ['createGroup', 'replaceGroup', 'updateGroup', 'deleteGroup', 'deleteSession'];
  it.each(operations.filter(({ isPublic, id }) => !isPublic && !refusedToKeys.includes(id)))(
    'of $id is kept with an API key',
    async (operation) => {
      const { token = '', ...example } = await exampleOf(operation);
      const { key, id } = await usedKeyOf(token);
      if (operation.path.includes('api-keys')) example.id = id;
      // A key replaces its own name only.
      if (operation.id === 'createApiKey') example.body = {};
      const trips = await tripsOf((bindings) => sendExample(operation, { ...example, key }, bindings));
      expect(trips).toBeLessThanOrEqual(EXACTLY[operation.id] ?? AT_MOST);
    },
  );

  it.each(['/users/?page=1', '/users/?page_size=2&page=1', '/users/?search=u1', '/users/?search=u1&page=1'])(
    'of two is kept by %s',
    async (path) => {
      const { access: token } = await signedInAs('view_user');
      expect(await tripsOf((bindings) => get(path, { token, ...bindings }))).toBe(2);
    },
  );

  it('of two is kept by a list of another’s keys', async () => {
    const [{ access: token }, other] = [await signedInAs('view_apikey'), await person()];
    expect(await tripsOf((bindings) => get(`/api-keys/?user_id=${other.id}`, { token, ...bindings }))).toBe(
      2,
    );
  });

  it('of three is kept by a new password together with the current one, whose try is counted before', async () => {
    const { access: token, password } = await signedInAs();
    const body = { password: 'the new password', current_password: password };
    expect(await tripsOf((bindings) => patch('/users/me/', body, { token, ...bindings }))).toBe(3);
  });

  it.each([
    ['/api-keys/generate/', 'add_apikey'],
    ['/api-keys/', 'add_apikey'],
    ['/api-keys/revoke/', 'delete_apikey'],
  ] as const)('of three is kept by POST %s for another user', async (path, right) => {
    const [{ access: token }, other] = [await signedInAs(right), await person()];
    const body = { user_id: other.id };
    expect(await tripsOf((bindings) => post(path, body, { token, ...bindings }))).toBe(AT_MOST);
  });

  it.each([
    [
      'a change of everything',
      { user_level: 1, groups: [], password: 'the new password', first_name: 'Ada' },
    ],
    ['a deactivation', { is_active: false }],
  ])('of three is kept by %s of a user', async (_, body) => {
    const [{ access: token }, other] = [await signedInAdmin(), await person()];
    expect(await tripsOf((bindings) => patch(`/users/${other.id}/`, body, { token, ...bindings }))).toBe(
      AT_MOST,
    );
  });

  it('of two is kept by a login that fails, whether or not there is such a user', async () => {
    const [{ username }, { username: inactive }] = [await person(), await person({ isActive: false })];
    const tripsFor = (name: string) =>
      tripsOf((bindings) => post('/token/', { username: name, password: 'a wrong one' }, bindings), 401);
    const [wrongPassword, disabled, unknown] = [
      await tripsFor(username),
      await tripsFor(inactive),
      await tripsFor('nobody'),
    ];
    expect([wrongPassword, disabled, unknown]).toEqual([1, 1, 1]);
  });
});

/** A key whose use was noted just now, so that the next one writes nothing. */
async function usedKeyOf(token: string): Promise<{ key: string; id: number }> {
  const { body } = await post('/api-keys/generate/', {}, { token });
  await get('/users/me/', { key: body.key });
  return { key: body.key, id: body.id };
}

describe('no round trip is made', () => {
  const noTripFor = async (status: number, method: string, path: string, options: Call = {}) =>
    expect(await tripsOf((bindings) => call(method, path, { ...options, ...bindings }), status)).toBe(0);

  async function strangersToken({ access: token }: SignedIn): Promise<string> {
    const { alg = '', ...header } = decodeProtectedHeader(token);
    const key = alg === 'HS256' ? new Uint8Array(32) : (await generateKeyPair(alg)).privateKey;
    return new SignJWT(decodeJwt(token)).setProtectedHeader({ alg, ...header }).sign(key);
  }

  const badTokens: [what: string, make: (caller: SignedIn) => Promise<string> | string][] = [
    ['malformed', () => 'nonsense'],
    ['cut', ({ access }) => access.slice(0, -10)],
    ['forged', strangersToken],
    [
      'changed',
      ({ access }) => access.replace(/\.[^.]+\./, `.${btoa('{"user_id":"1","token_type":"access"}')}.`),
    ],
    ['expired', ({ access }) => resigned(access, { exp: 1_000_000_000 })],
    ['not typed', ({ access }) => resigned(access, { token_type: undefined })],
    ['of the other kind', ({ refresh }) => refresh],
    ['unsigned', ({ access }) => `${btoa('{"alg":"none"}').replace(/=+$/, '')}.${access.split('.')[1]}.`],
  ];

  it.each(badTokens)('for a Bearer token that is %s', async (_, make) => {
    const token = await make(await signedInAs());
    await noTripFor(401, 'GET', '/users/me/', { token });
  });

  it.each(badTokens.filter(([what]) => what !== 'of the other kind'))(
    'to refresh or verify a token that is %s',
    async (_, make) => {
      const caller = await signedInAs();
      const bad = await make({ ...caller, access: caller.refresh });
      await noTripFor(401, 'POST', '/token/refresh/', { body: { refresh: bad } });
      await noTripFor(401, 'POST', '/token/verify/', { body: { token: bad } });
    },
  );

  it('for a key that is mistyped', async () => {
    const key = await keyOf(await signedInAs());
    const swapped = key.replace(/^(dsp_.*?)(.)(?!\2)(.)/, '$1$3$2');
    for (const mistyped of [
      swapped,
      key.slice(0, -1),
      `${key}0`,
      key.toLowerCase(),
      key.slice(4),
      'x',
      'dsp_',
    ]) {
      await noTripFor(401, 'GET', '/users/me/', { key: mistyped });
    }
  });

  it.each(['Bearer', 'Bearer ', 'Bearer a b', 'ApiKey', 'Basic dTpw', 'nonsense', ''])(
    'for the header Authorization: %s',
    async (header) => {
      await noTripFor(401, 'GET', '/users/me/', { headers: { Authorization: header } });
    },
  );

  it.each(['/', '/api/schema/', '/api/swagger.json', '/api/swagger/', '/.well-known/jwks.json'])(
    'for %s',
    async (path) => {
      await noTripFor(200, 'GET', path);
    },
  );

  it('for a path that does not exist', async () => {
    const { access: token } = await signedInAs();
    await noTripFor(404, 'GET', '/api/nothing/', { token });
  });

  it.each(operations)('for OPTIONS and for a method that $path does not know', async ({ path }) => {
    const { access: token } = await signedInAs();
    await noTripFor(204, 'OPTIONS', path, { token });
    await noTripFor(405, 'PURGE', path, { token });
  });

  it.each(
    operations.filter(({ takesBody, isPublic, id }) => takesBody && isPublic && id !== 'createSuperuser'),
  )('for a body that $id refuses', async (operation) => {
    const { headers } = await exampleOf(operation);
    await noTripFor(400, operation.method, pathWith(operation), { body: {}, headers: { ...headers } });
    await noTripFor(415, operation.method, pathWith(operation), {
      body: 'x',
      headers: { ...headers, 'Content-Type': 'text/plain' },
    });
  });
});

describe('the use of a key', () => {
  const lastUsedAt = (token: string): Promise<string | null> =>
    get('/api-keys/', { token }).then(({ body }) => body.results[0].last_used_at);
  const noteOf = (trips: Trip[]) =>
    trips.filter(({ statements }) => /^update "api_keys"/.test(statements[0] ?? ''));

  it('is noted once in five minutes, after the answer', async () => {
    const owner = await signedInAs();
    const key = await keyOf(owner);
    const { database, trips } = counted(env.DB);
    const bindings = { env: envWith({ DB: database }) };
    expect(await lastUsedAt(owner.access)).toBeNull();
    await get('/users/me/', { key, ...bindings });
    expect([trips.length, noteOf(trips).length]).toEqual([2, 1]);
    const noted = await lastUsedAt(owner.access);
    expect(Date.now() - Date.parse(noted ?? '')).toBeLessThan(60_000);
    await get('/users/me/', { key, ...bindings });
    expect([trips.length, noteOf(trips).length]).toEqual([3, 1]);
    expect(await lastUsedAt(owner.access)).toBe(noted);
  });

  it.each([
    ['not noted again after four minutes', 4, 1],
    ['noted again after five minutes', 5, 2],
  ])('is %s', async (_, minutes, expected) => {
    const key = await keyOf(await signedInAs());
    await env.DB.prepare('update api_keys set last_used_at = ? where preview like ?')
      .bind(Date.now() - minutes * 60_000, `%${key.slice(-4)}`)
      .run();
    expect(await tripsOf((bindings) => get('/users/me/', { key, ...bindings }))).toBe(expected);
  });

  it('is answered even when noting it fails, and noted at the next', async () => {
    const owner = await signedInAs();
    const key = await keyOf(owner);
    const DB = failing(env.DB, (_, [sql = '']) => (sql.startsWith('update') ? LOST() : undefined));
    const answer = await get('/users/me/', { key, env: envWith({ DB }) });
    expect([answer.status, answer.body.id]).toEqual([200, owner.id]);
    expect(await lastUsedAt(owner.access)).toBeNull();
    await get('/users/me/', { key });
    expect(await lastUsedAt(owner.access)).not.toBeNull();
  });
});
