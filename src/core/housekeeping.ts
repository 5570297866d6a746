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
/**
 * For a whole run, since the Free plan allows it 50 queries: some are left for those that have to be sent again. What
 * remains is done at the next run.
 */
const MAX_CHUNKS = 40;

/**
 * Removes what has expired, in bounded chunks; running twice at once does no harm. The kinds take turns, so that many
 * rows of one leave no other waiting. @returns the rows removed.
 */
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
  const turns: Expiring[] = [...EXPIRING];
  for (let chunk = 0; chunk < MAX_CHUNKS; chunk++) {
    const kind = turns.shift();
    if (kind === undefined) break;
    const rows = await housekeeping.removeExpired(kind, kind === 'auditEvents' ? oldest : now, CHUNK_ROWS);
    removed[kind] += rows;
    if (rows === CHUNK_ROWS) turns.push(kind);
  }
  return removed;
}
