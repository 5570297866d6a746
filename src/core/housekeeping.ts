/** Rows that mean nothing any more: sessions and counters that ran out, networks not seen for long. */
export const EXPIRING = ['sessions', 'loginAttempts', 'knownNetworks'] as const;
export type Expiring = (typeof EXPIRING)[number];

export interface HousekeepingStore {
  /** Removes at most `limit` rows that have expired, and tells how many. One round trip. */
  removeExpired(kind: Expiring, now: Date, limit: number): Promise<number>;
}

export type HousekeepingDeps = { housekeeping: HousekeepingStore };

/** A statement of this size is done in some milliseconds, so that no request waits long behind it. */
export const CHUNK_ROWS = 500;
/** What is left is done at the next run. */
const MAX_CHUNKS = 40;

/** Removes what has expired, in bounded chunks; running twice at once does no harm. @returns the rows removed. */
export async function tidyUp(
  { housekeeping }: HousekeepingDeps,
  now: Date,
): Promise<Record<Expiring, number>> {
  const removed: Record<Expiring, number> = { sessions: 0, loginAttempts: 0, knownNetworks: 0 };
  for (const kind of EXPIRING) {
    for (let chunk = 0; chunk < MAX_CHUNKS; chunk++) {
      const rows = await housekeeping.removeExpired(kind, now, CHUNK_ROWS);
      removed[kind] += rows;
      if (rows < CHUNK_ROWS) break;
    }
  }
  return removed;
}
