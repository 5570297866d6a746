// The rows of the table `signing_keys` that stand for refresh keys: from when each signs. Nothing of their secrets.

import { z } from 'zod';
import { DATABASE_NOW } from '../db/clock.ts';
import { refreshKeyId, refreshKeyNumber } from '../protocol/refresh-keys.ts';
import type { Environment } from './environment.ts';
import type { RecordedRefreshKey } from './refresh-key-rotation.ts';
import { literal } from './sql-text.ts';
import { type Database, deployedDatabase, query, type Row } from './target.ts';

export type RefreshKeyRecords = {
  list(): Promise<RecordedRefreshKey[]>;
  /** @throws when that secret is recorded already, so that of two at once only one puts a key there. */
  add(key: RecordedRefreshKey): Promise<void>;
  forget(secretNames: readonly string[]): Promise<void>;
  /**
   * The time by the database's clock, since that of this machine may be wrong, and the longest lifetime of the
   * sessions that are stored; 0 without any.
   */
  readClock(): Promise<{ now: Date; longestSessionSeconds: number }>;
};

/**
 * `added_at` of every such row. The commands of older code take these rows for signing keys whose secret did not
 * arrive, and forget those that are 15 minutes old.
 */
const NEVER_STALE = Date.UTC(9999, 11, 31);

const instant = z.number().transform((value) => new Date(value));
const dates = z.object({ added_at: instant, signs_from: instant });
const row = z
  .object({ secret_name: z.string(), public_jwk: z.string() })
  .transform(({ secret_name, public_jwk }): RecordedRefreshKey => {
    const { added_at, signs_from } = dates.parse(JSON.parse(public_jwk));
    return { secretName: secret_name, addedAt: added_at, signsFrom: signs_from };
  });
const clock = z.object({ now: instant, longest: z.number().nullable() });

/** The records in a database. Every method throws a UsageError where the database does not answer. */
export function refreshKeyRecordsOf(database: Database): RefreshKeyRecords {
  const run = (sql: string) => query(database, sql);
  return {
    list: async () => row.array().parse((await run('SELECT * FROM signing_keys')).filter(isRefreshKey)),
    add: async (key) => void (await run(`INSERT INTO ${valuesOf(key)}`)),
    async forget(secretNames) {
      if (secretNames.length === 0) return;
      await run(`DELETE FROM signing_keys WHERE secret_name IN (${secretNames.map(literal).join(', ')})`);
    },
    async readClock() {
      const longest = '(SELECT max(expires_at - created_at) FROM sessions)';
      const [read] = await run(`SELECT ${DATABASE_NOW} AS now, ${longest} AS longest`);
      const { now, longest: ms } = clock.parse(read);
      return { now, longestSessionSeconds: Math.ceil((ms ?? 0) / 1000) };
    },
  };
}

const isRefreshKey = (stored: Row): boolean => refreshKeyNumber(String(stored['secret_name'])) !== null;

/**
 * Records the refresh key that a Worker without any gets, before it gets it, in place of what was recorded of that
 * secret: a deployment was cut off, or someone deleted the secret.
 */
export async function recordFirstRefreshKey(
  environment: Environment,
  key: RecordedRefreshKey,
): Promise<void> {
  await query(deployedDatabase(environment), `INSERT OR REPLACE INTO ${valuesOf(key)}`);
}

function valuesOf({ secretName, addedAt, signsFrom }: RecordedRefreshKey): string {
  const kid = refreshKeyId(refreshKeyNumber(secretName) ?? 0);
  const dates = JSON.stringify({ added_at: addedAt.getTime(), signs_from: signsFrom.getTime() });
  const values = [secretName, kid, dates, NEVER_STALE].map(literal).join(', ');
  return `signing_keys (secret_name, kid, public_jwk, added_at) VALUES (${values})`;
}
