import { SignJWT } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Answer, envWith, get, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { counted, intercepted, LOST } from '../support/intercepted-database.ts';
import { type SignedIn, signedInAs } from '../support/people.ts';
import {
  claimsOf,
  envWithInterchange,
  headerOf,
  nowInSeconds,
  referenceToken,
  resigned,
  sessionIdOf,
} from '../support/wire-tokens.ts';

const rotating = envWith({ REFRESH_ROTATION: 'on' });
const refreshed = (refresh: string, bindings = rotating): Promise<Answer> =>
  post('/token/refresh/', { refresh }, { env: bindings });
const verified = (token: string): Promise<Answer> => post('/token/verify/', { token }, { env: rotating });
const me = (token: string): Promise<Answer> => get('/users/me/', { token, env: rotating });
const sessionsOf = ({ id }: SignedIn) =>
  env.DB.prepare('select count(*) as n from sessions where user_id = ?').bind(id).first<number>('n');
const reusesOf = async ({ id }: SignedIn) => {
  const sql = "select detail from audit_events where user_id = ? and event = 'authn_token_reuse'";
  return (await env.DB.prepare(sql).bind(id).all()).results;
};
const TOKEN_INVALID = { status: 401, body: { detail: 'Token is invalid', code: 'token_not_valid' } };

const MINUTE = 60_000;
const inMinutes = (minutes: number): void => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * MINUTE });
};
afterEach(() => {
  vi.useRealTimers();
});

/** A login whose first token has been replaced twice, the second time a minute later. */
async function rotatedTwice(): Promise<SignedIn & { second: string; third: string }> {
  const who = await signedInAs();
  const { refresh: second } = (await refreshed(who.refresh)).body;
  inMinutes(1);
  const { refresh: third } = (await refreshed(second)).body;
  return { ...who, second, third };
}

describe('with REFRESH_ROTATION=on', () => {
  it('a refresh answers both tokens, which no cache keeps', async () => {
    const { refresh } = await signedInAs();
    const { status, headers, body } = await refreshed(refresh);
    expect([status, headers.get('Cache-Control')]).toEqual([200, 'no-store']);
    expect(Object.keys(body)).toEqual(['access', 'refresh']);
    expect(headerOf(body.refresh)).toEqual(headerOf(refresh));
    expect((await me(body.access)).status).toBe(200);
    expect((await refreshed(body.refresh)).status).toBe(200);
  });

  it('twelve refreshes of one token at once get one and the same successor', async () => {
    const { refresh } = await signedInAs();
    const answers = await Promise.all(Array.from({ length: 12 }, () => refreshed(refresh)));
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
    expect(new Set(answers.map(({ body }) => JSON.stringify(claimsOf(body.refresh)))).size).toBe(1);
    expect(new Set(answers.map(({ body }) => body.access)).size).toBe(12);
  });

  it('a token that was replaced long ago ends its login, and no other one', async () => {
    const [who, bystander] = [await rotatedTwice(), await signedInAs()];
    expect((await verified(who.refresh)).body).toEqual(TOKEN_INVALID.body);
    for (const token of [who.second, who.third]) expect((await verified(token)).status).toBe(200);
    expect((await me(who.access)).status).toBe(200);
    expect(await refreshed(who.refresh)).toMatchObject(TOKEN_INVALID);
    expect(await sessionsOf(who)).toBe(0);
    expect(await reusesOf(who)).toEqual([
      { detail: JSON.stringify({ session_id: sessionIdOf(who.access) }) },
    ]);
    for (const token of [who.second, who.third]) expect(await refreshed(token)).toMatchObject(TOKEN_INVALID);
    expect((await me(who.access)).status).toBe(401);
    expect((await refreshed(bystander.refresh)).status).toBe(200);
  });

  it('a reuse beside refreshes of the newest token leaves no login', async () => {
    const who = await rotatedTwice();
    inMinutes(1);
    const tokens = [who.third, who.third, who.refresh, who.third, who.third];
    const answers = await Promise.all(tokens.map((token) => refreshed(token)));
    expect(answers[2]).toMatchObject(TOKEN_INVALID);
    expect(await sessionsOf(who)).toBe(0);
    for (const { status, body } of answers) {
      if (status === 200) expect((await me(body.access)).status).toBe(401);
      else expect(body).toEqual(TOKEN_INVALID.body);
    }
  });

  it.each<[string, (who: SignedIn) => Promise<string>]>([
    [
      'forged',
      async ({ refresh }) => {
        const { alg, ...header } = headerOf(refresh);
        const jwt = new SignJWT(claimsOf(refresh)).setProtectedHeader({ alg, ...header });
        return jwt.sign(new Uint8Array(32));
      },
    ],
    ['expired', ({ refresh }) => resigned(refresh, { exp: nowInSeconds() - 1 })],
    ['an access token', async ({ access }) => access],
  ])('a token that is %s ends nothing, and asks no database', async (_, make) => {
    const who = await rotatedTwice();
    const { database, trips } = counted(env.DB);
    const answer = await refreshed(await make(who), envWith({ REFRESH_ROTATION: 'on', DB: database }));
    expect([answer.status, trips.length, await sessionsOf(who)]).toEqual([401, 0, 1]);
  });
});

describe('one round trip is made', () => {
  async function tripsOf(path: string, body: object, status: number): Promise<number> {
    const { database, trips } = counted(env.DB);
    const bindings = envWith({ REFRESH_ROTATION: 'on', DB: database });
    const answer = await post(path, body, { env: bindings });
    expect(answer.status, answer.text).toBe(status);
    return trips.length;
  }

  it('by a refresh that rotates, one that is repeated, and one that ends the login', async () => {
    const who = await rotatedTwice();
    inMinutes(1);
    const refreshes = [
      [who.third, 200],
      [who.third, 200],
      [who.refresh, 401],
    ] as const;
    for (const [refresh, status] of refreshes) {
      expect(await tripsOf('/token/refresh/', { refresh }, status)).toBe(1);
    }
  });

  it('to ask whether a token is good', async () => {
    const who = await rotatedTwice();
    const questions = [
      [who.third, 200],
      [who.access, 200],
      [who.refresh, 401],
    ] as const;
    for (const [token, status] of questions) {
      expect(await tripsOf('/token/verify/', { token }, status)).toBe(1);
    }
  });
});

describe('a refresh that fails on its way', () => {
  const STATEMENTS = [0, 1, 2, 3, 4];

  it.each(STATEMENTS)('changes nothing when statement %i of its batch fails', async (spoiled) => {
    const who = await rotatedTwice();
    inMinutes(1);
    const DB = intercepted(env.DB, (_, send) => send({ spoiled }));
    for (const token of [who.third, who.refresh]) {
      const answer = await refreshed(token, envWith({ REFRESH_ROTATION: 'on', DB }));
      expect(answer.status).toBe(500);
    }
    expect((await refreshed(who.second)).body).toMatchObject({ refresh: expect.any(String) });
    expect(await sessionsOf(who)).toBe(1);
  });

  it('has as many statements as were spoiled', async () => {
    const { database, trips } = counted(env.DB);
    await refreshed((await signedInAs()).refresh, envWith({ REFRESH_ROTATION: 'on', DB: database }));
    expect(trips.map((trip) => trip.statements.length)).toEqual([STATEMENTS.length]);
  });

  it('gives the same successor when it is sent again after its answer was lost', async () => {
    const who = await signedInAs();
    const DB = intercepted(env.DB, async (_, send) => {
      await send();
      throw LOST();
    });
    const lost = await refreshed(who.refresh, envWith({ REFRESH_ROTATION: 'on', DB }));
    expect(lost.status).toBe(503);
    const [first, second] = [await refreshed(who.refresh), await refreshed(who.refresh)];
    expect(claimsOf(first.body.refresh)).toEqual(claimsOf(second.body.refresh));
    expect(claimsOf(first.body.refresh).jti).not.toBe(claimsOf(who.refresh).jti);
  });
});

describe('a refresh token of the origin', () => {
  const bindings = Object.assign(envWithInterchange(), { REFRESH_ROTATION: 'on' });

  it('does not rotate, and comes with no other', async () => {
    const { id } = await signedInAs();
    const token = await referenceToken(id, { token_type: 'refresh' });
    for (let time = 0; time < 2; time++) {
      const { status, body } = await refreshed(token, bindings);
      expect([status, Object.keys(body)]).toEqual([200, ['access']]);
    }
  });

  it('is no reuse of ours where it was made of one, and lives as long as that login', async () => {
    const who = await signedInAs();
    const { sid, sub, user_id } = claimsOf(who.refresh);
    const renewed = await referenceToken(who.id, { token_type: 'refresh', sid, sub, user_id });
    const next = (await refreshed(who.refresh, bindings)).body.refresh;
    inMinutes(1);
    await refreshed(next, bindings);
    expect(Object.keys((await refreshed(renewed, bindings)).body)).toEqual(['access']);
    expect((await refreshed(next, bindings)).status).toBe(200);
    await refreshed(who.refresh, bindings);
    expect(await refreshed(renewed, bindings)).toMatchObject(TOKEN_INVALID);
  });
});

it('without REFRESH_ROTATION no statement knows of it', async () => {
  const { database, trips } = counted(env.DB);
  const bindings = envWith({ DB: database });
  const { access, refresh } = await signedInAs();
  expect(Object.keys((await refreshed(refresh, bindings)).body)).toEqual(['access']);
  for (const token of [access, refresh]) await post('/token/verify/', { token }, { env: bindings });
  expect(trips.map(({ statements }) => statements.length)).toEqual([2, 1, 1]);
  expect(trips.flatMap(({ statements }) => statements).join()).not.toMatch(/refresh_(?!at)/);
});
