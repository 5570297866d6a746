import { type SQL, sql } from 'drizzle-orm';
import type { Expiring, HousekeepingStore } from '../core/housekeeping.ts';
import { LOCK } from '../core/login-limits.ts';
import { type Database, raw, repeatableWrite } from './client.ts';

/** Each finds its rows by an index, so that looking for few among many costs little. */
const EXPIRED: Record<Expiring, (now: number) => { table: SQL; where: SQL }> = {
  sessions: (now) => ({ table: sql`sessions`, where: sql`expires_at <= ${now}` }),
  loginAttempts: (now) => ({ table: sql`login_attempts`, where: sql`expires_at <= ${now}` }),
  knownNetworks: (now) => ({
    table: sql`known_networks`,
    where: sql`last_login_at <= ${now - LOCK.knownNetworkMs}`,
  }),
  auditEvents: (now) => ({ table: sql`audit_events`, where: sql`created_at <= ${now}` }),
};

export function createHousekeepingStore(db: Database): HousekeepingStore {
  return {
    async removeExpired(kind, now, limit) {
      const { table, where } = EXPIRED[kind](now.getTime());
      const chunk = sql`select rowid from ${table} where ${where} limit ${limit}`;
      const rows = await repeatableWrite(() =>
        raw(db, sql`delete from ${table} where rowid in (${chunk}) returning 1`),
      );
      return rows.length;
    },
  };
}
