import { afterEach, describe, expect, it, vi } from 'vitest';
import { utf8 } from '../../src/core/secrets.ts';
import type { Env } from '../../src/env.ts';
import { envWith, get, post } from '../support/api.ts';
import { keepConsoleLines } from '../support/console-lines.ts';
import { env } from '../support/env.ts';
import { publicPart, secretJwk, setOf } from '../support/jwks.ts';
import { keyOf, person, signedInAs } from '../support/people.ts';
import { refreshKeyText } from '../support/refresh-secrets.ts';
import { authenticate } from '../support/rpc.ts';
import { compact, hmacKey } from '../support/tokens.ts';
import { claimsOf, headerOf, nowInSeconds, publishedKid, resigned } from '../support/wire-tokens.ts';

const lines = keepConsoleLines((line) => !line.startsWith('{"level":"info"'));
afterEach(() => void vi.useRealTimers());

type Login = { access: string; refresh: string };
async function logIn(bindings: Env): Promise<Login> {
  const { body, status } = await post('/token/', await person(), { env: bindings });
  expect(status).toBe(200);
  return body;
}

const refreshed = async ({ refresh }: Login, bindings: Env): Promise<number> =>
  (await post('/token/refresh/', { refresh }, { env: bindings })).status;
const isIn = async ({ access: token }: Login, bindings: Env): Promise<boolean> =>
  (await get('/users/me/', { token, env: bindings })).status === 200;
const kidOf = ({ refresh }: Login): string => headerOf(refresh).kid;

const T = Math.floor(Date.now() / 1000);
const at = (second: number): void => void vi.useFakeTimers({ toFake: ['Date'], now: second * 1000 });

describe('the rotation of refresh keys', () => {
  const [old, next] = [refreshKeyText(0), refreshKeyText(T + 900)];
  /** Workers with the secrets as they were, as they are while both sign, and after the old one was deleted. */
  const [before, added, retired] = [
    envWith({ REFRESH_KEY: old }),
    envWith({ REFRESH_KEY: old, REFRESH_KEY_2: next }),
    envWith({ REFRESH_KEY: '', REFRESH_KEY_2: next }),
  ];

  it('refuses no token while Workers run with either generation of the secrets', async () => {
    at(T);
    const logins = [await logIn(before), await logIn(added)];
    expect(logins.map(kidOf)).toEqual(['refresh', 'refresh']);
    for (const login of logins) {
      for (const bindings of [before, added]) expect(await refreshed(login, bindings)).toBe(200);
    }
    at(T + 899);
    expect(kidOf(await logIn(added))).toBe('refresh');
    at(T + 900);
    const later = await logIn(added);
    expect(kidOf(later)).toBe('refresh-2');
    for (const login of [...logins, later]) expect(await refreshed(login, added)).toBe(200);
    for (const bindings of [added, retired]) expect(await refreshed(later, bindings)).toBe(200);
  });

  it('refuses the tokens of a deleted key immediately, and keeps their sessions', async () => {
    at(T + 900);
    const [leaked, kept] = [await logIn(before), await logIn(added)];
    expect([await refreshed(leaked, retired), await refreshed(kept, retired)]).toEqual([401, 200]);
    expect(await isIn(leaked, retired)).toBe(true);
    const refused = await post('/token/refresh/', { refresh: leaked.refresh }, { env: retired });
    expect(refused.body).toEqual({ detail: 'Token is invalid', code: 'token_not_valid' });
  });

  it('changes nothing in the published keys', async () => {
    const published = (bindings: Env) => get('/.well-known/jwks.json', { env: bindings });
    const texts = [
      await published(before),
      await published(added),
      await published(envWith({ REFRESH_KEY: '' })),
    ];
    expect(new Set(texts.map(({ text }) => text)).size).toBe(1);
    expect(new Set(texts.map(({ headers }) => headers.get('ETag'))).size).toBe(1);
  });
});

describe('without a refresh key', () => {
  const without = (): Env => envWith({ REFRESH_KEY: '' });

  it('all is as before: one key signs both tokens, and the session has the id that they name', async () => {
    const bindings = without();
    const login = await logIn(bindings);
    expect(headerOf(login.refresh)).toEqual({ ...headerOf(login.access), typ: 'rt+jwt' });
    expect([await refreshed(login, bindings), await isIn(login, bindings)]).toEqual([200, true]);
    const { body: list } = await get('/sessions/', { token: login.access, env: bindings });
    expect(list).toMatchObject([{ id: claimsOf(login.access).sid, current: true }]);
    const rotating = { env: { ...bindings, REFRESH_ROTATION: 'on' } };
    const { body } = await post('/token/refresh/', { refresh: login.refresh }, rotating);
    expect(headerOf(body.refresh)).toEqual(headerOf(login.refresh));
    expect((await post('/auth/logout/', undefined, { token: login.access, env: bindings })).status).toBe(200);
    expect([await refreshed(login, bindings), await isIn(login, bindings)]).toEqual([401, false]);
  });

  it('one line for each environment warns, and says what to do', async () => {
    const bindings = without();
    for (let i = 0; i < 3; i++) await get('/users/me/', { env: bindings });
    await authenticate({}, bindings);
    expect(lines).toHaveLength(1);
    const { level, message } = JSON.parse(lines[0] ?? '');
    expect([level, message]).toEqual([
      'warn',
      expect.stringMatching(/^REFRESH_KEY .*`npm run keys:add -- --refresh --remote`/),
    ]);
    await get('/users/me/', { env: without() });
    expect(lines).toHaveLength(2);
  });

  it('nothing warns where there is one, of whichever number, signing or not', async () => {
    for (const vars of [{}, { REFRESH_KEY: '', REFRESH_KEY_2: refreshKeyText(T + 9000) }]) {
      expect((await get('/users/me/', { env: envWith(vars) })).status).toBe(401);
    }
    expect(lines).toEqual([]);
  });

  it('sessions whose refresh token a removed key signed go on until their access token expires', async () => {
    const [login, bindings] = [await logIn(env), without()];
    expect([await refreshed(login, bindings), await isIn(login, bindings)]).toEqual([401, true]);
    expect((await post('/auth/logout/', undefined, { token: login.access, env: bindings })).status).toBe(200);
    expect(await isIn(login, env)).toBe(false);
  });
});

describe('while a refresh key cannot be used', () => {
  const material = refreshKeyText().slice(2);
  const unusable: [string, Partial<Env>][] = [
    ['no instant', { REFRESH_KEY: material }],
    ['padded', { REFRESH_KEY: `0.${material}=` }],
    ['cut', { REFRESH_KEY: `0.${material.slice(0, 20)}` }],
    ['no text', { REFRESH_KEY: 5 as unknown as string }],
    ['a second one', { REFRESH_KEY_2: material }],
    ['there twice', { REFRESH_KEY: `0.${material}`, REFRESH_KEY_2: `7.${material}` }],
    [
      'in the key set too',
      {
        REFRESH_KEY: `0.${material}`,
        JWT_KEYS: setOf(...JSON.parse(env.JWT_KEYS).keys, { kty: 'oct', k: material, kid: 'a' }),
      },
    ],
  ];

  it.each(unusable)(
    '(%s) what needs keys is 503, and one log line names it but not what it holds',
    async (_, vars) => {
      const who = await signedInAs();
      const key = await keyOf(who);
      const bindings = { env: envWith(vars) };
      for (const request of [
        () => post('/token/', who, bindings),
        () => post('/token/refresh/', { refresh: who.refresh }, bindings),
        () => get('/users/me/', { token: who.access, ...bindings }),
        () => get('/.well-known/jwks.json', bindings),
      ]) {
        lines.length = 0;
        const { status, text } = await request();
        expect([status, text]).toEqual([503, expect.not.stringContaining(material.slice(0, 8))]);
        expect(lines).toHaveLength(1);
        expect(lines[0]).toMatch(/REFRESH_KEY(_2)? is .*wrangler secret delete/);
        expect(lines[0]).not.toContain(material.slice(0, 8));
      }
      expect((await get('/users/me/', { key, ...bindings })).status).toBe(200);
    },
  );

  it.each(['refresh', 'refresh-2'])('no key set can have a key of the kid %s', async (kid) => {
    const [jwk] = JSON.parse(env.JWT_KEYS).keys;
    for (const key of [secretJwk({ kid }), { ...publicPart(jwk), kid }]) {
      const answer = await get('/.well-known/jwks.json', { env: envWith({ JWT_KEYS: setOf(jwk, key) }) });
      expect(answer.status).toBe(503);
      expect(lines.pop()).toMatch(/key 1 of JWT_KEYS has a kid that only a refresh key can have/);
    }
  });
});

describe('a forged refresh token', () => {
  it('is refused under the published key’s kid, with that key’s public part as the secret', async () => {
    const { refresh } = await signedInAs();
    const [jwk] = JSON.parse(env.JWT_KEYS).keys;
    const kid = await publishedKid();
    const texts = [JSON.stringify(publicPart(jwk)), jwk.x, jwk.x + jwk.y, kid];
    for (const text of texts) {
      const secret = await hmacKey(utf8(text));
      for (const header of [
        { alg: 'HS256', kid, typ: 'rt+jwt' },
        { alg: 'HS256', kid: 'refresh', typ: 'rt+jwt' },
      ]) {
        const token = await compact(header, claimsOf(refresh), secret);
        expect((await post('/token/refresh/', { refresh: token })).status).toBe(401);
      }
    }
  });

  it('is refused in the name of a session that nobody knows the sid of, also by whoever has every key', async () => {
    const { access, refresh } = await signedInAs();
    const [{ id }] = (await get('/sessions/', { token: access })).body;
    expect(id).not.toBe(claimsOf(refresh).sid);
    const kid = await publishedKid();
    for (const header of [{}, { kid }]) {
      const token = await resigned(refresh, { sid: id, exp: nowInSeconds() + 60 }, header);
      expect((await post('/token/refresh/', { refresh: token })).status).toBe(401);
      expect((await post('/token/verify/', { token })).status).toBe(401);
      expect((await post('/token/revoke/', { token })).status).toBe(200);
    }
    const forgedAccess = await resigned(access, { sid: id });
    expect((await get('/users/me/', { token: forgedAccess })).status).toBe(401);
    expect((await post('/token/refresh/', { refresh })).status).toBe(200);
  });
});
