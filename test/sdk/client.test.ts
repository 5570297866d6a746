import { afterEach, describe, expect, it, vi } from 'vitest';
import { AccountsError, memoryStorage, NetworkError } from '../../src/sdk/index.ts';
import { envWith, get, ORIGIN, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { broken } from '../support/intercepted-database.ts';
import { person, signedInAdmin, signedInAs, signIn, uniqueName } from '../support/people.ts';
import { inMinutes, program, sharedStorage, signedInProgram } from '../support/program.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const tokensIn = (storage: { text(): string | null }) => JSON.parse(storage.text() ?? '{}')[ORIGIN];
const statusOf = async (access: string) => (await get('/users/me/', { token: access })).status;

describe('login', () => {
  it('keeps the tokens where the caller says, and a program that starts anew finds them', async () => {
    const who = await person();
    const storage = sharedStorage();
    await signedInProgram(who, { storage });
    expect(await statusOf(tokensIn(storage).access)).toBe(200);
    expect((await program({ storage }).client.me()).username).toBe(who.username);
  });

  it('with a wrong password keeps whoever was signed in', async () => {
    const who = await person();
    const { client, sent } = await signedInProgram(who);
    const wrong = client.login({ username: who.username, password: 'wrong password' });
    await expect(wrong).rejects.toMatchObject({
      name: 'AccountsError',
      status: 401,
      message: 'No active account found with the given credentials',
    });
    expect(sent.length).toBe(1);
    expect((await client.me()).id).toBe(who.id);
  });

  it('takes the place of a login', async () => {
    const { client } = await signedInProgram(await person());
    const next = await person();
    await client.login({ username: next.username, password: next.password });
    expect((await client.me()).id).toBe(next.id);
  });

  it.each(['nonsense', '{}', 'null', '7', '{"access":1,"refresh":"x","receivedAt":0}'])(
    'is missing where the storage holds %j',
    async (text) => {
      const storage = memoryStorage();
      await storage.set(text);
      const { client, sent } = program({ storage });
      await expect(client.me()).rejects.toMatchObject({ status: 401 });
      expect(sent[0]?.headers.get('Authorization')).toBe(null);
      await expect(client.refresh()).rejects.toMatchObject({ status: 401, code: 'signed_out' });
    },
  );
});

describe('logout', () => {
  it.each([
    ['local', 0, [401, 200]],
    ['global', 0, [401, 401]],
    ['others', 1, [200, 401]],
  ] as const)('with the scope %s ends those logins and no more', async (scope, kept, statuses) => {
    const who = await person();
    const other = await signIn(who);
    const storage = sharedStorage();
    const { client, signedOut } = await signedInProgram(who, { storage });
    const { access } = tokensIn(storage);
    await client.logout({ scope });
    expect([await statusOf(access), await statusOf(other.access)]).toEqual(statuses);
    expect([storage.text() === null ? 0 : 1, signedOut()]).toEqual([kept, 0]);
  });

  it.each(['local', 'global', 'others'] as const)(
    'with the scope %s works when the access token is over',
    async (scope) => {
      const who = await person();
      const storage = sharedStorage();
      const { client } = await signedInProgram(who, { storage, env: envWith({ REFRESH_ROTATION: 'on' }) });
      const other = await signIn(who);
      inMinutes(40);
      await client.logout({ scope });
      const refreshed = await post('/token/refresh/', { refresh: other.refresh });
      expect(refreshed.status).toBe(scope === 'local' ? 200 : 401);
      if (scope === 'others') expect((await client.me()).id).toBe(who.id);
      else expect(storage.text()).toBe(null);
    },
  );

  it('forgets the tokens when the service fails, and tells that', async () => {
    const storage = sharedStorage();
    const { client, serve, signedOut } = await signedInProgram(await person(), { storage });
    serve(envWith({ DB: broken(env.DB) }));
    await expect(client.logout()).rejects.toMatchObject({ status: 503, retryAfterSeconds: 5 });
    expect([storage.text(), signedOut()]).toEqual([null, 0]);
    await client.logout();
  });

  it('forgets the tokens without a connection, and tells that', async () => {
    const storage = sharedStorage();
    const { client } = await signedInProgram(await person(), {
      storage,
      between: ({ url }) => {
        if (url.includes('/logout/')) throw new TypeError('fetch failed');
        return undefined;
      },
    });
    await expect(client.logout()).rejects.toBeInstanceOf(NetworkError);
    expect(storage.text()).toBe(null);
  });

  it('of a login that is over already is no error', async () => {
    const who = await person();
    const { client } = await signedInProgram(who);
    const { access } = await signIn(who);
    await post('/auth/logout/?scope=global', undefined, { token: access });
    await client.logout();
    await expect(client.logout({ scope: 'others' })).rejects.toMatchObject({ status: 401 });
  });
});

describe('an operation', () => {
  it('takes its id, query and body, and answers what the document says', async () => {
    const admin = await signedInAdmin();
    const { client } = await signedInProgram(admin);
    const username = uniqueName();
    const made = await client.request('POST users/', { body: { username, password: 'long enough' } });
    const page = await client.request('GET users/', { query: { search: username, page: 1, page_size: 5 } });
    expect(page).toMatchObject({ count: 1, results: [{ id: made.id, username }] });
    const changed = await client.request('PATCH users/{id}/', { id: made.id, body: { first_name: 'Ada' } });
    expect(changed.first_name).toBe('Ada');
    expect(await client.request('DELETE users/{id}/', { id: made.id })).toBe(undefined);
    await expect(client.request('GET users/{id}/', { id: made.id })).rejects.toMatchObject({ status: 404 });
  });

  it.each(['.', '..'])('is not asked for with the id %j, which would lead to another', async (id) => {
    const { client, sent } = await signedInProgram(await person());
    await expect(client.request('DELETE sessions/{id}/', { id })).rejects.toBeInstanceOf(TypeError);
    expect(sent).toEqual([]);
  });

  it('may be given no signal by name', async () => {
    const { client } = await signedInProgram(await person());
    const signal: AbortSignal | undefined = undefined;
    expect((await client.me({ signal })).id).toBe((await client.request('GET users/me/', { signal })).id);
  });

  it('outside of accounts has its whole path', async () => {
    expect(await program().client.request('GET /api/health/')).toEqual({ status: 'ok' });
  });
});

describe('an answer without a body', () => {
  it('is one, as of a token that is ended', async () => {
    const { access: token } = await signIn(await person());
    expect(await program().client.request('POST token/revoke/', { body: { token } })).toBe(undefined);
    expect(await statusOf(token)).toBe(401);
  });

  it('gives no token', async () => {
    const { client } = program({ between: () => new Response(null, { status: 200 }) });
    await expect(client.login({ username: 'a', password: 'b' })).rejects.toBeInstanceOf(NetworkError);
  });
});

it('each member of a list in a query is asked for', async () => {
  const { client, sent } = await signedInProgram(await signedInAs('add_user'));
  await client.request('GET auth/verify/', { query: { permission: ['add_user'] } });
  const both = { query: { permission: ['add_user' as const, 'view_user' as const] } };
  await expect(client.request('GET auth/verify/', both)).rejects.toMatchObject({ status: 403 });
  expect(sent.map(({ url }) => new URL(url).search)).toEqual([
    '?permission=add_user',
    '?permission=add_user&permission=view_user',
  ]);
});

describe('an error', () => {
  it('tells what is wrong with each field', async () => {
    const { client } = await signedInProgram(await signedInAs('add_user'));
    const failed = client.request('POST users/', { body: { username: 'a b', password: 'short' } });
    const error: unknown = await failed.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AccountsError);
    expect(error).toMatchObject({
      status: 400,
      detail: null,
      code: null,
      retryAfterSeconds: null,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      fields: { username: [expect.any(String)], password: [expect.any(String)] },
      message: expect.stringMatching(/^password: .+ username: |^username: .+ password: /),
    });
  });

  it('tells the sentence and the code of the service, and has no fields', async () => {
    const { client } = program();
    const failed = client.request('POST token/verify/', { body: { token: 'x' } });
    await expect(failed).rejects.toMatchObject({
      status: 401,
      code: 'token_not_valid',
      detail: 'Token is invalid',
      message: 'Token is invalid',
      fields: {},
    });
  });

  it('tells how long to wait', async () => {
    const { client, serve } = await signedInProgram(await person());
    serve(envWith({ DB: broken(env.DB) }));
    await expect(client.me()).rejects.toMatchObject({ status: 503, retryAfterSeconds: 5 });
  });

  it.each([
    ['a page', '<h1>Bad gateway</h1>'],
    ['nothing', ''],
    ['a list', '["x"]'],
  ])('whose body is %s tells its status', async (_, body) => {
    const { client } = program({ between: () => new Response(body, { status: 502 }) });
    await expect(client.me()).rejects.toMatchObject({
      status: 502,
      detail: null,
      fields: {},
      message: 'The server answered with status 502.',
    });
  });

  it('is one of its own where there was no answer, and one that callers of fetch know', async () => {
    const { client } = program({
      between: () => {
        throw new TypeError('fetch failed');
      },
    });
    for (const asked of [client.me(), client.fetch(ORIGIN), client.login({ username: 'a', password: 'b' })]) {
      const error: unknown = await asked.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(NetworkError);
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toMatchObject({ cause: { message: 'fetch failed' } });
    }
  });
});
