import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import { type Answer, envWith, get, patch, post } from '../support/api.ts';
import { keepConsoleLines } from '../support/console-lines.ts';
import { boundEnv, env } from '../support/env.ts';
import { hashesOf } from '../support/hashing.ts';
import { counted, failingAt, type Interceptor, intercepted, LOST } from '../support/intercepted-database.ts';
import { keyOf, type Person, person, signedInAs, uniqueName } from '../support/people.ts';

keepConsoleLines();

type Headers = Record<string, string>;

const from = (address: string): Headers => ({ 'CF-Connecting-IP': address });
const login = (username: string, password: string, headers: Headers = {}, bindings: Env = env) =>
  post('/token/', { username, password }, { headers, env: bindings });
const wrong = (username: string, headers: Headers = {}): Promise<Answer> =>
  login(username, 'a wrong password', headers);
const times = (n: number, send: (i: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: n }, (_, i) => send(i)));
const statusCounts = (answers: Answer[]): Record<number, number> =>
  Object.fromEntries(
    Map.groupBy(answers, ({ status }) => status)
      .entries()
      .map(([s, all]) => [s, all.length]),
  );

/** A counter as Cloudflare's, without its clock. */
function limiterOf(limit: number): RateLimit & { keys: string[] } {
  const keys: string[] = [];
  return {
    keys,
    async limit({ key }) {
      keys.push(key);
      return { success: keys.filter((one) => one === key).length <= limit };
    },
  };
}

const withLimiters = () => {
  const [perNetwork, perName] = [limiterOf(20), limiterOf(5)];
  const limiters = { LOGINS_PER_NETWORK: perNetwork, LOGINS_PER_NETWORK_AND_NAME: perName };
  return { perNetwork, perName, bindings: envWith(limiters) };
};

afterEach(() => {
  vi.useRealTimers();
});

describe('the lock in the database', () => {
  it('lets fifty wrong passwords at once make ten guesses, and refuses before it hashes', async () => {
    for (const name of [(await person()).username, uniqueName()]) {
      let answers: Answer[] = [];
      const hashes = await hashesOf(async () => {
        answers = await times(50, () => wrong(name));
      });
      expect([statusCounts(answers), hashes.length]).toEqual([{ 401: 10, 429: 40 }, 10]);
    }
  });

  it('answers the same for a name that exists, one that does not, and one that is disabled', async () => {
    const names = [(await person()).username, uniqueName(), (await person({ isActive: false })).username];
    const refusals = [];
    for (const name of names) {
      vi.useFakeTimers({ toFake: ['Date'], now: 1_900_000_000_000 });
      await times(10, () => wrong(name));
      const { status, text, headers } = await wrong(name);
      const shown = [...headers].filter(([header]) => header !== 'x-request-id').sort();
      refusals.push({ status, text, shown });
      vi.useRealTimers();
    }
    expect(refusals[0]).toMatchObject({
      status: 429,
      text: JSON.stringify({ detail: 'Request was throttled. Expected available in 60 seconds.' }),
    });
    expect(new Map(refusals[0]?.shown).get('retry-after')).toBe('60');
    expect(new Map(refusals[0]?.shown).get('cache-control')).toBe('no-store');
    for (const refusal of refusals) expect(refusal).toEqual(refusals[0]);
  });

  it('refuses the right password too while it lasts, at both doors, and lets it in afterwards', async () => {
    const { username, password } = await person();
    await times(10, () => wrong(username));
    expect((await login(username, password)).status).toBe(429);
    expect((await post('/auth/login/', { username, password })).status).toBe(429);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    expect((await login(username, password)).status).toBe(200);
    expect(statusCounts(await times(12, () => wrong(username)))).toEqual({ 401: 10, 429: 2 });
  });

  it('leaves the owner in, at a network that knows it, while somebody else guesses', async () => {
    const { username, password } = await person();
    const home = from('198.51.100.7');
    expect((await login(username, password, home)).status).toBe(200);
    expect(statusCounts(await times(30, () => wrong(username, from('203.0.113.9'))))).toEqual({
      401: 10,
      429: 20,
    });
    expect((await login(username, password, home)).status).toBe(200);
    expect((await login(username, password, from('203.0.113.9'))).status).toBe(429);
  });

  it('takes the addresses of one IPv6 network for one place', async () => {
    const { username, password } = await person();
    expect((await login(username, password, from('2001:db8:1:2::7'))).status).toBe(200);
    await times(10, () => wrong(username, from('203.0.113.9')));
    expect((await login(username, password, from('2001:db8:1:2:ffff::1'))).status).toBe(200);
    expect((await login(username, password, from('2001:db8:1:3::7'))).status).toBe(429);
  });

  it('knows no network behind which Cloudflare sends the Workers of all its customers', async () => {
    const { username, password } = await person();
    const worker = from('2a06:98c0:3600::103');
    expect((await login(username, password, worker)).status).toBe(200);
    await times(10, () => wrong(username, worker));
    expect((await login(username, password, worker)).status).toBe(429);
  });

  it('does not count a right password whose session could not be stored', async () => {
    const { username, password } = await person();
    for (let i = 0; i < 15; i++) {
      const bindings = envWith({ DB: failingAt(env.DB, [2, 3]) });
      expect((await login(username, password, {}, bindings)).status).toBe(503);
    }
    expect((await login(username, password)).status).toBe(200);
  });

  it('does not count a password that was never tried, since the answer to its reservation was lost', async () => {
    const { username, password } = await person();
    for (let i = 0; i < 15; i++) {
      const lost: Interceptor = async ({ number }, send) => {
        const answer = await send();
        if (number <= 2) throw LOST();
        return answer;
      };
      const bindings = envWith({ DB: intercepted(env.DB, lost) });
      expect((await login(username, 'a wrong password', {}, bindings)).status).toBe(503);
    }
    expect((await login(username, password)).status).toBe(200);
  });

  it('counts guesses of the current password from all places, apart from logins', async () => {
    const who = await signedInAs();
    // On a slow machine the lock has less than its 60 seconds left when it is asked for.
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const guess = (i: number, current_password: string) =>
      patch('/users/me/', { current_password }, { token: who.access, headers: from(`203.0.113.${i}`) });
    const hashes = await hashesOf(async () => {
      const answers = await times(50, (i) => guess(i, 'a wrong one'));
      expect(statusCounts(answers)).toEqual({ 400: 10, 429: 40 });
    });
    expect(hashes).toHaveLength(10);
    const refused = await guess(1, who.password);
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, '60']);
    expect((await patch('/users/me/', { first_name: 'Ada' }, { token: who.access })).status).toBe(200);
    expect((await login(who.username, who.password, from('203.0.113.7'))).status).toBe(200);
  });

  it('takes a right current password for no failure, also where the change is refused', async () => {
    const who = await signedInAs();
    const large = { big: 'x'.repeat(99_000) };
    const change = (custom_properties: object) =>
      patch('/users/me/', { current_password: who.password, custom_properties }, { token: who.access });
    expect((await change({ held: 'x'.repeat(50_000) })).status).toBe(200);
    for (let i = 0; i < 12; i++) expect((await change(large)).status).toBe(400);
  });

  it('touches no login that lives: sessions, refreshes and keys go on', async () => {
    const who = await signedInAs();
    const key = await keyOf(who);
    await times(20, () => wrong(who.username));
    expect((await get('/users/me/', { token: who.access })).status).toBe(200);
    expect((await get('/users/me/', { key })).status).toBe(200);
    const renewed = await times(20, () => post('/token/refresh/', { refresh: who.refresh }));
    expect(statusCounts(renewed)).toEqual({ 200: 20 });
    expect((await post('/token/verify/', { token: who.access })).status).toBe(200);
  });

  it.each(['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'True-Client-IP', 'CF-Connecting-IPv6'])(
    'is not moved by a forged %s',
    async (name) => {
      const { username, password } = await person();
      expect((await login(username, password, from('198.51.100.7'))).status).toBe(200);
      await times(10, (i) => wrong(username, { ...from('203.0.113.9'), [name]: `198.51.100.${i}` }));
      const forged = { ...from('203.0.113.9'), [name]: '198.51.100.7' };
      expect((await login(username, password, forged)).status).toBe(429);
    },
  );

  it('stores nothing of a name that could be a password typed in its place', async () => {
    const typed = `secret-${uniqueName()}`;
    await wrong(typed);
    const { results } = await env.DB.prepare('select * from login_attempts').all();
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(typed));
    expect(JSON.stringify(results)).not.toContain(typed);
    expect(JSON.stringify(results)).not.toContain(new Uint8Array(digest).toHex());
  });

  it('and the counters are off where RATE_LIMITS says so', async () => {
    const { bindings } = withLimiters();
    const off = { ...bindings, RATE_LIMITS: 'off' };
    const { username, password } = await person();
    const answers = await times(50, () => login(username, 'a wrong password', {}, off));
    expect(statusCounts(answers)).toEqual({ 401: 50 });
    expect((await login(username, password, {}, off)).status).toBe(200);
  });
});

describe('the counters at the edge', () => {
  it('let a name be tried five times a minute from a network, at both doors together', async () => {
    const { bindings } = withLimiters();
    const { username } = await person();
    const body = { username, password: 'a wrong password' };
    const doors = ['/token/', '/auth/login/'];
    const tried = await times(8, (i) =>
      post(doors[i % 2] ?? '', body, { headers: from('203.0.113.9'), env: bindings }),
    );
    expect(statusCounts(tried)).toEqual({ 401: 5, 429: 3 });
    const refused = tried.find(({ status }) => status === 429);
    expect(refused?.headers.get('Retry-After')).toBe('60');
    expect(refused?.body).toEqual({ detail: 'Request was throttled. Expected available in 60 seconds.' });
    const elsewhere = await login(username, 'a wrong password', from('203.0.113.10'), bindings);
    expect(elsewhere.status).toBe(401);
  });

  it('let a network try twenty times a minute, whatever the names, and then cost no round trip', async () => {
    const { bindings } = withLimiters();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const { database, trips } = counted(env.DB);
    const at = from('2001:db8:1:2::7');
    const tried = await times(25, () => login(uniqueName(), 'a wrong password', at, bindings));
    expect(statusCounts(tried)).toEqual({ 401: 20, 429: 5 });
    const neighbour = from('2001:db8:1:2:3:4:5:6');
    expect((await login(uniqueName(), 'x', neighbour, { ...bindings, DB: database })).status).toBe(429);
    expect(trips).toEqual([]);
    expect((await login(uniqueName(), 'x', from('2001:db8:1:3::7'), bindings)).status).toBe(401);
  });

  it('take all who come without an address for one place, and believe no other header', async () => {
    const { bindings, perNetwork, perName } = withLimiters();
    const name = uniqueName();
    await login(name, 'x', { 'X-Forwarded-For': '203.0.113.9' }, bindings);
    await login(name, 'x', { 'CF-Connecting-IP': 'nonsense' }, bindings);
    expect(perNetwork.keys).toEqual(['unknown', 'unknown']);
    expect(new Set(perName.keys).size).toBe(1);
    expect(perName.keys[0]).not.toContain(name);
  });

  it('let everybody in when they fail or are missing', async () => {
    const failing = { limit: () => Promise.reject(new Error('the counter is gone')) };
    const { username, password } = await person();
    for (const limiter of [failing, undefined]) {
      const limiters = { LOGINS_PER_NETWORK: limiter, LOGINS_PER_NETWORK_AND_NAME: limiter };
      const bindings = { ...env, ...limiters } as Env;
      expect((await login(username, password, {}, bindings)).status).toBe(200);
    }
  });

  it('let everybody in when they do not answer', async () => {
    const silent = { limit: () => new Promise<never>(() => {}) };
    const { username, password } = await person();
    const bindings = envWith({ LOGINS_PER_NETWORK: silent, LOGINS_PER_NETWORK_AND_NAME: silent });
    expect((await login(username, password, {}, bindings)).status).toBe(200);
  });

  it('count no body that is no login', async () => {
    const { bindings, perNetwork } = withLimiters();
    for (const body of [{}, '{bad', { username: 'x' }]) await post('/token/', body, { env: bindings });
    expect(perNetwork.keys).toEqual([]);
  });

  it('are counted for the current password too, which is guessed at the same cost', async () => {
    const { bindings } = withLimiters();
    const who = await signedInAs();
    const guess = () =>
      patch('/users/me/', { current_password: 'a wrong one' }, { token: who.access, env: bindings });
    expect(statusCounts(await times(8, guess))).toEqual({ 400: 5, 429: 3 });
    expect(
      (await patch('/users/me/', { first_name: 'Ada' }, { token: who.access, env: bindings })).status,
    ).toBe(200);
  });

  it('of Cloudflare are bound, and refuse in the end', async () => {
    const { username }: Person = await person();
    const bindings = { ...env, ...limitersOf(boundEnv) };
    const tried = [];
    // Its minutes are the clock's: at most two of them meet these tries.
    for (let i = 0; i < 11; i++) tried.push(await login(username, 'x', from('203.0.113.99'), bindings));
    expect(tried.map(({ status }) => status)).toContain(429);
    expect(tried[0]?.status).toBe(401);
  });
});

function limitersOf({ LOGINS_PER_NETWORK: ofNetwork, LOGINS_PER_NETWORK_AND_NAME: ofName }: Env) {
  if (ofNetwork === undefined || ofName === undefined) throw new Error('wrangler.toml binds no counters');
  return { LOGINS_PER_NETWORK: ofNetwork, LOGINS_PER_NETWORK_AND_NAME: ofName };
}
