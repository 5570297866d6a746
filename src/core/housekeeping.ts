import { LOCK } from './login-limits.ts';

/** Rows that mean nothing any more: sessions and counters that ran out, networks not seen for long, old events. */
export const EXPIRING = ['sessions', 'loginAttempts', 'knownNetworks', 'auditEvents'] as const;
export type Expiring = (typeof EXPIRING)[number];

export interface HousekeepingStore {
  /** Removes rows whose time is `until` or before, `limit` at most, and tells how many at least. One round trip. */
  removeExpired(kind: Expiring, until: Date, limit: number): Promise<number>;
}

export type HousekeepingDeps = { housekeeping: HousekeepingStore; auditRetentionDays: number };

/** The rows removed, and why some kinds have more that should have been. */
export type Tidied = { removed: Record<Expiring, number>; failures: unknown[] };

const DAY_MS = 24 * 60 * 60_000;

/** A statement of this size is done in some milliseconds, so that no request waits long behind it. */
export const CHUNK_ROWS = 500;
/**
 * For a whole run, since the Free plan allows it 50 queries: some are left for those that have to be sent again. What
 * remains is done at the next run.
 */
const MAX_CHUNKS = 40;

/**
 * Removes what has expired, in bounded chunks; running twice at once does no harm. The kinds take turns, so that many
 * rows of one leave no other waiting, and one that fails is left to the next run.
 */
export async function tidyUp(
  { housekeeping, auditRetentionDays }: HousekeepingDeps,
  now: Date,
): Promise<Tidied> {
  const removed = { sessions: 0, loginAttempts: 0, knownNetworks: 0, auditEvents: 0 };
  const failures: unknown[] = [];
  const before = (milliseconds: number): Date => new Date(now.getTime() - milliseconds);
  const until: Record<Expiring, Date> = {
    sessions: now,
    loginAttempts: now,
    knownNetworks: before(LOCK.knownNetworkMs),
    auditEvents: before(auditRetentionDays * DAY_MS),
  };
  const turns: Expiring[] = [...EXPIRING];
  for (let chunk = 0; chunk < MAX_CHUNKS; chunk++) {
    const kind = turns.shift();
    if (kind === undefined) break;
    try {
      const rows = await housekeeping.removeExpired(kind, until[kind], CHUNK_ROWS);
      removed[kind] += rows;
      if (rows === CHUNK_ROWS) turns.push(kind);
    } catch (failure) {
      failures.push(failure);
    }
  }
  return { removed, failures };
}
