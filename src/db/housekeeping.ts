import { type SQL, sql } from 'drizzle-orm';
import type { Expiring, HousekeepingStore } from '../core/housekeeping.ts';
import { type Database, raw, repeatableWrite } from './client.ts';

/** The time of a row of each kind. Each has an index, so that looking for few among many costs little. */
const TIMES: Record<Expiring, { table: SQL; time: SQL }> = {
  sessions: { table: sql`sessions`, time: sql`expires_at` },
  loginAttempts: { table: sql`login_attempts`, time: sql`expires_at` },
  knownNetworks: { table: sql`known_networks`, time: sql`last_login_at` },
  auditEvents: { table: sql`audit_events`, time: sql`created_at` },
};

export function createHousekeepingStore(db: Database): HousekeepingStore {
  return {
    async removeExpired(kind, until, limit) {
      const { table, time } = TIMES[kind];
      const chunk = sql`select rowid from ${table} where ${time} <= ${until.getTime()} limit ${limit}`;
      const rows = await repeatableWrite(() =>
        raw(db, sql`delete from ${table} where rowid in (${chunk}) returning 1`),
      );
      return rows.length;
    },
  };
}
