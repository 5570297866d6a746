import { describe, expect, it } from 'vitest';
import type { Env } from '../../src/env.ts';
import { envWith, get } from '../support/api.ts';
import { isProblem, keepConsoleLines } from '../support/console-lines.ts';
import { env } from '../support/env.ts';
import { broken, counted, failing, LOST, type Trip } from '../support/intercepted-database.ts';
import { leaksIn } from '../support/leaks.ts';
import { keyOf, signedInAs } from '../support/people.ts';
import { authenticate, verify } from '../support/rpc.ts';

const lines = keepConsoleLines();
const UNAVAILABLE = { valid: false, reason: 'unavailable' };

describe('an answer that cannot be given is `unavailable`, whoever asks', () => {
  const down: [string, Partial<Env>][] = [
    ['the database does not answer', { DB: broken(env.DB) }],
    ['the database is not bound', { DB: undefined as unknown as D1Database }],
    ['there is a fault of ours', { DB: failing(env.DB, () => new TypeError('a reason')) }],
    ['a var is wrong', { API_KEYS_PER_USER: '0' }],
  ];

  it.each(down)('while %s, and the log says why', async (_, vars) => {
    const who = await signedInAs();
    const key = await keyOf(who);
    for (const credential of [who.access, key]) {
      lines.length = 0;
      expect(await verify(credential, envWith(vars))).toEqual(UNAVAILABLE);
      expect(lines).toHaveLength(1);
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({
        level: 'error',
        outcome: 'unavailable',
        caller: null,
      });
      expect(JSON.parse(lines[0] ?? '').causes.length).toBeGreaterThan(0);
    }
    expect(await authenticate({ 'x-api-key': key }, envWith(vars))).toEqual(UNAVAILABLE);
  });

  it('while there is no signing key, but not to an API key', async () => {
    const who = await signedInAs();
    const key = await keyOf(who);
    const bindings = envWith({ JWT_KEYS: '' });
    expect(await verify(who.access, bindings)).toEqual(UNAVAILABLE);
    expect(await verify(key, bindings)).toMatchObject({ valid: true, userId: who.id });
  });

  it('and what cannot be genuine is refused all the same', async () => {
    const bindings = envWith({ DB: broken(env.DB) });
    expect(await verify('garbage', bindings)).toEqual({ valid: false, reason: 'token_invalid' });
    expect(await verify('dsp_x', bindings)).toEqual({ valid: false, reason: 'key_unknown' });
    expect(await authenticate({}, bindings)).toEqual({ valid: false, reason: 'not_provided' });
  });

  it('and the next call is answered', async () => {
    let isDown = true;
    const bindings = envWith({ DB: failing(env.DB, () => (isDown ? LOST() : undefined)) });
    const { access } = await signedInAs();
    expect(await verify(access, bindings)).toEqual(UNAVAILABLE);
    isDown = false;
    expect(await verify(access, bindings)).toMatchObject({ valid: true });
  });
});

describe('each call logs one line', () => {
  it('with its outcome, caller, round trips and times, and nothing else', async () => {
    const who = await signedInAs();
    const common = {
      level: 'info',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      method: 'RPC',
      databaseMs: expect.any(Number),
      wallMs: expect.any(Number),
    };
    lines.length = 0;
    await authenticate({ authorization: `Bearer ${who.access}` });
    await verify('garbage');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        ...common,
        route: 'Accounts.authenticate',
        outcome: 'valid',
        caller: { kind: 'session', userId: who.id },
        databaseRoundTrips: 1,
      },
      { ...common, route: 'Accounts.verify', outcome: 'token_invalid', caller: null, databaseRoundTrips: 0 },
    ]);
  });

  it('that counts its own round trips, and not the note of a use', async () => {
    const keys = [await keyOf(await signedInAs()), await keyOf(await signedInAs())];
    lines.length = 0;
    await Promise.all([...keys.map((key) => verify(key)), verify('garbage')]);
    const trips = lines.map((line) => JSON.parse(line).databaseRoundTrips);
    expect(trips.sort()).toEqual([0, 1, 1]);
  });

  it('without a secret, whatever comes of it', async () => {
    const who = await signedInAs();
    const secrets = new Map([
      ['token', who.access],
      ['signature', who.access.split('.')[2] ?? ''],
      ['key', await keyOf(who)],
      ['words of the caller', 'some words'],
    ]);
    lines.length = 0;
    for (const bindings of [
      env,
      envWith({ DB: broken(env.DB) }),
      envWith({ JWT_KEYS: env.JWT_KEYS.slice(1) }),
    ]) {
      for (const secret of secrets.values()) {
        await verify(secret, bindings);
        await authenticate(
          { authorization: `Bearer ${secret}`, 'x-api-key': secret, cookie: secret },
          bindings,
        );
        await authenticate({ 'x-api-key': secret, 'some words': secret }, bindings);
      }
    }
    const log = lines.map((text) => ({ where: `the log: ${text.slice(0, 80)}`, text }));
    expect(log.length).toBeGreaterThan(30);
    expect(leaksIn(log, secrets)).toEqual([]);
  });
});

describe('the last use of an API key', () => {
  const notes = (trips: Trip[]) =>
    trips.filter(({ statements }) => /^update "api_keys"/.test(statements[0] ?? ''));
  const lastUse = async (token: string) => (await get('/api-keys/', { token })).body.results[0].last_used_at;

  it('is noted once in five minutes, after the answer', async () => {
    const who = await signedInAs();
    const key = await keyOf(who);
    const { database, trips } = counted(env.DB);
    const bindings = envWith({ DB: database });
    expect(await lastUse(who.access)).toBeNull();
    await verify(key, bindings);
    expect([trips.length, notes(trips).length]).toEqual([2, 1]);
    expect(Date.now() - Date.parse(await lastUse(who.access))).toBeLessThan(60_000);
    await authenticate({ 'x-api-key': key }, bindings);
    expect([trips.length, notes(trips).length]).toEqual([3, 1]);
  });

  it('may be lost, which changes no answer', async () => {
    const who = await signedInAs();
    const key = await keyOf(who);
    const DB = failing(env.DB, (_, [sql = '']) => (sql.startsWith('update') ? LOST() : undefined));
    lines.length = 0;
    expect(await verify(key, envWith({ DB }))).toMatchObject({ valid: true });
    expect(lines.filter(isProblem)).toEqual([expect.stringContaining('work after the answer failed')]);
    expect(await lastUse(who.access)).toBeNull();
  });
});
