import { describe, expect, it } from 'vitest';
import { type Answer, get, patch, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { sendExample } from '../support/examples.ts';
import { parsed } from '../support/jwks.ts';
import { readOperations } from '../support/openapi.ts';
import { keyOf, person, type SignedIn, signedInAdmin, signedInAs } from '../support/people.ts';
import { minted } from '../support/tokens.ts';
import { claimsOf, nowInSeconds, resigned } from '../support/wire-tokens.ts';

const BURST = 12;
const burst = (send: (i: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: BURST }, (_, i) => send(i)));
const statuses = (answers: Answer[]): Set<number> => new Set(answers.map(({ status }) => status));

const refreshed = (refresh: string, headers = {}): Promise<Answer> =>
  post('/token/refresh/', { refresh }, { headers });
const expired = ({ access }: SignedIn): Promise<string> => resigned(access, { exp: nowInSeconds() - 1 });
const guarded = (await readOperations()).filter(({ isPublic }) => !isPublic);

/** What clients leave in their headers when they log in or renew. */
const LEFTOVERS: [string, (who: SignedIn) => Promise<Record<string, string>>][] = [
  ['a stale Bearer', async (who) => ({ Authorization: `Bearer ${await expired(who)}` })],
  ['a Bearer of somebody else', async () => ({ Authorization: `Bearer ${(await signedInAs()).access}` })],
  ['Bearer null', async () => ({ Authorization: 'Bearer null' })],
  ['a bare Bearer', async () => ({ Authorization: 'Bearer' })],
  ['a Bearer of three parts', async () => ({ Authorization: 'Bearer a b' })],
  ['a bare ApiKey', async () => ({ Authorization: 'ApiKey' })],
  ['a bad ApiKey', async () => ({ Authorization: 'ApiKey nope' })],
  ['an empty X-API-Key', async () => ({ 'X-API-Key': '' })],
  ['a bad X-API-Key', async () => ({ 'X-API-Key': 'nope' })],
  ['a good X-API-Key of somebody else', async () => ({ 'X-API-Key': await keyOf(await signedInAs()) })],
];

describe.each(LEFTOVERS)('%s in the headers', (_, leftover) => {
  it.each(['/token/', '/auth/login/'])('is not looked at by %s', async (path) => {
    const who = await signedInAs();
    const answer = await post(path, who, { headers: await leftover(who) });
    expect([answer.status, claimsOf(answer.body.access).user_id]).toEqual([200, String(who.id)]);
  });

  it('is not looked at by /token/refresh/', async () => {
    const who = await signedInAs();
    const answer = await refreshed(who.refresh, await leftover(who));
    expect([answer.status, claimsOf(answer.body.access).user_id]).toEqual([200, String(who.id)]);
  });
});

describe('a refresh token', () => {
  it('stays usable, in parallel and again, until its login ends', async () => {
    const who = await signedInAs();
    for (let round = 0; round < 3; round++) {
      const answers = await burst(() => refreshed(who.refresh));
      expect(statuses(answers)).toEqual(new Set([200]));
      expect(new Set(answers.map(({ body }) => body.access)).size).toBe(BURST);
    }
    await post('/auth/logout/', undefined, { token: who.access });
    expect(statuses(await burst(() => refreshed(who.refresh)))).toEqual(new Set([401]));
  });

  it.each<[string, (who: SignedIn, admin: SignedIn) => Promise<unknown>]>([
    ['garbage', async () => 'garbage'],
    ['an access token', async ({ access }) => access],
    ['expired', ({ refresh }) => resigned(refresh, { exp: nowInSeconds() - 1 })],
    [
      'of a user who was deleted',
      (who) => env.DB.prepare('delete from users where id = ?').bind(who.id).run(),
    ],
    [
      'of a user who was disabled',
      ({ id }, { access }) => patch(`/users/${id}/`, { is_active: false }, { token: access }),
    ],
  ])('that is dead is 401, never 5xx: %s', async (_, end) => {
    const who = await signedInAs();
    const dead = await end(who, await signedInAdmin());
    const { status, headers, body } = await refreshed(typeof dead === 'string' ? dead : who.refresh);
    expect([status, headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer realm="api"']);
    expect(body.detail).toMatch(/\S/);
  });
});

describe('an expired access token', () => {
  it.each(guarded)('is 401 with code token_not_valid, never 403: $id', async (operation) => {
    const token = await expired(await signedInAs());
    const answer = await sendExample(operation, { token, id: 1 });
    expect(answer).toMatchObject({ status: 401, body: { code: 'token_not_valid' } });
  });

  it('heals in a burst, as a page sends it: 12 requests, 12 refreshes of one token, 12 retries', async () => {
    const who = await signedInAs();
    const stale = await expired(who);
    const refused = await burst(() => get('/users/me/', { token: stale }));
    expect(statuses(refused)).toEqual(new Set([401]));
    const renewed = await burst(() => refreshed(who.refresh, { Authorization: `Bearer ${stale}` }));
    expect(statuses(renewed)).toEqual(new Set([200]));
    const retried = await burst((i) => get('/users/me/', { token: renewed[i]?.body.access }));
    expect(statuses(retried)).toEqual(new Set([200]));
    expect(new Set(retried.map(({ body }) => body.id))).toEqual(new Set([who.id]));
  });
});

/** What anyone who is signed in may call. */
const ASKS_NO_RIGHT = /^(logout|verifyCaller|getMe|updateMe|\w*ApiKeys?|\w*Sessions?)$/;

describe('lack of a right', () => {
  it.each(guarded.filter(({ id }) => !ASKS_NO_RIGHT.test(id)))(
    'is 403, never 401: $id',
    async (operation) => {
      const answer = await sendExample(operation, { token: (await signedInAs()).access, id: 1 });
      expect([answer.status, answer.headers.get('WWW-Authenticate')]).toEqual([403, null]);
    },
  );

  it.each(guarded.filter(({ id }) => ASKS_NO_RIGHT.test(id)))(
    'is nothing that $id answers to who is signed in',
    async (operation) => {
      const answer = await sendExample(operation, { token: (await signedInAs()).access, id: 1 });
      expect([200, 201, 204, 404]).toContain(answer.status);
    },
  );
});

describe('the payload of an access token', () => {
  it('decodes with plain atob, whoever logs in', async () => {
    for (const username of ['a@b.c', 'A_-.@', 'zzz'.repeat(50)]) {
      const { password } = await person({ username });
      const before = nowInSeconds();
      const { body } = await post('/token/', { username, password });
      expect(claimsOf(body.access)).toMatchObject({ token_type: 'access', user_id: expect.any(String) });
      const made = claimsOf(body.access).exp - 1800;
      expect([made >= before, made <= nowInSeconds()]).toEqual([true, true]);
    }
  });

  it('holds no character that base64url writes otherwise', async () => {
    const keys = await parsed(...JSON.parse(env.JWT_KEYS).keys);
    for (let userId = 1; userId <= 1000; userId++) {
      const [, payload = ''] = (await minted(keys, { userId })).split('.');
      expect(payload).toMatch(/^[A-Za-z0-9]+$/);
    }
  });
});
