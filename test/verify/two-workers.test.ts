import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type JwksEndpoint, newSigner, type Signer, serveJwks, tokenBy } from './support/issuer.ts';
import {
  newKey,
  newPerson,
  type Person,
  setUpAdmin,
  startTwoWorkers,
  type TwoWorkers,
} from './support/two-workers.ts';

const VIEW_USER = 4;

let signer: Signer;
let jwks: JwksEndpoint;
let workers: TwoWorkers;
let admin: Person;

beforeAll(async () => {
  signer = await newSigner();
  jwks = await serveJwks(signer);
  workers = await startTwoWorkers({ jwksUrl: jwks.url });
  admin = await setUpAdmin(workers);
});

afterAll(async () => {
  await workers.end();
  await jwks.close();
});

beforeEach(() => void workers.calls());

const person = (permissions?: number[]) => newPerson(workers, admin, permissions);

describe('a route of a Worker that asks the service', () => {
  it('serves a token and a key, and refuses who has neither', async () => {
    const who = await person();
    const key = await newKey(workers, who);
    for (const call of [{ token: who.access }, { key }, { headers: { Authorization: `ApiKey ${key}` } }]) {
      const { status, text } = await workers.guarded('/plain', call);
      expect([status, text]).toEqual([200, `Hello ${who.username}`]);
    }
    for (const [call, reason] of [
      [{}, 'not_provided'],
      [{ token: who.refresh }, 'token_wrong_type'],
      [{ key: `${key}x` }, 'key_unknown'],
    ] as const) {
      const { status, text } = await workers.guarded('/plain', call);
      expect([status, text]).toEqual([401, reason]);
    }
  });

  it('refuses a key in the request that follows its revocation', async () => {
    const who = await person();
    const key = await newKey(workers, who);
    expect((await workers.guarded('/plain', { key })).status).toBe(200);
    await workers.accounts('/api-keys/revoke/', { token: who.access, body: {} });
    expect((await workers.guarded('/plain', { key })).text).toBe('key_unknown');
  });

  it('notes the use of a key, as the service itself does', async () => {
    const who = await person();
    await workers.guarded('/plain', { key: await newKey(workers, who) });
    const lastUse = async () =>
      (await workers.accounts('/api-keys/', { token: who.access })).body.results[0].last_used_at;
    await expect.poll(lastUse).not.toBeNull();
  });

  it('refuses a token in the request that follows its logout', async () => {
    const { access: token } = await person();
    expect((await workers.guarded('/plain', { token })).status).toBe(200);
    await workers.accounts('/auth/logout/', { token, body: {} });
    expect((await workers.guarded('/plain', { token })).text).toBe('login_ended');
  });

  it('costs one round trip, and none for what cannot be genuine', async () => {
    const who = await person();
    const key = await newKey(workers, who);
    for (const call of [{ token: who.access }, { key }, { token: 'garbage' }, { key: 'dsp_x' }, {}]) {
      await workers.guarded('/plain', call);
    }
    const calls = workers.calls();
    expect(calls.map(({ databaseRoundTrips }) => databaseRoundTrips)).toEqual([1, 1, 0, 0, 0]);
    expect(calls.map(({ caller }) => caller)).toEqual([
      { kind: 'session', userId: who.id },
      { kind: 'api_key', userId: who.id },
      null,
      null,
      null,
    ]);
  });

  it('learns that there is no answer while the database is broken', async () => {
    const { access: token } = await person();
    await workers.sql('ALTER TABLE users RENAME TO users_away');
    try {
      for (const path of ['/plain', '/guarded', '/users']) {
        expect((await workers.guarded(path, { token })).status).toBe(503);
      }
      expect((await workers.guarded('/plain', { token })).text).toBe('unavailable');
      expect((await workers.guarded('/plain', { token: 'garbage' })).text).toBe('token_invalid');
    } finally {
      await workers.sql('ALTER TABLE users_away RENAME TO users');
    }
    expect((await workers.guarded('/plain', { token })).status).toBe(200);
  });
});

describe('over a service binding', () => {
  const reach = async (path: string[], args: unknown[] | null = null) =>
    (await workers.guarded('/reach', { body: { path, args } })).body;

  it('the two methods can be called', async () => {
    expect(await reach(['verify'], ['garbage'])).toEqual({
      reached: { valid: false, reason: 'token_invalid' },
    });
    expect(await reach(['authenticate'], [{}])).toEqual({
      reached: { valid: false, reason: 'not_provided' },
    });
  });

  it.each([
    [['env']],
    [['env', 'JWT_KEYS']],
    [['env', 'DB', 'prepare']],
    [['ctx']],
    [['ctx', 'waitUntil']],
    [['ctx', 'exports']],
    [['#answer']],
    [['#judge']],
    [['#noteUse']],
    [['prototype']],
    [['verify', 'call']],
    [['scheduled']],
    [['alarm']],
    [['default']],
  ])('%j can be neither read nor called', async (path) => {
    for (const args of [null, [], ['select 1']]) {
      expect(await reach(path, args)).toEqual({ refused: expect.stringMatching(/^TypeError: /) });
    }
  });

  it('there is no HTTP', async () => {
    expect(await reach(['fetch'], ['https://accounts/api/health/'])).toEqual({
      refused: expect.stringContaining('does not export a fetch()'),
    });
  });

  it('whatever is sent gets an answer, and no exception', async () => {
    const { body } = await workers.guarded('/odd', { body: {} });
    const isEmpty = ['authenticate(nothing)', 'authenticate(nonsense headers)', 'verify(an empty text)'];
    const expected = Object.keys(body).map((what) => [
      what,
      { valid: false, reason: isEmpty.includes(what) ? 'not_provided' : 'malformed' },
    ]);
    expect(expected.length).toBeGreaterThan(30);
    expect(body).toEqual(Object.fromEntries(expected));
  });
});

describe('the verifier with a binding', () => {
  it('tells a route who is calling', async () => {
    const who = await person([VIEW_USER]);
    const { status, body } = await workers.guarded('/guarded', { key: await newKey(workers, who) });
    expect([status, body]).toEqual([
      200,
      {
        userId: who.id,
        username: who.username,
        level: 0,
        permissions: ['view_user'],
        provenBy: 'api_key',
        expiresAt: null,
      },
    ]);
  });

  it('refuses in the words of the service', async () => {
    const who = await person();
    const answerTo = async (call: object) => {
      const { status, headers, body } = await workers.guarded('/guarded', call);
      return [status, headers.get('WWW-Authenticate'), headers.get('Cache-Control'), body];
    };
    const serviceTo = async (call: object) => {
      const { status, headers, body } = await workers.accounts('/users/me/', call);
      const { messages: _, ...shown } = body;
      return [status, headers.get('WWW-Authenticate'), headers.get('Cache-Control'), shown];
    };
    for (const call of [
      {},
      { token: 'garbage' },
      { token: who.refresh },
      { key: 'dsp_x' },
      { headers: { Authorization: 'Bearer' } },
    ]) {
      expect(await answerTo(call)).toEqual(await serviceTo(call));
    }
  });

  it('lets in who holds the permission at this moment, with one question for each request', async () => {
    const [may, mayNot] = [await person([VIEW_USER]), await person()];
    workers.calls();
    expect((await workers.guarded('/users', { token: may.access })).text).toBe(`Hello ${may.username}`);
    expect((await workers.guarded('/users', { token: admin.access })).text).toBe('Hello admin');
    const refused = await workers.guarded('/users', { token: mayNot.access });
    expect([refused.status, refused.body]).toEqual([
      403,
      { detail: 'You do not have permission to perform this action.' },
    ]);
    expect(workers.calls()).toHaveLength(3);
    await workers.accounts(`/users/${may.id}/`, {
      method: 'PATCH',
      token: admin.access,
      body: { groups: [] },
    });
    expect((await workers.guarded('/users', { token: may.access })).status).toBe(403);
  });
});

describe('the verifier without a binding, in a Worker', () => {
  it('asks for the keys once, whatever comes at once while it has none', async () => {
    const asked = jwks.asked();
    const [token, madeUp] = [
      await tokenBy(signer),
      await Promise.all(Array.from({ length: 25 }, (_, i) => tokenBy(signer, {}, { kid: `made-up-${i}` }))),
    ];
    const answers = madeUp.flatMap((other) => [
      workers.guarded('/offline', { token: other }),
      workers.guarded('/offline', { token }),
    ]);
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses).toEqual(madeUp.flatMap(() => [401, 200]));
    expect(jwks.asked() - asked).toBe(1);
  });

  it('asks once for keys that cannot be had, of all requests at once and of the next ones', async () => {
    const [asked, token] = [jwks.asked(), await tokenBy(signer)];
    const visit = async () => (await workers.guarded('/nowhere', { token })).status;
    const statuses = [
      ...(await Promise.all(Array.from({ length: 50 }, visit))),
      await visit(),
      await visit(),
    ];
    expect(statuses).toEqual(statuses.map(() => 503));
    expect(jwks.asked() - asked).toBe(1);
  });

  it('asks again where the request that asked ended before its answer, and serves all that waited', async () => {
    const [asked, token] = [jwks.asked(), await tokenBy(signer)];
    jwks.ignoreNext();
    await workers.guarded('/leave', { token });
    await expect.poll(jwks.asked).toBe(asked + 2);
    const visits = Array.from({ length: 10 }, () => workers.guarded('/abandoned', { token }));
    expect((await Promise.all(visits)).map(({ status }) => status)).toEqual(visits.map(() => 200));
    expect(jwks.asked() - asked).toBe(3);
  });

  it('takes access tokens by the published keys, again and again', async () => {
    for (const token of [await tokenBy(signer), await tokenBy(signer, { user_id: '8' })]) {
      expect((await workers.guarded('/offline', { token })).status).toBe(200);
    }
    expect((await workers.guarded('/offline', { token: await tokenBy(signer) })).body).toEqual({
      userId: 7,
      username: null,
      level: null,
      permissions: null,
      provenBy: 'session',
      expiresAt: expect.any(String),
    });
    expect(workers.calls()).toEqual([]);
  });

  it('takes no key, and no token of other keys', async () => {
    const key = await workers.guarded('/offline', { key: 'dsp_x' });
    expect([key.status, key.body]).toEqual([401, { detail: 'API keys are not accepted here.' }]);
    expect((await workers.guarded('/offline', { token: admin.access })).body.code).toBe('token_not_valid');
  });
});
