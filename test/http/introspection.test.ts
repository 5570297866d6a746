import { describe, expect, it } from 'vitest';
import { generateKey } from '../../src/core/api-keys.ts';
import { ALL_PERMISSIONS } from '../../src/core/permissions.ts';
import { type Answer, type Call, envWith, get, post } from '../support/api.ts';
import { keepConsoleLines } from '../support/console-lines.ts';
import { env } from '../support/env.ts';
import { broken, counted, failing, LOST } from '../support/intercepted-database.ts';
import { keyOf, person, type SignedIn, signedInAdmin, signedInAs, signIn } from '../support/people.ts';
import {
  claimsOf,
  envWithInterchange,
  forged,
  nowInSeconds,
  referenceToken,
  resigned,
  sessionIdOf,
} from '../support/wire-tokens.ts';

keepConsoleLines();

/** Asks as somebody who may ask and nothing else. */
async function ask(token: unknown, options: Call = {}): Promise<Answer> {
  const { access } = await signedInAs('introspect_token');
  return post('/token/introspect/', { token }, { token: access, ...options });
}

const setActive = (id: number, isActive: boolean) =>
  env.DB.prepare('update users set is_active = ? where id = ?').bind(Number(isActive), id).run();

describe('introspection', () => {
  it('of an access token and of a refresh token tells whose it is, its claims and what its user may do', async () => {
    const who = await signedInAs('view_user', 'add_user');
    for (const kind of ['access', 'refresh'] as const) {
      const { exp, iat, jti } = claimsOf(who[kind]);
      const { status, body, headers } = await ask(who[kind]);
      expect([status, headers.get('Cache-Control')]).toEqual([200, 'no-store']);
      expect(body).toEqual({
        active: true,
        kind: `${kind}_token`,
        ...(kind === 'access' ? { token_type: 'Bearer' } : {}),
        sub: String(who.id),
        username: who.username,
        scope: 'add_user view_user',
        user_id: who.id,
        user_level: 1,
        permissions: ['add_user', 'view_user'],
        ...{ exp, iat, jti, sid: sessionIdOf(who[kind]) },
      });
    }
  });

  it('of an API key tells the same without claims, and is a use of it', async () => {
    const who = await signedInAdmin();
    const key = await keyOf(who);
    const { body } = await ask(key);
    const permissions = [...ALL_PERMISSIONS];
    expect(body).toEqual({
      active: true,
      kind: 'api_key',
      sub: String(who.id),
      username: who.username,
      scope: permissions.join(' '),
      user_id: who.id,
      user_level: 10,
      permissions,
    });
    const listed = await get(`/api-keys/?user_id=${who.id}`, { token: who.access });
    expect(listed.body.results[0].last_used_at).not.toBeNull();
  });

  it('tells issuer and audience where they are configured', async () => {
    const bindings = { env: envWith({ JWT_ISSUER: 'https://accounts.example', JWT_AUDIENCE: 'shop' }) };
    const { username, password } = await person();
    const { body: pair } = await post('/token/', { username, password }, bindings);
    const key = await keyOf(await signedInAs('introspect_token'));
    const { body } = await post('/token/introspect/', { token: pair.access }, { key, ...bindings });
    expect(body).toMatchObject({ active: true, iss: 'https://accounts.example', aud: 'shop' });
  });

  it('of another issuer’s token tells no session, and the end that holds here', async () => {
    const { id } = await person();
    const iat = nowInSeconds() - 60;
    const token = await referenceToken(id, { iat, exp: iat + 10 * 86_400 });
    const { body } = await ask(token, { env: envWithInterchange() });
    expect(body).toMatchObject({ active: true, kind: 'access_token', token_type: 'Bearer', user_id: id });
    expect(body).toMatchObject({ iat, exp: iat + 86_400 });
    expect(Object.keys(body).filter((name) => ['sid', 'iss', 'aud'].includes(name))).toEqual([]);
  });

  it.each([
    ['without iat', { iat: undefined }],
    ['one refresh lifetime old', { iat: nowInSeconds() - 86_400, exp: nowInSeconds() + 86_400 }],
  ])('of another issuer’s token %s is that it is not active', async (_, claims) => {
    const { id } = await person();
    const { body } = await ask(await referenceToken(id, claims), { env: envWithInterchange() });
    expect(body).toEqual({ active: false });
  });

  it('takes forms and a hint, which changes nothing even when it is wrong', async () => {
    const who = await signedInAs();
    for (const hint of ['access_token', 'refresh_token', 'nonsense']) {
      const body = new URLSearchParams({ token: who.refresh, token_type_hint: hint }).toString();
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const { access: token } = await signedInAs('introspect_token');
      const answer = await post('/token/introspect/', body, { token, headers });
      expect(answer.body, hint).toMatchObject({ active: true, kind: 'refresh_token' });
    }
  });

  it('shows rights as they are now, whatever the token was issued with', async () => {
    const who = await signedInAs('view_user');
    await env.DB.prepare('delete from user_groups where user_id = ?').bind(who.id).run();
    expect((await ask(who.access)).body).toMatchObject({ active: true, scope: '', permissions: [] });
  });
});

describe('what is not good', () => {
  type Bad = [what: string, make: (who: SignedIn) => Promise<string> | string];
  const bad: Bad[] = [
    ['nonsense', () => 'nonsense'],
    ['a text that no token can be', () => 'a\0b\ud800'],
    ['a forged token', ({ access }) => forged(access)],
    ['an expired token', ({ access }) => resigned(access, { exp: 1_000_000_000 })],
    ['a token of no session', ({ access }) => resigned(access, { sid: 'made-up' })],
    ['a token of nobody', ({ access }) => resigned(access, { user_id: '999999999' })],
    ['an unknown key', () => generateKey().reveal()],
    ['a mistyped key', async (who) => (await keyOf(who)).replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))],
    [
      'the key of a disabled user',
      async (who) => {
        const key = await keyOf(who);
        await setActive(who.id, false);
        return key;
      },
    ],
    [
      'a token of a disabled user',
      async (who) => {
        await setActive(who.id, false);
        return who.refresh;
      },
    ],
    [
      'a token of a login that ended',
      async ({ access, refresh }) => {
        await post('/auth/logout/', undefined, { token: access });
        return refresh;
      },
    ],
    [
      'a key that was replaced',
      async (who) => {
        const key = await keyOf(who);
        await keyOf(who);
        return key;
      },
    ],
  ];

  it.each(bad)('is answered in the same bytes: %s', async (_, make) => {
    const { status, text } = await ask(await make(await signedInAs()));
    expect([status, text]).toEqual([200, '{"active":false}']);
  });

  it('is a refresh token that was replaced; asking about one neither spends it nor ends its login', async () => {
    const rotating = { env: envWith({ REFRESH_ROTATION: 'on' }) };
    const { refresh, access } = await signedInAs();
    for (let i = 0; i < 3; i++) expect((await ask(refresh, rotating)).body.active).toBe(true);
    const newer = await post('/token/refresh/', { refresh }, rotating);
    // Twenty seconds on, and the newer one has been used: what it replaced is refused.
    await env.DB.prepare('update sessions set refresh_made_at = ?, refresh_used = 1 where id = ?')
      .bind(Date.now() - 20_000, sessionIdOf(refresh))
      .run();
    expect((await ask(refresh, rotating)).text).toBe('{"active":false}');
    expect((await ask(newer.body.refresh, rotating)).body.active).toBe(true);
    expect((await ask(access, rotating)).body.active).toBe(true);
  });
});

describe('a request that cannot be read', () => {
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  it.each<[string, object | string, Record<string, string>, number]>([
    ['without a token', {}, {}, 400],
    ['with an empty one', 'token=', form, 400],
    ['with a token that is given twice', 'token=a&token_type_hint=b&token=a', form, 400],
    ['that is no JSON', '{', { 'Content-Type': 'application/json' }, 400],
    ['that is too large', 'x'.repeat(300_000), form, 413],
    ['of another type', 'x', { 'Content-Type': 'text/plain' }, 415],
  ])('is invalid_request, with our words beside it: %s', async (_, body, headers, status) => {
    const { access: token } = await signedInAs('introspect_token');
    for (const path of ['/token/introspect/', '/token/revoke/']) {
      const answer = await post(path, body, { token, headers });
      const { error, ...words } = answer.body;
      expect([answer.status, error]).toEqual([status, 'invalid_request']);
      expect(JSON.stringify(words)).toMatch(/^{"(detail":"|token":\[").+/);
    }
  });

  it('is a fault of the request alone: other refusals keep the words that they have everywhere', async () => {
    const { access: token } = await signedInAs();
    for (const caller of [{}, { token }]) {
      const { body } = await post('/token/introspect/', { token: 'x' }, caller);
      expect([Object.keys(body), body.error]).toEqual([['detail'], undefined]);
    }
  });
});

describe('whoever asks', () => {
  it('needs the right to, by token or by key', async () => {
    const { access: token } = await signedInAs('view_user', 'view_session', 'view_apikey');
    const { access } = await signedInAs();
    expect((await post('/token/introspect/', { token: access }, { token })).status).toBe(403);
    expect((await post('/token/introspect/', { token: access })).status).toBe(401);
    const key = await keyOf(await signedInAs('introspect_token'));
    expect((await post('/token/introspect/', { token: access }, { key })).body.active).toBe(true);
    expect((await get('/users/', { key })).status).toBe(403);
  });

  it('hears 503, and never that a token is not good, while the database does not answer', async () => {
    const [who, asker] = [await signedInAs(), await signedInAs('introspect_token')];
    const tokens = [who.access, who.refresh, await keyOf(who), generateKey().reveal()];
    for (const token of tokens) {
      for (const failsFrom of [1, 2]) {
        const DB = failing(env.DB, (trip) => (trip >= failsFrom ? LOST() : undefined));
        const options = { token: asker.access, env: envWith({ DB }) };
        expect((await post('/token/introspect/', { token }, options)).status).toBe(503);
      }
    }
    const options = { token: asker.access, env: envWith({ DB: broken(env.DB) }) };
    expect((await post('/token/introspect/', { token: 'nonsense' }, options)).status).toBe(503);
  });

  it('pays for two round trips, and for one where the token cannot be genuine', async () => {
    const [who, asker] = [await signIn(await person()), await signedInAs('introspect_token')];
    const key = await keyOf(who);
    await get('/users/me/', { key });
    for (const [token, expected] of [
      [who.access, 2],
      [key, 2],
      [generateKey().reveal(), 2],
      [`${who.access}x`, 1],
      ['nonsense', 1],
    ] as const) {
      const { database, trips } = counted(env.DB);
      await post('/token/introspect/', { token }, { token: asker.access, env: envWith({ DB: database }) });
      expect(trips.length).toBe(expected);
    }
  });
});
