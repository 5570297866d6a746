import { describe, expect, it } from 'vitest';
import { get, patch, post } from '../support/api.ts';
import { keyOf, person, signedInAdmin, signedInAs, signIn } from '../support/people.ts';
import { forged, nowInSeconds, resigned, tokensOfExpiredSession } from '../support/wire-tokens.ts';

const me = (token: string) => get('/users/me/', { token });
const refresh = (token: string) => post('/token/refresh/', { refresh: token });
const verify = (token: string) => post('/token/verify/', { token });
const refused = (detail: string) => ({ status: 401, body: { detail, code: 'token_not_valid' } });
const logout = (token: string) => post('/auth/logout/', undefined, { token });

describe('POST /token/verify/', () => {
  it('finds tokens of both kinds good, whatever the headers say', async () => {
    const who = await signedInAs();
    for (const token of [who.access, who.refresh, ` ${who.access} `]) {
      const headers = { Authorization: 'Bearer', 'X-API-Key': 'nope' };
      expect(await post('/token/verify/', { token }, { headers })).toMatchObject({ status: 200, body: {} });
      expect((await verify(token)).text).toBe('{}');
    }
  });

  it('refuses tokens that are malformed, forged, expired, of no type or without an id', async () => {
    const { access } = await signedInAs();
    const [header, payload] = access.split('.');
    const unsigned = `${btoa('{"alg":"none","typ":"at+jwt"}').replace(/=/g, '')}.${payload}.`;
    for (const token of ['garbage', 'a.b.c', forged(access), unsigned, `${header}.${payload}.`]) {
      expect(await verify(token)).toMatchObject(refused('Token is invalid'));
    }
    for (const claims of [
      { sid: undefined },
      { sid: 1 },
      { exp: undefined },
      { exp: 'soon' },
      { nbf: nowInSeconds() + 1200 },
    ]) {
      expect(await verify(await resigned(access, claims))).toMatchObject(refused('Token is invalid'));
    }
    for (const typ of [undefined, 'JWT', 'rt+jwt', 'at+JWT']) {
      expect(await verify(await resigned(access, {}, { typ }))).toMatchObject(refused('Token is invalid'));
    }
    expect(await verify(await resigned(access, {}, { kid: 'other' }))).toMatchObject(
      refused('Token is invalid'),
    );
    expect(await verify(await resigned(access, {}, { kid: undefined }))).toMatchObject(
      refused('Token is invalid'),
    );
    const wrong: [Record<string, unknown>, string][] = [
      [{ exp: nowInSeconds() - 1 }, 'Token is expired'],
      [{ token_type: 'other' }, 'Token has wrong type'],
      [{ token_type: undefined }, 'Token has no type'],
      [{ jti: undefined }, 'Token has no id'],
    ];
    for (const [claims, detail] of wrong) {
      expect(await verify(await resigned(access, claims))).toMatchObject(refused(detail));
    }
    expect((await verify(access)).status).toBe(200);
  });

  it('refuses both tokens of a login that has ended, run out, or names another user', async () => {
    const who = await signedInAs();
    const other = await signedInAs();
    const expired = await tokensOfExpiredSession(who);
    await logout(who.access);
    const stolen = await resigned(other.access, { user_id: String(who.id), sub: String(who.id) });
    for (const token of [who.access, who.refresh, expired.access, expired.refresh, stolen]) {
      expect(await verify(token)).toMatchObject(refused('Token is invalid'));
    }
  });

  it('refuses tokens of inactive and unknown users', async () => {
    const admin = await signedInAdmin();
    const who = await signedInAs();
    const unknown = await resigned(who.access, { user_id: '999999999' });
    expect(await verify(unknown)).toMatchObject({ status: 401, body: { code: 'user_not_found' } });
    await patch(`/users/${who.id}/`, { is_active: false }, { token: admin.access });
    const detail = 'No active account found for the given token.';
    expect(await verify(who.refresh)).toMatchObject({ status: 401, body: { detail } });
  });

  it('asks for a token', async () => {
    expect((await post('/token/verify/')).body).toEqual({ token: ['This field is required.'] });
    expect((await verify(' ')).body).toEqual({ token: ['This field may not be blank.'] });
  });
});

describe('POST /auth/logout/', () => {
  it('ends the login that it came with, both tokens at the next request, and no other', async () => {
    const who = await person();
    const [first, second] = [await signIn(who), await signIn(who)];
    const later = (await refresh(first.refresh)).body.access;
    const key = await keyOf(first);
    expect(await logout(first.access)).toMatchObject({ status: 200, body: { message: 'Logout successful' } });
    for (const token of [first.access, later]) {
      expect((await me(token)).body).toMatchObject({
        code: 'token_not_valid',
        messages: [{ message: 'Token is invalid' }],
      });
    }
    expect(await refresh(first.refresh)).toMatchObject(refused('Token is invalid'));
    expect((await logout(first.access)).status).toBe(401);
    expect((await me(second.access)).status).toBe(200);
    expect((await refresh(second.refresh)).status).toBe(200);
    expect((await get('/users/me/', { key })).status).toBe(200);
  });

  it('ends nobody else’s login, whatever the body names', async () => {
    const [who, other] = [await signedInAs(), await signedInAs()];
    const answer = await post(
      '/auth/logout/',
      { refresh: other.refresh, user_id: other.id },
      { token: who.access },
    );
    expect(answer.status).toBe(200);
    expect((await me(other.access)).status).toBe(200);
    expect((await me(who.access)).status).toBe(401);
  });

  it.each([
    ['malformed JSON', '{bad', 'application/json'],
    ['text', 'x', 'text/plain'],
    ['nothing of a type', '', 'application/xml'],
  ])('never reads its body: %s', async (_, body, type) => {
    const { access } = await signedInAs();
    const headers = { 'Content-Type': type };
    expect((await post('/auth/logout/', body, { token: access, headers })).status).toBe(200);
    expect((await me(access)).status).toBe(401);
  });

  it('ends nothing when it came with an API key', async () => {
    const who = await signedInAs();
    const key = await keyOf(who);
    expect(await post('/auth/logout/', undefined, { key })).toMatchObject({
      status: 200,
      body: { message: 'Logout successful' },
    });
    expect((await get('/users/me/', { key })).status).toBe(200);
    expect((await me(who.access)).status).toBe(200);
    expect((await refresh(who.refresh)).status).toBe(200);
  });

  it.each(['false', 'null', 'undefined', 'garbage'])(
    'answers JSON to a client that sends Bearer %s',
    async (token) => {
      const answer = await logout(token);
      expect(answer).toMatchObject({ status: 401, body: { code: 'token_not_valid' } });
      expect(answer.headers.get('Content-Type')).toMatch(/^application\/json/);
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer realm="api"');
    },
  );
});
