import { type SQL, sql } from 'drizzle-orm';
import type { Json, JsonObject } from '../core/json.ts';
import { ALL_PERMISSIONS, idsOf } from '../core/permissions.ts';
import { type Account, ADMIN_LEVEL, type Rights, rightsOf } from '../core/principal.ts';
import { Secret } from '../core/secrets.ts';
import type { Database } from './client.ts';
import { users } from './schema.ts';

/** The preview of the personal key, or of the newest where there is none. */
export const apiKeyPreview = sql<string | null>`(
  select preview from api_keys where user_id = users.id order by name <> '', id desc limit 1
)`;

const permissionIds = sql<string>`(
  select json_group_array(distinct p.value) from user_groups ug
  join groups g on g.id = ug.group_id join json_each(g.permissions) p where ug.user_id = users.id
)`;

/** A user with what its rights and its public shape need, so that one query answers who is calling. */
export const accountColumns = {
  id: users.id,
  username: users.username,
  passwordHash: users.passwordHash,
  email: users.email,
  firstName: users.firstName,
  lastName: users.lastName,
  userLevel: users.userLevel,
  isActive: users.isActive,
  isStaff: users.isStaff,
  isSuperuser: users.isSuperuser,
  dateJoined: users.dateJoined,
  lastLogin: users.lastLogin,
  customProperties: users.customProperties,
  avatarConfig: users.avatarConfig,
  channelProfiles: users.channelProfiles,
  streamLimit: users.streamLimit,
  groups: sql<string>`(select json_group_array(group_id) from user_groups where user_id = users.id)`,
  permissions: permissionIds,
  apiKeyPreview,
};

export type AccountRow = Pick<
  typeof users.$inferSelect,
  Exclude<keyof typeof accountColumns, 'groups' | 'permissions' | 'apiKeyPreview'>
> & { groups: string; permissions: string; apiKeyPreview: string | null };

export function toAccount(row: AccountRow): Account {
  const { passwordHash, permissions, ...rest } = row;
  const user = {
    ...rest,
    dateJoined: new Date(row.dateJoined),
    lastLogin: row.lastLogin === null ? null : new Date(row.lastLogin),
    customProperties: unpacked(row.customProperties),
    avatarConfig: JSON.parse(row.avatarConfig),
    channelProfiles: JSON.parse(row.channelProfiles),
    groups: JSON.parse(row.groups),
  };
  const rights = rightsOf(row.userLevel, JSON.parse(permissions));
  return { user, rights, passwordHash: new Secret(passwordHash) };
}

/**
 * Custom properties as they are stored: an object whose members are JSON texts. SQLite then merges members
 * without a look into their values: in linear time, and without rounding a number.
 */
export const packed = (properties: JsonObject): string =>
  JSON.stringify(mapMembers(properties, (value) => JSON.stringify(value)));

const unpacked = (stored: string): JsonObject =>
  mapMembers(JSON.parse(stored) as Record<string, string>, (text): Json => JSON.parse(text));

const mapMembers = <From, To>(members: Record<string, From>, map: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, map(value)]));

/** True while the user in `users` holds a right that `actor` lacks: the rule of `mayActOn`, for a statement. */
export function outranks(actor: Rights): SQL {
  if (actor.isAdmin) return sql`false`;
  const lacked = JSON.stringify(idsOf(ALL_PERMISSIONS.difference(actor.permissions)));
  return sql`(user_level >= ${ADMIN_LEVEL} or exists (
    select 1 from json_each(${permissionIds}) where value in (select value from json_each(${lacked}))
  ))`;
}

export const selectAccounts = (db: Database) => db.select(accountColumns).from(users);
