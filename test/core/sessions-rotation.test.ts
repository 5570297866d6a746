import { describe, expect, it } from 'vitest';
import type { Deps } from '../../src/core/deps.ts';
import { hashPassword } from '../../src/core/passwords.ts';
import { judgeToken, login, type RefreshedTokens, refresh, verify } from '../../src/core/sessions.ts';
import { servicesOf } from '../../src/services.ts';
import { env } from '../support/env.ts';
import { later, NOW, SOMEWHERE, sessionIdsOf, storedUser } from '../support/stores.ts';
import { type Part, partsOf } from '../support/tokens.ts';

const off = servicesOf(env);
const on: Deps = { ...off, tokenPolicy: { ...off.tokenPolicy, rotatesRefreshTokens: true } };

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const REFUSED = { message: 'Token is invalid', extra: { code: 'token_not_valid' } };

async function signedIn(): Promise<{ userId: number; access: string; token: string }> {
  const password = 'correct horse';
  const passwordHash = await hashPassword(on.passwordPolicy, password);
  const { id: userId, username } = await storedUser({ passwordHash });
  const client = { ...SOMEWHERE, userAgent: 'test' };
  const { access, refresh: token } = await login(on, {
    username,
    password,
    client,
    afterwards: () => {},
    now: NOW,
  });
  return { userId, access, token };
}

const claimsOf = (token = ''): Part => partsOf(token).payload;
const renewed = (token: string, ms: number, deps = on): Promise<RefreshedTokens> =>
  refresh(deps, { token, from: SOMEWHERE, now: later(ms) });

/** The refresh token that this one is answered with. */
async function nextOf(token: string, ms: number): Promise<string> {
  const next = (await renewed(token, ms)).refresh;
  if (next === undefined) throw new Error('there was no refresh token in the answer');
  return next;
}

const judged = (token: string, ms: number) =>
  judgeToken(on, { token, kind: 'any', now: later(ms) }, on.callers.byToken).then(({ valid }) => valid);

describe('a refresh token that rotates', () => {
  it('is answered with another of the same session and end, and a new access token', async () => {
    const { token, access } = await signedIn();
    const answer = await renewed(token, HOUR);
    const [before, after] = [claimsOf(token), claimsOf(answer.refresh)];
    expect(after).toEqual({ ...before, jti: expect.any(String), iat: Number(before['iat']) + 3600 });
    expect(after['jti']).not.toBe(before['jti']);
    expect(claimsOf(answer.access)).toMatchObject({ sid: before['sid'], token_type: 'access' });
    expect([answer.access, answer.refresh].filter((made) => made === access || made === token)).toEqual([]);
    expect(await judged(answer.refresh ?? '', HOUR)).toBe(true);
  });

  it('is accepted again while its successor was not used, and gets the same one', async () => {
    const { token } = await signedIn();
    const first = await renewed(token, 0);
    for (const ms of [1, 9_999, 10_000, 12 * HOUR]) {
      const again = await renewed(token, ms);
      expect(claimsOf(again.refresh)).toEqual(claimsOf(first.refresh));
      expect(claimsOf(again.access)['jti']).not.toBe(claimsOf(first.access)['jti']);
    }
  });

  it('is accepted for ten seconds after its successor was used, and then ends the session', async () => {
    const { token, userId } = await signedIn();
    const next = await nextOf(token, 0);
    expect(claimsOf(await nextOf(next, 3 * SECOND))).toEqual(claimsOf(next));
    expect(claimsOf(await nextOf(token, 9_999))).toEqual(claimsOf(next));
    await expect(renewed(token, 10_000)).rejects.toMatchObject(REFUSED);
    expect(await sessionIdsOf(userId)).toEqual([]);
  });

  it('ends the session, and every token of it, once it is older than the newest one’s parent', async () => {
    const { token, access, userId } = await signedIn();
    const second = await nextOf(token, HOUR);
    const third = await renewed(second, 2 * HOUR);
    const all = [second, access, third.access, third.refresh ?? ''];
    for (const one of [second, third.access, third.refresh ?? '']) {
      expect(await judged(one, 2 * HOUR)).toBe(true);
    }
    await expect(renewed(token, 2 * HOUR)).rejects.toMatchObject(REFUSED);
    expect(await sessionIdsOf(userId)).toEqual([]);
    for (const one of all) expect(await judged(one, 2 * HOUR)).toBe(false);
    await expect(renewed(third.refresh ?? '', 2 * HOUR)).rejects.toMatchObject(REFUSED);
  });

  it('prolongs no login', async () => {
    let { token } = await signedIn();
    for (const hours of [6, 12, 18, 23.9]) token = await nextOf(token, hours * HOUR);
    expect(claimsOf((await renewed(token, 23.95 * HOUR)).access)['exp']).toBe(claimsOf(token)['exp']);
    await expect(renewed(token, 24 * HOUR)).rejects.toMatchObject({ message: 'Token is expired' });
  });

  it('may be one that a client keeps for good, as long as nobody takes the new one', async () => {
    const { token } = await signedIn();
    for (let hour = 0; hour < 24; hour++) await renewed(token, hour * HOUR);
    const taken = await nextOf(token, 23 * HOUR);
    await nextOf(taken, 23.5 * HOUR);
    await expect(renewed(token, 23.5 * HOUR)).rejects.toMatchObject(REFUSED);
  });
});

describe('whether a token is good', () => {
  it('follows the rotation, and asking ends nothing and uses nothing', async () => {
    const { token, access, userId } = await signedIn();
    const next = await nextOf(token, 0);
    const verified = (one: string, ms: number) => verify(on, { token: one, now: later(ms) });
    for (const one of [next, token, access]) await verified(one, 20 * SECOND);
    await verified(token, 20 * SECOND);
    await nextOf(next, 20 * SECOND);
    await expect(verified(token, 20 * SECOND)).rejects.toMatchObject(REFUSED);
    for (const one of [next, access]) await verified(one, 20 * SECOND);
    expect(await sessionIdsOf(userId)).toHaveLength(1);
  });
});

describe('a login from before rotation was switched on', () => {
  it('goes on with its token, in as many copies as there are', async () => {
    const { token } = await signedIn();
    expect(await renewed(token, 0, off)).not.toHaveProperty('refresh');
    const answers = await Promise.all([0, 1, 2, 3].map((ms) => renewed(token, HOUR + ms)));
    expect(new Set(answers.map((answer) => claimsOf(answer.refresh)['jti'])).size).toBe(1);
  });
});

describe('once rotation is switched off again', () => {
  it('every token of a live session is good, and comes with no other', async () => {
    const { token } = await signedIn();
    const second = await nextOf(token, HOUR);
    const third = await nextOf(second, 2 * HOUR);
    for (const one of [token, second, third]) {
      expect(Object.keys(await renewed(one, 3 * HOUR, off))).toEqual(['access']);
      await verify(off, { token: one, now: later(3 * HOUR) });
    }
    expect(await judged(third, 3 * HOUR)).toBe(true);
  });
});
