import { describe, expect, it, vi } from 'vitest';
import { type Answer, type Call, get, patch, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { duringFirstHash } from '../support/hashing.ts';
import { beforeFirstBatch } from '../support/intercepted-database.ts';
import { person, type SignedIn, signedInAdmin, signedInAs, signIn } from '../support/people.ts';
import {
  claimsOf,
  envWithInterchange,
  headerOf,
  nowInSeconds,
  referenceToken,
} from '../support/wire-tokens.ts';

const bindings = envWithInterchange();
const me = (token: string, options: Call = {}) => get('/users/me/', { token, env: bindings, ...options });
const refresh = (token: string) => post('/token/refresh/', { refresh: token }, { env: bindings });
const refused = (detail: string) => ({ status: 401, body: { detail, code: 'token_not_valid' } });

describe('a token as the origin server makes it, where the key set ends with the shared secret', () => {
  it('is good, with a number or a text for user_id', async () => {
    const { id, username } = await person();
    for (const user_id of [id, String(id)]) {
      const answer = await me(await referenceToken(id, { user_id }));
      expect(answer).toMatchObject({ status: 200, body: { username } });
    }
    const token = await referenceToken(id, { token_type: 'refresh' });
    expect((await post('/token/verify/', { token }, { env: bindings })).status).toBe(200);
  });

  it('is nothing without that secret, and leaves our own logins as they are', async () => {
    const who = await person();
    expect((await get('/users/me/', { token: await referenceToken(who.id) })).status).toBe(401);
    const { body } = await post('/token/', who, { env: bindings });
    expect(headerOf(body.access)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    expect((await me(body.access)).status).toBe(200);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['expired', { exp: nowInSeconds() - 1 }, 'Token is expired'],
    ['without an end', { exp: undefined }, 'Token is invalid'],
    ['with an end beyond all dates', { exp: 1e15 }, 'Token is invalid'],
    ['without a beginning', { iat: undefined }, 'Token is invalid'],
    [
      'older than a refresh lifetime',
      { iat: nowInSeconds() - 86_400, exp: nowInSeconds() + 86_400 },
      'Token is expired',
    ],
    ['from tomorrow', { iat: nowInSeconds() + 86_400, exp: nowInSeconds() + 172_800 }, 'Token is invalid'],
    ['issued beyond all dates', { iat: 1e15 }, 'Token is invalid'],
    ['of another type', { token_type: 'sliding' }, 'Token has wrong type'],
    ['without a type', { token_type: undefined }, 'Token has no type'],
    ['without an id', { jti: undefined }, 'Token has no id'],
    ['of a session that is none', { sid: 'made-up' }, 'Token is invalid'],
  ])('is refused when %s', async (_, claims, message) => {
    const { id } = await person();
    const answer = await me(await referenceToken(id, claims));
    expect(answer).toMatchObject({ status: 401, body: { code: 'token_not_valid', messages: [{ message }] } });
  });

  it.each([null, 1.5, true, [1], 0, -1, '01', 'admin', 999_999_999, Number.MAX_SAFE_INTEGER])(
    'names no user by %j',
    async (user_id) => {
      const answer = await me(await referenceToken(1, { user_id }));
      expect(answer).toMatchObject({ status: 401, body: { code: 'user_not_found' } });
    },
  );

  it('can be refreshed into another of its kind, until the user is deactivated', async () => {
    const admin = await signedInAdmin();
    const { id } = await person();
    const token = await referenceToken(id, { token_type: 'refresh', exp: nowInSeconds() + 600 });
    const { status, body } = await refresh(token);
    expect(status).toBe(200);
    expect(claimsOf(body.access)).toMatchObject({ token_type: 'access', user_id: String(id) });
    expect(claimsOf(body.access).exp).toBe(claimsOf(token).exp);
    expect(claimsOf(body.access)).not.toHaveProperty('sid');
    expect(headerOf(body.access)).toEqual({ alg: 'HS256', typ: 'at+jwt' });
    expect((await me(body.access)).status).toBe(200);
    await patch(`/users/${id}/`, { is_active: false }, { token: admin.access });
    expect(await refresh(token)).toMatchObject({
      status: 401,
      body: { detail: 'No active account found for the given token.' },
    });
    await patch(`/users/${id}/`, { is_active: true }, { token: admin.access });
    expect(await refresh(token)).toMatchObject(refused('Token is invalid'));
    expect((await me(body.access)).status).toBe(401);
  });

  it('lives as long as our session where the origin made it of a refresh token of ours', async () => {
    const who = await person();
    const { body } = await post('/token/', who, { env: bindings });
    const { sid, sub, user_id } = claimsOf(body.refresh);
    const [renewed, other] = [await referenceToken(who.id, { sid, sub, user_id }), await signIn(who)];
    expect((await me(renewed)).body.id).toBe(who.id);
    expect((await post('/auth/logout/', undefined, { token: renewed, env: bindings })).status).toBe(200);
    for (const ended of [renewed, body.access]) expect((await me(ended)).status).toBe(401);
    expect((await me(other.access)).status).toBe(200);
  });

  it('is refused when another secret signed it, or its claims were changed', async () => {
    const { id } = await person();
    const [header, , signature] = (await referenceToken(id)).split('.');
    const payload = (await referenceToken(1)).split('.')[1];
    const elsewhere = { env: envWithInterchange({ k: btoa('another secret of thirty-two bytes') }) };
    expect((await me(await referenceToken(id), elsewhere)).status).toBe(401);
    expect((await me(`${header}.${payload}.${signature}`)).body.code).toBe('token_not_valid');
  });

  it.each<[string, (who: SignedIn) => Promise<Answer>]>([
    [
      'a new password',
      ({ access }) => patch('/users/me/', { password: 'another password' }, { token: access }),
    ],
    ['a logout everywhere', ({ access }) => post('/auth/logout/?scope=global', undefined, { token: access })],
  ])('is refused after %s, also where its clock is up to 10 seconds ahead', async (_, end) => {
    const who = await signedInAs();
    const instant = nowInSeconds() * 1000 + 500;
    vi.useFakeTimers({ toFake: ['Date'], now: instant });
    try {
      const issued = (ahead: number) => referenceToken(who.id, { iat: nowInSeconds() + ahead });
      const [old, fresh, nine, ten] = [await issued(-60), await issued(0), await issued(9), await issued(10)];
      const eleven = await issued(11);
      for (const token of [old, fresh, nine, ten]) expect((await me(token)).status).toBe(200);
      expect((await me(eleven)).status).toBe(401);
      expect((await end(who)).status).toBe(200);
      vi.setSystemTime(instant + 2000);
      for (const token of [old, fresh, nine, ten]) expect((await me(token)).status).toBe(401);
    } finally {
      vi.useRealTimers();
    }
  });

  it('changes nothing where its user’s logins were ended while it was on its way, up to 10 seconds ahead', async () => {
    const who = await signedInAs();
    const token = await referenceToken(who.id, { iat: nowInSeconds() + 9 });
    const logout = () => post('/auth/logout/?scope=global', undefined, { token: who.access });
    const DB = beforeFirstBatch(env.DB, logout);
    const late = await patch('/users/me/', { first_name: 'Late' }, { token, env: { ...bindings, DB } });
    expect(late.status).toBe(401);
    const again = await signIn(who);
    expect((await me(again.access)).body.first_name).toBe('');
  });

  it('has no login to end', async () => {
    const who = await signedInAs();
    const token = await referenceToken(who.id);
    expect(await post('/auth/logout/', undefined, { token, env: bindings })).toMatchObject({
      status: 200,
      body: { message: 'Logout successful' },
    });
    expect((await me(token)).status).toBe(200);
    expect((await me(who.access)).status).toBe(200);
  });

  it('ends every session of the user when it changes the password, itself too', async () => {
    const who = await person();
    const [first, second] = [await signIn(who), await signIn(who)];
    const token = await referenceToken(who.id);
    expect((await me(token)).status).toBe(200);
    await patch('/users/me/', { password: 'another password' }, { token, env: bindings });
    for (const used of [first.access, second.access, token]) expect((await me(used)).status).toBe(401);
  });

  it('is found by the secret alone, whether or not that key has a kid', async () => {
    const { id } = await person();
    const answer = await me(await referenceToken(id), { env: envWithInterchange({ kid: 'origin-2026' }) });
    expect(answer.status).toBe(200);
  });

  it('is refused when it was refreshed while the password was changing', async () => {
    const who = await signedInAs();
    const token = await referenceToken(who.id, { token_type: 'refresh', iat: nowInSeconds() - 60 });
    // The change begins at the end of a second and the refresh comes in the next; the database’s clock is later.
    const began = (nowInSeconds() - 10) * 1000 + 900;
    vi.useFakeTimers({ toFake: ['Date'], now: began });
    const made: string[] = [];
    const changed = await duringFirstHash(
      () => patch('/users/me/', { password: 'another password' }, { token: who.access }),
      async () => {
        vi.setSystemTime(began + 200);
        made.push((await refresh(token)).body.access);
      },
    ).finally(() => vi.useRealTimers());
    expect([changed.status, made]).toEqual([200, [expect.any(String)]]);
    expect((await me(made[0] ?? '')).status).toBe(401);
  });
});
