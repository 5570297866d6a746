// The rows of the table `signing_keys` that stand for refresh keys: from when each signs. Nothing of their secrets.

import { z } from 'zod';
import { DATABASE_NOW } from '../db/clock.ts';
import { refreshKeyId, refreshKeyNumber } from '../protocol/refresh-keys.ts';
import type { Environment } from './environment.ts';
import type { RecordedRefreshKey } from './refresh-key-rotation.ts';
import { literal } from './sql-text.ts';
import { type Database, deployedDatabase, query, type Row } from './target.ts';

/** The records, and what belongs to the same moment. */
export type RefreshKeyState = {
  recorded: RecordedRefreshKey[];
  /** By the database's clock, since that of this machine may be wrong. */
  now: Date;
  /** The longest lifetime of the sessions that are stored; 0 without any. */
  longestSessionSeconds: number;
};

export type RefreshKeyRecords = {
  /** One query, since each takes wrangler seconds. */
  read(): Promise<RefreshKeyState>;
  /** @throws when that secret is recorded already, so that of two at once only one puts a key there. */
  add(key: RecordedRefreshKey): Promise<void>;
  forget(secretNames: readonly string[]): Promise<void>;
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
const moment = z.object({ now: instant, longest: z.number().nullable() });

/** Fails where the tables are older than this code: Workers of that code would refuse what a refresh key signs. */
const LONGEST = 'SELECT max(expires_at - created_at) FROM sessions WHERE id_is_digest IS NOT NULL';

/** One row at least, also where nothing is recorded. */
const READ = `SELECT moment.*, secret_name, public_jwk
  FROM (SELECT ${DATABASE_NOW} AS now, (${LONGEST}) AS longest) AS moment
  LEFT JOIN signing_keys ON secret_name LIKE 'REFRESH_KEY%'`;

/** The records in a database. Every method throws a UsageError where the database does not answer. */
export function refreshKeyRecordsOf(database: Database): RefreshKeyRecords {
  const run = (sql: string) => query(database, sql);
  return {
    async read() {
      const rows = await run(READ);
      const { now, longest } = moment.parse(rows[0]);
      const recorded = row.array().parse(rows.filter(isRefreshKey));
      return { recorded, now, longestSessionSeconds: Math.ceil((longest ?? 0) / 1000) };
    },
    add: async (key) => void (await run(`INSERT INTO ${valuesOf(key)}`)),
    async forget(secretNames) {
      if (secretNames.length === 0) return;
      await run(`DELETE FROM signing_keys WHERE secret_name IN (${secretNames.map(literal).join(', ')})`);
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
