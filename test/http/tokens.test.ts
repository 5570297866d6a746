import { describe, expect, it } from 'vitest';
import { type Answer, BASE, envWith, get, ORIGIN, patch, post, send } from '../support/api.ts';
import { env } from '../support/env.ts';
import { hashesOf } from '../support/hashing.ts';
import { person, signedInAdmin, signedInAs } from '../support/people.ts';
import {
  claimsOf,
  forged,
  headerOf,
  nowInSeconds,
  resigned,
  tokensOfExpiredSession,
} from '../support/wire-tokens.ts';

const LOGIN_REFUSED = { detail: 'No active account found with the given credentials' };
const BEARER_REFUSED = (message: string) => ({
  detail: 'Given token not valid for any token type',
  code: 'token_not_valid',
  messages: [{ token_class: 'AccessToken', token_type: 'access', message }],
});
const refused = (detail: string) => ({ status: 401, body: { detail, code: 'token_not_valid' } });
const me = (token: string) => get('/users/me/', { token });
const refreshed = (refresh: string): Promise<Answer> => post('/token/refresh/', { refresh });
const DOORS = ['/token/', '/auth/login/'];

describe.each(DOORS)('POST %s', (door) => {
  it('answers a pair of tokens that no cache keeps', async () => {
    const { username, password } = await person();
    const answer = await post(door, { username, password });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body).sort()).toEqual(['access', 'refresh']);
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    expect((await me(answer.body.access)).body.username).toBe(username);
  });

  it('takes a form and a multipart body', async () => {
    const { username, password } = await person();
    const form = new FormData();
    form.set('username', username);
    form.set('password', password);
    for (const body of [form, new URLSearchParams({ username, password })]) {
      const response = await send(new Request(`${ORIGIN}${BASE}${door}`, { method: 'POST', body }));
      expect(response.status).toBe(200);
    }
  });

  it('trims the username but never the password', async () => {
    const { username, password } = await person();
    expect((await post(door, { username: ` ${username}\n`, password })).status).toBe(200);
    for (const other of [` ${password}`, `${password} `, `${password}\n`, password.toUpperCase()]) {
      expect(await post(door, { username, password: other })).toMatchObject({
        status: 401,
        body: LOGIN_REFUSED,
      });
    }
    expect((await post(door, { username: username.toUpperCase(), password })).status).toBe(401);
  });

  it.each<[string, unknown, object]>([
    ['nothing', undefined, { username: ['This field is required.'], password: ['This field is required.'] }],
    [
      'blanks',
      { username: ' ', password: '' },
      { username: ['This field may not be blank.'], password: ['This field may not be blank.'] },
    ],
    [
      'nulls',
      { username: null, password: null },
      { username: ['This field may not be null.'], password: ['This field may not be null.'] },
    ],
    [
      'other types',
      { username: true, password: {} },
      { username: ['Not a valid string.'], password: ['Not a valid string.'] },
    ],
    ['a NUL', { username: 'ad\0min', password: 'x' }, { username: ['Null characters are not allowed.'] }],
    ['a list', '[]', { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
    ['null', 'null', { non_field_errors: ['No data provided'] }],
  ])('refuses %s with the words that clients know', async (_, body, expected) => {
    expect(await post(door, body)).toMatchObject({ status: 400, body: expected });
  });

  it('ignores credentials in headers, good, stale or malformed', async () => {
    const { username, password } = await person();
    const other = await signedInAs();
    const stale = await resigned(other.access, { exp: nowInSeconds() - 5 });
    const offers: Record<string, string>[] = [
      { Authorization: `Bearer ${stale}` },
      { Authorization: `Bearer ${other.access}` },
      { Authorization: 'Bearer' },
      { Authorization: 'Bearer a b c' },
      { Authorization: 'ApiKey nope' },
      { 'X-API-Key': '' },
      { 'X-API-Key': 'nope' },
    ];
    for (const headers of offers) {
      const answer = await post(door, { username, password }, { headers });
      expect(claimsOf(answer.body.access).user_id).toBe(
        claimsOf((await post(door, { username, password })).body.access).user_id,
      );
      expect((await post(door, { username, password: 'wrong one' }, { headers })).body).toEqual(
        LOGIN_REFUSED,
      );
    }
  });
});

it('gives wrong password, unknown user and disabled user one answer after the same work', async () => {
  const active = await person();
  const disabled = await person({ isActive: false });
  const attempts = [
    { username: active.username, password: 'wrong password' },
    { username: 'nobody-of-that-name', password: 'wrong password' },
    { username: 'ｎｏｂｏｄｙ', password: 'wrong password' },
    { username: disabled.username, password: disabled.password },
    { username: disabled.username, password: 'wrong password' },
  ];
  const seen = [];
  for (const attempt of attempts) {
    const answers: Answer[] = [];
    const hashes = await hashesOf(async () => answers.push(await post('/token/', attempt)));
    const [answer] = answers;
    const headers = [...(answer?.headers ?? [])].filter(([name]) => name !== 'x-request-id').sort();
    seen.push({ status: answer?.status, text: answer?.text, headers, hashes });
  }
  expect(seen[0]).toMatchObject({
    status: 401,
    text: JSON.stringify(LOGIN_REFUSED),
    hashes: [{ iterations: 1000, hash: 'SHA-512', saltBytes: 16, bits: 512 }],
  });
  expect(new Map(seen[0]?.headers).get('www-authenticate')).toBe('Bearer realm="api"');
  for (const other of seen) expect(other).toEqual(seen[0]);
});

it('refuses a password in another Unicode normalisation form', async () => {
  const admin = await signedInAdmin();
  const { id, username } = await person();
  const composed = 'pässwörd Å ﬁne'.normalize('NFC');
  await patch(`/users/${id}/`, { password: composed }, { token: admin.access });
  expect((await post('/token/', { username, password: composed })).status).toBe(200);
  for (const form of ['NFD', 'NFKC', 'NFKD']) {
    expect((await post('/token/', { username, password: composed.normalize(form) })).status).toBe(401);
  }
});

describe('a login', () => {
  it('sets last_login, and a refused one does not', async () => {
    const admin = await signedInAdmin();
    const { id, username, password } = await person();
    const lastLogin = async () => (await get(`/users/${id}/`, { token: admin.access })).body.last_login;
    await post('/token/', { username, password: 'wrong password' });
    expect(await lastLogin()).toBeNull();
    const before = Date.now();
    await post('/token/', { username, password });
    const at = Date.parse(await lastLogin());
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(Date.now());
  });

  it('stores a hash of more iterations, and never one of fewer', async () => {
    const who = await person();
    const iterations = () =>
      env.DB.prepare('select password_hash from users where id = ?')
        .bind(who.id)
        .first<string>('password_hash')
        .then((hash) => hash?.split('$')[2]);
    const login = (count: string) => post('/token/', who, { env: envWith({ PASSWORD_ITERATIONS: count }) });
    expect((await login('3000')).status).toBe(200);
    expect(await iterations()).toBe('i=3000');
    expect((await login('2000')).status).toBe(200);
    expect(await iterations()).toBe('i=3000');
    await post(
      '/token/',
      { ...who, password: 'wrong password' },
      { env: envWith({ PASSWORD_ITERATIONS: '4000' }) },
    );
    expect(await iterations()).toBe('i=3000');
    expect((await login('1000')).status).toBe(200);
  });
});

describe('the tokens of a login', () => {
  it('hold exactly the claims and headers that are promised, as atob reads them', async () => {
    const before = nowInSeconds();
    const { id, access, refresh } = await signedInAs('view_user');
    const kinds = [
      {
        jwt: access,
        kind: 'access',
        key: { alg: 'ES256', kid: expect.stringMatching(/^[\w-]{43}$/) },
        typ: 'at+jwt',
        seconds: 1800,
      },
      {
        jwt: refresh,
        kind: 'refresh',
        key: { alg: 'HS256', kid: 'refresh' },
        typ: 'rt+jwt',
        seconds: 86_400,
      },
    ];
    for (const { jwt, kind, key, typ, seconds } of kinds) {
      const claims = claimsOf(jwt);
      expect(claims).toEqual({
        token_type: kind,
        exp: claims.iat + seconds,
        iat: expect.any(Number),
        jti: expect.stringMatching(/^[0-9a-f]{32}$/),
        user_id: String(id),
        sub: String(id),
        sid: expect.stringMatching(/^[0-9a-f]{32}$/),
      });
      expect(claims.iat).toBeGreaterThanOrEqual(before);
      expect(claims.iat).toBeLessThanOrEqual(nowInSeconds());
      expect(headerOf(jwt)).toEqual({ ...key, typ });
    }
    expect(claimsOf(access).sid).toBe(claimsOf(refresh).sid);
    expect(claimsOf(access).jti).not.toBe(claimsOf(refresh).jti);
  });

  it('name issuer and audience when configured, which then are asked of every token', async () => {
    const named = envWith({ JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'edge' });
    const who = await signedInAs();
    const { body } = await post('/token/', who, { env: named });
    expect(claimsOf(body.access)).toMatchObject({ iss: 'https://id.example', aud: 'edge' });
    expect(claimsOf(body.refresh)).toMatchObject({ iss: 'https://id.example', aud: 'edge' });
    const use = (token: string, bindings = named) => get('/users/me/', { token, env: bindings });
    expect((await use(body.access)).status).toBe(200);
    const again = await post('/token/refresh/', { refresh: body.refresh }, { env: named });
    expect(claimsOf(again.body.access)).toMatchObject({ iss: 'https://id.example', aud: 'edge' });
    for (const bad of [
      who.access,
      await resigned(body.access, { iss: 'x' }),
      await resigned(body.access, { aud: 'x' }),
    ]) {
      expect(await use(bad)).toMatchObject({ status: 401, body: BEARER_REFUSED('Token is invalid') });
    }
    expect((await post('/token/refresh/', { refresh: who.refresh }, { env: named })).status).toBe(401);
  });

  it('end when they say, the access token never after the session', async () => {
    const short = envWith({ ACCESS_TOKEN_TTL_SECONDS: '3600', REFRESH_TOKEN_TTL_SECONDS: '60' });
    const who = await person();
    const { body } = await post('/token/', who, { env: short });
    const ends = claimsOf(body.refresh).exp;
    expect(ends).toBe(claimsOf(body.refresh).iat + 60);
    expect(claimsOf(body.access).exp).toBe(ends);
    const { body: later } = await post('/token/refresh/', { refresh: body.refresh }, { env: short });
    expect(claimsOf(later.access).exp).toBe(ends);
    const expired = { exp: nowInSeconds() };
    expect((await me(await resigned(body.access, expired))).body).toEqual(BEARER_REFUSED('Token is expired'));
    expect(await refreshed(await resigned(body.refresh, expired))).toMatchObject(refused('Token is expired'));
    const over = await tokensOfExpiredSession(who);
    expect(await me(over.access)).toMatchObject({ status: 401, body: BEARER_REFUSED('Token is invalid') });
    expect(await refreshed(over.refresh)).toMatchObject(refused('Token is invalid'));
  });

  it('are each refused where the other belongs, whatever else is rewritten', async () => {
    const { access, refresh } = await signedInAs();
    expect((await me(refresh)).body).toEqual(BEARER_REFUSED('Token has wrong type'));
    expect((await me(await resigned(refresh, { token_type: 'access' }))).body).toEqual(
      BEARER_REFUSED('Token is invalid'),
    );
    expect(await refreshed(access)).toMatchObject(refused('Token has wrong type'));
    expect(await refreshed(await resigned(access, { token_type: 'refresh' }))).toMatchObject(
      refused('Token is invalid'),
    );
  });
});

describe('a refresh', () => {
  it('answers an access token of the same session alone, again and again', async () => {
    const { access, refresh } = await signedInAs();
    for (const token of [refresh, ` ${refresh}\n`]) {
      const answer = await refreshed(token);
      expect(answer.status).toBe(200);
      expect(Object.keys(answer.body)).toEqual(['access']);
      expect(answer.headers.get('Cache-Control')).toBe('no-store');
      expect(claimsOf(answer.body.access).sid).toBe(claimsOf(access).sid);
      expect((await me(answer.body.access)).status).toBe(200);
    }
    expect((await me(access)).status).toBe(200);
    const headers = { Authorization: 'Bearer garbage', 'X-API-Key': 'nope' };
    expect((await post('/token/refresh/', { refresh }, { headers })).status).toBe(200);
  });

  it('refuses dead tokens with the words that clients know', async () => {
    const admin = { token: (await signedInAdmin()).access };
    const [gone, disabled, ended] = [await signedInAs(), await signedInAs(), await signedInAs()];
    const living = await signedInAs();
    await post('/auth/logout/', undefined, { token: ended.access });
    await patch(`/users/${disabled.id}/`, { is_active: false }, admin);
    await env.DB.prepare('delete from users where id = ?').bind(gone.id).run();
    for (const bad of ['garbage', 'a.b.c', 'é.ü.ñ', ended.refresh, forged(living.refresh)]) {
      expect(await refreshed(bad)).toMatchObject(refused('Token is invalid'));
    }
    const noAccount = 'No active account found for the given token.';
    expect((await refreshed(gone.refresh)).body).toEqual({ detail: noAccount, code: 'user_not_found' });
    const inactive = await refreshed(disabled.refresh);
    expect(inactive).toMatchObject({ status: 401, body: { detail: noAccount } });
    expect(inactive.body).toEqual({ detail: noAccount });
    expect(inactive.headers.get('WWW-Authenticate')).toBe('Bearer realm="api"');
  });
});
