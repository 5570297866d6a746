import { type Placeholder, type SQL, sql } from 'drizzle-orm';
import type { BatchItem, BatchResponse } from 'drizzle-orm/batch';
import type { SelectedFields } from 'drizzle-orm/sqlite-core';
import type { JsonObject } from '../core/json.ts';
import { ALL_PERMISSIONS, idsOf } from '../core/permissions.ts';
import {
  type Account,
  type Actor,
  ActorGone,
  ADMIN_LEVEL,
  type Identity,
  PLAIN_LEVEL,
  type Proof,
  type Rights,
  rightsOf,
} from '../core/principal.ts';
import { MAX_CLOCK_DIFFERENCE_MS } from '../core/tokens.ts';
import type { User } from '../core/users.ts';
import { type Database, raw, repeatableWrite, write } from './client.ts';
import { DATABASE_NOW } from './clock.ts';
import { unpacked } from './custom-properties.ts';
import { users } from './schema.ts';
import { parseStored } from './stored-json.ts';

/** A literal, not a parameter, so that SQLite can answer from the partial index on admins. */
export const atAdminLevel = sql.raw(`user_level >= ${ADMIN_LEVEL}`);

/**
 * The preview of the personal key, or of the newest where there is none. Each is looked up: sorting would read every
 * key of the user, which may be a thousand, whenever somebody asks who is calling.
 */
const apiKeyPreview = sql<string | null>`coalesce(
  (select preview from api_keys where user_id = users.id and name = ''),
  (select preview from api_keys where id = (select max(id) from api_keys where user_id = users.id))
)`;

/** The ids of the permissions that the groups of the user in `users` give, as a JSON array. */
export const permissionIds = sql<string>`(
  select json_group_array(distinct p.value) from user_groups ug
  join groups g on g.id = ug.group_id join json_each(g.permissions) p where ug.user_id = users.id
)`;

/** Else D1 would name the column by its whole text, in each answer. */
export const named = <T>(name: string, expression: SQL<T>) => expression.as(name);

/** Of a user what its rights and every request need, so that one query answers who is calling. */
export const identityColumns = {
  id: users.id,
  username: users.username,
  userLevel: users.userLevel,
  isActive: users.isActive,
  isStaff: users.isStaff,
  isSuperuser: users.isSuperuser,
  permissions: named('permissions', permissionIds),
};

type IdentityRow = Pick<
  typeof users.$inferSelect,
  'id' | 'username' | 'userLevel' | 'isActive' | 'isStaff' | 'isSuperuser'
> & { permissions: string };

export function toIdentity(row: IdentityRow): Account<Identity> {
  const { id, username, userLevel, isActive } = row;
  const rights = rightsOf(userLevel, parseStored<number[]>(row.permissions), row);
  return { user: { id, username, userLevel, isActive }, rights };
}

/** All of a user that anybody is shown. */
const accountColumns = {
  ...identityColumns,
  email: users.email,
  firstName: users.firstName,
  lastName: users.lastName,
  dateJoined: users.dateJoined,
  lastLogin: users.lastLogin,
  customProperties: users.customProperties,
  avatarConfig: users.avatarConfig,
  channelProfiles: users.channelProfiles,
  streamLimit: users.streamLimit,
  groups: named(
    'groups',
    sql<string>`(select json_group_array(group_id) from user_groups where user_id = users.id)`,
  ),
  apiKeyPreview: named('api_key_preview', apiKeyPreview),
};

export type AccountRow = Pick<
  typeof users.$inferSelect,
  Exclude<keyof typeof accountColumns, 'groups' | 'permissions' | 'apiKeyPreview'>
> & { groups: string; permissions: string; apiKeyPreview: string | null };

export function toAccount(row: AccountRow): Account {
  const user: User = {
    id: row.id,
    username: row.username,
    email: row.email,
    firstName: row.firstName,
    lastName: row.lastName,
    userLevel: row.userLevel,
    isActive: row.isActive,
    isStaff: row.isStaff,
    isSuperuser: row.isSuperuser,
    dateJoined: new Date(row.dateJoined),
    lastLogin: row.lastLogin === null ? null : new Date(row.lastLogin),
    customProperties: unpacked(row.customProperties),
    avatarConfig: parseStored<JsonObject>(row.avatarConfig),
    channelProfiles: parseStored<number[]>(row.channelProfiles),
    streamLimit: row.streamLimit,
    groups: parseStored<number[]>(row.groups),
    apiKeyPreview: row.apiKeyPreview,
  };
  return { user, rights: rightsOf(row.userLevel, parseStored<number[]>(row.permissions), row) };
}

/** How much of a user is read: `Row` is what `columns` give. */
export type Extent<Row, Known extends Identity> = {
  columns: { [Name in keyof Row]: SelectedFields[string] };
  /** Names what it takes, since a row may hold more; to leave that out by `...rest` would copy all of it. */
  toAccount: (row: Row) => Account<Known>;
};

/** What every request has to know of its caller. */
export const IDENTITY: Extent<IdentityRow, Identity> = { columns: identityColumns, toAccount: toIdentity };
/** What users are told of themselves. */
export const PROFILE: Extent<AccountRow, User> = { columns: accountColumns, toAccount };

/**
 * Runs what `actor` writes, as one transaction behind a guard that fails it all unless the actor still stands.
 * @throws ActorGone, with nothing changed, when the actor no longer stands.
 */
export async function asActor<T extends Statements>(
  db: Database,
  actor: Actor,
  statements: T,
  repetition: Repetition<BatchResponse<T>>,
): Promise<BatchResponse<T>> {
  const { done = sql`false`, made } = repetition === 'sent once' ? {} : repetition;
  const send = async () => {
    const [, ...results] = await db.batch([stillStanding(db, actor, done), ...statements]);
    // The results are those of `statements`, in their order, since the guard's was taken off.
    return results as BatchResponse<T>;
  };
  const expected = { when: /integer overflow/, error: () => new ActorGone() };
  return repetition === 'sent once' ? write(send, { expected }) : repeatableWrite(send, { expected, made });
}

type Statements = Readonly<[BatchItem<'sqlite'>, ...BatchItem<'sqlite'>[]]>;

/**
 * Whether statements may be sent again. `done` is true once they were applied, where the actor may have ended itself
 * by them; `made` as in `repeatableWrite`.
 */
export type Repetition<Results> = 'sent once' | { done?: SQL; made?: (results: Results) => boolean };

function stillStanding(db: Database, actor: Actor, done: SQL) {
  const { identity } = actor;
  const stands = identity === undefined ? sql`true` : sql`(${done} or ${standsAs(actor, identity)})`;
  return raw(db, sql`select abs(case when ${stands} then 0 else ${sql.raw(OVERFLOW)} end)`);
}

/** The one number that has no absolute value: an error that no other statement of ours can give. */
const OVERFLOW = '-9223372036854775808';

function standsAs(rights: Rights, { userId, proof }: NonNullable<Actor['identity']>): SQL {
  const { isAdmin, level, isStaff, isSuperuser, permissions } = rights;
  const held = JSON.stringify(idsOf(permissions));
  const kept = sql`(user_level >= ${level} and is_staff >= ${isStaff} and is_superuser >= ${isSuperuser} and not exists (
    select 1 from json_each(${held}) where value not in (select value from json_each(${permissionIds}))
  ))`;
  return sql`exists (
    select 1 from users where id = ${userId} and is_active and ${proofStands(proof)}
    and (${atAdminLevel} or ${isAdmin ? sql`false` : kept})
  )`;
}

function proofStands(proof: Proof): SQL {
  switch (proof.kind) {
    case 'session':
      return sql`exists (select 1 from sessions s where s.id = ${proof.sessionId} and s.user_id = users.id)`;
    case 'api_key':
      return sql`exists (select 1 from api_keys k where k.id = ${proof.keyId} and k.user_id = users.id)`;
    case 'interchange':
      return interchangeStands(proof.issuedAt.getTime());
  }
}

/**
 * True unless the logins of the user in `users` were ended since a token without a session was issued. Its clock may
 * have been ahead of ours, so the token counts as issued that much earlier.
 * @param issuedAt epoch milliseconds, or the placeholder for them.
 */
export const interchangeStands = (issuedAt: number | Placeholder): SQL<number> =>
  sql`coalesce(users.logins_ended_at < ${issuedAt} - ${sql.raw(String(MAX_CLOCK_DIFFERENCE_MS))}, true)`;

/**
 * True while the user in `users` is another than `actor` and holds a right that `actor` lacks (by a key: any right):
 * the rule of `assertMayManage`, for a statement.
 */
export function outranks({ isAdmin, level, isStaff, isSuperuser, permissions, identity }: Actor): SQL {
  const isByKey = identity?.proof.kind === 'api_key';
  if (isAdmin && !isByKey) return sql`false`;
  const lacked = isByKey ? ALL_PERMISSIONS : ALL_PERMISSIONS.difference(permissions);
  const highest = isByKey ? PLAIN_LEVEL : Math.max(PLAIN_LEVEL, level);
  return sql`(users.id is not ${identity?.userId ?? null} and (
    user_level > ${highest} or is_staff > ${isStaff && !isByKey} or is_superuser > ${isSuperuser && !isByKey}
    or exists (
      select 1 from json_each(${permissionIds})
      where value in (select value from json_each(${JSON.stringify(idsOf(lacked))}))
    )
  ))`;
}

/** The moment of the write, not of the request: a token made while a password was hashed must not survive. */
export const loginsEnded = (now: Date): SQL => sql`max(${now.getTime()}, ${sql.raw(DATABASE_NOW)})`;

export const selectAccounts = (db: Database) => db.select(accountColumns).from(users);
