// The table `signing_keys`: what is known of the keys that these commands put into secrets. Public parts alone.

import { z } from 'zod';
import { isSigningKeyName, keySetName } from '../core/key-set-names.ts';
import type { Environment } from './environment.ts';
import type { RecordedKey } from './key-rotation.ts';
import type { NewKey } from './key-set.ts';
import { literal } from './sql-text.ts';
import { type Database, deployedDatabase, query, type Row } from './target.ts';

export type KeyRecords = {
  list(): Promise<RecordedKey[]>;
  /** @throws when that secret is recorded already, so that of two at once only one puts a key there. */
  add(key: Omit<RecordedKey, 'replaced'>): Promise<void>;
  markReplaced(secretName: string, replaced: NonNullable<RecordedKey['replaced']>): Promise<void>;
  forget(secretNames: readonly string[]): Promise<void>;
  /** The longest lifetime of the logins that are stored, whatever has been configured since; 0 without any. */
  longestLoginSeconds(): Promise<number>;
};

const instant = z.number().transform((value) => new Date(value));

const row = z
  .object({
    secret_name: z.string(),
    kid: z.string(),
    public_jwk: z.string(),
    added_at: instant,
    replaced_at: instant.nullable(),
    token_ttl_seconds: z.number().nullable(),
  })
  .transform(
    (stored): RecordedKey => ({
      secretName: stored.secret_name,
      kid: stored.kid,
      publicJwk: stored.public_jwk,
      addedAt: stored.added_at,
      replaced: stored.replaced_at && {
        at: stored.replaced_at,
        tokenTtlSeconds: stored.token_ttl_seconds ?? 0,
      },
    }),
  );

/** The records in a database. Every method throws a UsageError where the database does not answer. */
export function keyRecordsOf(database: Database): KeyRecords {
  const run = (sql: string) => query(database, sql);
  return {
    list: async () => row.array().parse((await run('SELECT * FROM signing_keys')).filter(isSigningKey)),
    add: async (key) => void (await run(`INSERT INTO ${valuesOf(key)}`)),
    async markReplaced(secretName, { at, tokenTtlSeconds }) {
      const set = `replaced_at = ${literal(at.getTime())}, token_ttl_seconds = ${literal(tokenTtlSeconds)}`;
      await run(`UPDATE signing_keys SET ${set} WHERE secret_name = ${literal(secretName)}`);
    },
    async forget(secretNames) {
      if (secretNames.length === 0) return;
      await run(`DELETE FROM signing_keys WHERE secret_name IN (${secretNames.map(literal).join(', ')})`);
    },
    async longestLoginSeconds() {
      const [longest] = await run('SELECT max(expires_at - created_at) AS ms FROM sessions');
      return Math.ceil((z.number().nullable().parse(longest?.['ms']) ?? 0) / 1000);
    },
  };
}

/** The table also holds the records of refresh keys: refresh-key-records.ts. */
const isSigningKey = (stored: Row): boolean => isSigningKeyName(String(stored['secret_name']));

/**
 * Records the key that a Worker without any gets, before it gets it. What has been recorded of that secret goes: a
 * deployment was cut off, or someone deleted the secret.
 */
export async function recordFirstKey(environment: Environment, { kid, publicJwk }: NewKey): Promise<void> {
  const key = { secretName: keySetName(1), kid, publicJwk, addedAt: new Date() };
  await query(deployedDatabase(environment), `INSERT OR REPLACE INTO ${valuesOf(key)}`);
}

function valuesOf({ secretName, kid, publicJwk, addedAt }: Omit<RecordedKey, 'replaced'>): string {
  const values = [secretName, kid, publicJwk, addedAt.getTime()].map(literal).join(', ');
  return `signing_keys (secret_name, kid, public_jwk, added_at) VALUES (${values})`;
}
