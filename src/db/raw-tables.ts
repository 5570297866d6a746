// The tables of the schema that statements name by their text alone: a Worker is bundled without what is said here,
// which each isolate would build.

import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { users } from './schema.ts';

/**
 * Tries of passwords by name, as a digest since it may be no name at all (of one's own password: `user` and the id),
 * and by where they are counted: a network that the user knows, or '' for all others. The id grows with the rows, so
 * that the oldest make room; with AUTOINCREMENT it would also grow with every try of a name that is there.
 */
export const loginAttempts = sqliteTable(
  'login_attempts',
  {
    id: integer('id').primaryKey(),
    nameDigest: text('name_digest').notNull(),
    network: text('network').notNull(),
    failures: integer('failures').notNull(),
    blockedUntil: integer('blocked_until').notNull(),
    /** The last one that was granted, so that a repeated statement counts it once. */
    attemptId: text('attempt_id').notNull(),
    expiresAt: integer('expires_at').notNull(),
  },
  (table) => [
    uniqueIndex('login_attempts_name_network').on(table.nameDigest, table.network),
    index('login_attempts_expiry').on(table.expiresAt),
  ],
);

/** Where users have signed in lately. */
export const knownNetworks = sqliteTable(
  'known_networks',
  {
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    network: text('network').notNull(),
    lastLoginAt: integer('last_login_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.network] }),
    index('known_networks_age').on(table.lastLoginAt),
  ],
);

/**
 * What rotation must know of the keys in the secrets, which nobody can read back: the public parts alone. Written by
 * the commands (src/cli/key-records.ts); the Worker never reads it. Refresh keys have rows too, with their times in
 * place of a public part (src/cli/refresh-key-records.ts).
 */
export const signingKeys = sqliteTable('signing_keys', {
  secretName: text('secret_name').primaryKey(),
  kid: text('kid').notNull().unique(),
  publicJwk: text('public_jwk').notNull(),
  addedAt: integer('added_at').notNull(),
  /** When its private part was taken away; null while it signs or stands by. */
  replacedAt: integer('replaced_at'),
  /** The longest lifetime of tokens that were live at that time. */
  tokenTtlSeconds: integer('token_ttl_seconds'),
});
