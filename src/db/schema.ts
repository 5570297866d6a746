import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { ActorKind, AuditEventName } from '../core/audit-events.ts';
import type { Maker } from '../core/makers.ts';

/** Instants are epoch milliseconds; JSON is text that only JSON.stringify and SQLite's JSON functions write. */
export const users = sqliteTable(
  'users',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    username: text('username').notNull().unique(),
    passwordHash: text('password_hash').notNull(),
    email: text('email').notNull(),
    firstName: text('first_name').notNull(),
    lastName: text('last_name').notNull(),
    userLevel: integer('user_level').notNull(),
    isActive: integer('is_active', { mode: 'boolean' }).notNull(),
    isStaff: integer('is_staff', { mode: 'boolean' }).notNull(),
    isSuperuser: integer('is_superuser', { mode: 'boolean' }).notNull(),
    dateJoined: integer('date_joined').notNull(),
    lastLogin: integer('last_login'),
    /** An object whose members are JSON texts, see custom-properties.ts. */
    customProperties: text('custom_properties').notNull(),
    avatarConfig: text('avatar_config').notNull(),
    channelProfiles: text('channel_profiles').notNull(),
    streamLimit: integer('stream_limit').notNull(),
    /** Logins without a session (interchange tokens) issued up to this instant have ended. */
    loginsEndedAt: integer('logins_ended_at'),
    /** Names the last change, so that later statements of its batch act only if it was applied. */
    changeId: text('change_id').notNull(),
    /** The maker of the password, see core/makers.ts. The default is for rows that older code writes. */
    passwordSetBy: text('password_set_by').$type<Maker>().notNull().default('own'),
  },
  (table) => [index('users_admins').on(table.id).where(sql`user_level >= 10`)],
);

export const sessions = sqliteTable(
  'sessions',
  {
    id: text('id').primaryKey(),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    lastRefreshAt: integer('last_refresh_at'),
    address: text('address'),
    userAgent: text('user_agent').notNull(),
    country: text('country'),
    /** The chain of refresh tokens, all null until the first one is replaced; see refresh-rotation.ts. */
    refreshId: text('refresh_id'),
    refreshParentId: text('refresh_parent_id'),
    refreshMadeAt: integer('refresh_made_at'),
    refreshUsed: integer('refresh_used', { mode: 'boolean' }),
    /**
     * Whether `id` is a digest of the tokens' `sid`. False marks rows of older code and of Workers whose refresh key
     * does not sign yet; their id is the `sid` itself. The column and the look-up by `sid` (`namedSession`) can go once
     * a refresh key is required, and one refresh lifetime has passed since the last Worker without one.
     */
    idIsDigest: integer('id_is_digest', { mode: 'boolean' }).notNull().default(false),
  },
  (table) => [
    index('sessions_user').on(table.userId, table.createdAt),
    index('sessions_expiry').on(table.expiresAt),
  ],
);

export const apiKeys = sqliteTable(
  'api_keys',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    digest: text('digest').notNull().unique(),
    preview: text('preview').notNull(),
    createdAt: integer('created_at').notNull(),
    lastUsedAt: integer('last_used_at'),
    /** The maker of the key, see core/makers.ts. The default is for rows that older code writes. */
    madeBy: text('made_by').$type<Maker>().notNull().default('own'),
  },
  (table) => [
    uniqueIndex('api_keys_user_name').on(table.userId, table.name),
    // By their ids, for a page of them and for the newest, which every check of its owner reads.
    index('api_keys_user').on(table.userId),
  ],
);

/**
 * What happened, for people to read later. Ids, not references: an event outlives whom it names. `key` names the
 * event, so that a repeated statement records it once and what is counted finds its row.
 */
export const auditEvents = sqliteTable(
  'audit_events',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    key: text('key').notNull().unique(),
    event: text('event').$type<AuditEventName>().notNull(),
    createdAt: integer('created_at').notNull(),
    lastAt: integer('last_at').notNull(),
    count: integer('count').notNull(),
    userId: integer('user_id'),
    actorId: integer('actor_id'),
    actorKind: text('actor_kind').$type<ActorKind>(),
    /** The id of a session or of an API key. */
    actorCredential: text('actor_credential'),
    address: text('address'),
    country: text('country'),
    requestId: text('request_id'),
    detail: text('detail').notNull(),
  },
  (table) => [
    index('audit_events_age').on(table.createdAt),
    index('audit_events_event').on(table.event),
    index('audit_events_user').on(table.userId),
    // Without failed logins, which are nobody's: each row of an index is billed as one written.
    index('audit_events_actor').on(table.actorId).where(sql`actor_id is not null`),
    index('audit_events_address').on(table.address),
  ],
);

/** `permissions` is a JSON array of ids: the list of permissions lives in code, so there is no table to join. */
export const groups = sqliteTable('groups', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  name: text('name').notNull().unique(),
  permissions: text('permissions').notNull(),
});

export const userGroups = sqliteTable(
  'user_groups',
  {
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    groupId: integer('group_id')
      .notNull()
      .references(() => groups.id, { onDelete: 'cascade' }),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.groupId] }),
    index('user_groups_group').on(table.groupId),
  ],
);
