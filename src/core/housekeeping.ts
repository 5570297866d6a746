/** Rows that mean nothing any more: sessions and counters that ran out, networks not seen for long, old events. */
export const EXPIRING = ['sessions', 'loginAttempts', 'knownNetworks', 'auditEvents'] as const;
export type Expiring = (typeof EXPIRING)[number];

export interface HousekeepingStore {
  /** Removes rows that expired before `instant`, `limit` at a time, and tells how many at least. One round trip. */
  removeExpired(kind: Expiring, instant: Date, limit: number): Promise<number>;
}

export type HousekeepingDeps = { housekeeping: HousekeepingStore; auditRetentionDays: number };

const DAY_MS = 24 * 60 * 60_000;

/** A statement of this size is done in some milliseconds, so that no request waits long behind it. */
export const CHUNK_ROWS = 500;
/** What is left is done at the next run. */
const MAX_CHUNKS = 40;

/** Removes what has expired, in bounded chunks; running twice at once does no harm. @returns the rows removed. */
export async function tidyUp(
  { housekeeping, auditRetentionDays }: HousekeepingDeps,
  now: Date,
): Promise<Record<Expiring, number>> {
  const removed: Record<Expiring, number> = {
    sessions: 0,
    loginAttempts: 0,
    knownNetworks: 0,
    auditEvents: 0,
  };
  const oldest = new Date(now.getTime() - auditRetentionDays * DAY_MS);
  for (const kind of EXPIRING) {
    const instant = kind === 'auditEvents' ? oldest : now;
    for (let chunk = 0; chunk < MAX_CHUNKS; chunk++) {
      const rows = await housekeeping.removeExpired(kind, instant, CHUNK_ROWS);
      removed[kind] += rows;
      if (rows < CHUNK_ROWS) break;
    }
  }
  return removed;
}
