import { beforeEach, describe, expect, it } from 'vitest';
import {
  CHUNK_ROWS,
  type HousekeepingDeps,
  type HousekeepingStore,
  tidyUp,
} from '../../src/core/housekeeping.ts';
import { createHousekeepingStore } from '../../src/db/housekeeping.ts';
import { env } from '../support/env.ts';
import { count, db, later, NOW, storedUser } from '../support/stores.ts';

const housekeeping = createHousekeepingStore(db);
const deps = { housekeeping, auditRetentionDays: 90 };
const removedBy = async (given: HousekeepingDeps, now: Date) => (await tidyUp(given, now)).removed;
const DAY = 24 * 60 * 60_000;

/** As many rows of each kind, expiring one a millisecond from `from` on. */
async function rows(n: number, from: Date): Promise<void> {
  const { id } = await storedUser();
  const numbers = `with recursive n(i) as (select 0 union all select i + 1 from n where i < ${n - 1})`;
  const first = from.getTime();
  await env.DB.batch([
    env.DB.prepare('delete from audit_events'),
    env.DB.prepare(`insert into sessions (id, user_id, created_at, expires_at, user_agent)
      ${numbers} select 's' || ${first} || '-' || i, ${id}, 0, ${first} + i, '' from n`),
    env.DB.prepare(`insert into login_attempts (name_digest, network, failures, blocked_until, attempt_id, expires_at)
      ${numbers} select 'n' || ${first} || '-' || i, '', 1, 0, '', ${first} + i from n`),
    env.DB.prepare(`insert into known_networks (user_id, network, last_login_at)
      ${numbers} select ${id}, 'w' || i, ${first - 30 * DAY} + i from n`),
    env.DB.prepare(`insert into audit_events (key, event, created_at, last_at, count, detail)
      ${numbers} select ${first} || '-' || i, 'user_updated', ${first - 90 * DAY} + i, 0, 1, '{}' from n`),
  ]);
}

beforeEach(async () => {
  for (const table of ['sessions', 'login_attempts', 'known_networks', 'audit_events']) {
    await env.DB.prepare(`delete from ${table}`).run();
  }
});

const left = async () => [
  await count('sessions'),
  await count('login_attempts'),
  await count('known_networks'),
  await count('audit_events'),
];

describe('tidyUp', () => {
  it('removes what has expired to the millisecond, and nothing else', async () => {
    await rows(10, NOW);
    expect(await removedBy(deps, later(3))).toEqual({
      sessions: 4,
      loginAttempts: 4,
      knownNetworks: 4,
      auditEvents: 4,
    });
    expect(await left()).toEqual([6, 6, 6, 6]);
    expect(await removedBy(deps, later(3))).toEqual({
      sessions: 0,
      loginAttempts: 0,
      knownNetworks: 0,
      auditEvents: 0,
    });
  });

  it('goes on in chunks until all is gone', async () => {
    await rows(2 * CHUNK_ROWS + 1, NOW);
    await tidyUp(deps, later(DAY));
    expect(await left()).toEqual([0, 0, 0, 0]);
  });

  it('removes no more at once than a chunk', async () => {
    await rows(30, NOW);
    expect(await housekeeping.removeExpired('sessions', later(DAY), 20)).toBe(20);
    expect(await housekeeping.removeExpired('sessions', later(DAY), 20)).toBe(10);
  });

  it('leaves what remains to the next run, however much there is', async () => {
    const endless = { removeExpired: async () => CHUNK_ROWS };
    const quarter = 10 * CHUNK_ROWS;
    expect(await removedBy({ ...deps, housekeeping: endless }, NOW)).toEqual({
      sessions: quarter,
      loginAttempts: quarter,
      knownNetworks: quarter,
      auditEvents: quarter,
    });
  });

  it('gives what some kinds do not need to those that have more, within one limit for all', async () => {
    const expired = { sessions: 1e6, loginAttempts: 0, knownNetworks: 1, auditEvents: 2 * CHUNK_ROWS };
    let queries = 0;
    const store: HousekeepingStore = {
      removeExpired: async (kind, _, limit) => {
        queries++;
        const rows = Math.min(expired[kind], limit);
        expired[kind] -= rows;
        return rows;
      },
    };
    const removed = await removedBy({ ...deps, housekeeping: store }, NOW);
    expect(removed).toEqual({
      sessions: 35 * CHUNK_ROWS,
      loginAttempts: 0,
      knownNetworks: 1,
      auditEvents: 2 * CHUNK_ROWS,
    });
    expect(queries).toBe(40);
  });

  it('goes on with the other kinds when one fails, and tells of it', async () => {
    await rows(10, NOW);
    const failure = new Error('no answer');
    const store: HousekeepingStore = {
      async removeExpired(kind, ...rest) {
        if (kind === 'sessions') throw failure;
        return housekeeping.removeExpired(kind, ...rest);
      },
    };
    expect(await tidyUp({ ...deps, housekeeping: store }, later(3))).toEqual({
      removed: { sessions: 0, loginAttempts: 4, knownNetworks: 4, auditEvents: 4 },
      failures: [failure],
    });
  });

  it('does no harm when it runs twice at once', async () => {
    await rows(50, NOW);
    const both = await Promise.all([removedBy(deps, later(9)), removedBy(deps, later(9))]);
    expect(both.map(({ sessions }) => sessions).reduce((sum, n) => sum + n)).toBe(10);
    expect(await left()).toEqual([40, 40, 40, 40]);
  });
});
