import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DatabaseUse } from '../../src/core/database-use.ts';
import { boundedBinding, REQUEST_TIMEOUT_MS, ROUND_TRIP_TIMEOUT_MS } from '../../src/db/binding.ts';
import { connect, raw, read, repeatableWrite, write } from '../../src/db/client.ts';
import { env } from '../support/env.ts';
import { type Interceptor, intercepted, LOST } from '../support/intercepted-database.ts';

const UNAVAILABLE = { code: 'unavailable', message: 'The database did not answer. Try again.' };

/** A database in other hands behind the bounds, and what it was asked. */
function bounded(intercept: Interceptor, use?: DatabaseUse) {
  let asked = 0;
  const counting: Interceptor = (trip, send) => {
    asked++;
    return intercept(trip, send);
  };
  const db = connect(boundedBinding(intercepted(env.DB, counting), () => use));
  return { db, asked: () => asked };
}

const silent: Interceptor = () => new Promise(() => undefined);
const healthy: Interceptor = (_, send) => send();
const newUse = (): DatabaseUse => ({ roundTrips: 0, milliseconds: 0 });
const one = sql`select 1 as one`;

describe('a database that does not answer', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** How long it takes until this has failed, in milliseconds. */
  async function timeToFail(work: Promise<unknown>): Promise<number> {
    const began = Date.now();
    const failure = work.then(
      () => 'it did not fail',
      (error: unknown) => error,
    );
    let isSettled = false;
    void failure.then(() => {
      isSettled = true;
    });
    while (!isSettled && Date.now() - began < 60_000) await vi.advanceTimersByTimeAsync(100);
    expect(await failure).toMatchObject(UNAVAILABLE);
    return Date.now() - began;
  }

  it('is waited for three seconds, whether it is asked for one statement or a batch', async () => {
    const { db } = bounded(silent);
    expect(await timeToFail(write(() => db.run(one)))).toBe(ROUND_TRIP_TIMEOUT_MS);
    expect(await timeToFail(write(() => db.batch([raw(db, one)])))).toBe(ROUND_TRIP_TIMEOUT_MS);
  });

  it('is not sent a write again, however repeatable: the first one may land late', async () => {
    const { db, asked } = bounded(silent);
    const sent = repeatableWrite(() => db.batch([raw(db, one)]));
    expect(await timeToFail(sent)).toBe(ROUND_TRIP_TIMEOUT_MS);
    expect(asked()).toBe(1);
  });

  it('is asked twice what only reads', async () => {
    const { db, asked } = bounded(silent);
    expect(await timeToFail(read(() => db.all(one)))).toBe(2 * ROUND_TRIP_TIMEOUT_MS);
    expect(asked()).toBe(2);
  });

  it('is waited for eight seconds by one request, and then not even asked', async () => {
    const use = newUse();
    const { db, asked } = bounded(silent, use);
    const began = Date.now();
    expect(await timeToFail(read(() => db.all(one)))).toBe(6000);
    expect(await timeToFail(read(() => db.all(one)))).toBe(2000);
    expect(Date.now() - began).toBe(REQUEST_TIMEOUT_MS);
    // One step of the clock: nothing was waited for.
    expect(await timeToFail(write(() => db.run(one)))).toBe(100);
    expect([asked(), use.roundTrips]).toEqual([3, 3]);
  });

  it('costs its time once when it answers after the wait for it has ended', async () => {
    const use = newUse();
    const nothing = { success: true, results: [], meta: {} };
    const late: Interceptor = ({ number }) =>
      new Promise((resolve) => setTimeout(resolve, number === 1 ? 3500 : 1000, nothing));
    const { db } = bounded(late, use);
    const answered = read(() => db.all(one));
    await vi.advanceTimersByTimeAsync(5000);
    expect(await answered).toEqual([]);
    expect([use.roundTrips, use.milliseconds]).toEqual([2, 4000]);
  });
});

describe('what a request uses', () => {
  it('is counted by round trips, a batch as one, and by the time spent waiting', async () => {
    const use = newUse();
    const { db } = bounded(async (_, send) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return send();
    }, use);
    await db.all(one);
    await db.batch([raw(db, one), raw(db, one)]);
    await db.run(one);
    expect(use.roundTrips).toBe(3);
    expect(use.milliseconds).toBeGreaterThanOrEqual(14);
  });

  it('counts a repetition too', async () => {
    const use = newUse();
    const { db } = bounded(({ number }, send) => (number === 1 ? Promise.reject(LOST()) : send()), use);
    expect(await read(() => db.all(one))).toEqual([{ one: 1 }]);
    expect(use.roundTrips).toBe(2);
  });
});

describe('a connection that is lost once', () => {
  const lostOnce: Interceptor = ({ number }, send) => (number === 1 ? Promise.reject(LOST()) : send());

  it('is not noticed by reads and by writes that may be repeated', async () => {
    for (const send of [read, repeatableWrite]) {
      const { db } = bounded(lostOnce);
      expect(await send(() => db.all(one))).toEqual([{ one: 1 }]);
      const { db: other } = bounded(lostOnce);
      expect(await send(() => other.batch([raw(other, one)]))).toEqual([[{ one: 1 }]]);
    }
  });

  it('fails a write that may not be', async () => {
    const { db, asked } = bounded(lostOnce);
    await expect(write(() => db.run(one))).rejects.toMatchObject(UNAVAILABLE);
    expect(asked()).toBe(1);
  });

  it.each([
    ['an overload', new Error('D1_ERROR: D1 DB is overloaded. Requests queued for too long.')],
    ['a mistake of ours', new Error('D1_ERROR: near "x": syntax error: SQLITE_ERROR')],
  ])('is another thing than %s, after which nothing is asked again', async (_, error) => {
    const { db, asked } = bounded(() => Promise.reject(error));
    await expect(read(() => db.all(one))).rejects.toBeInstanceOf(Error);
    expect(asked()).toBe(1);
  });

  it('stays a failure when it is lost twice', async () => {
    const { db, asked } = bounded(() => Promise.reject(LOST()));
    await expect(read(() => db.all(one))).rejects.toMatchObject(UNAVAILABLE);
    expect(asked()).toBe(2);
  });
});

it('gives what the binding gives', async () => {
  const { db } = bounded(healthy);
  expect(await db.all(sql`select ${'é'} as text, ${null} as none`)).toEqual([{ text: 'é', none: null }]);
});
