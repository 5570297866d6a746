import { type SQL, sql } from 'drizzle-orm';
import { MAX_NAMED_USERS } from '../core/makers.ts';
import { PLAIN_LEVEL } from '../core/principal.ts';
import type { UserChanges } from '../core/users.ts';
import { atAdminLevel, permissionIds } from './accounts.ts';

// Each condition is about the user in `users` as it is before the change, so its statement stands before the update.

/** True where the password of the user is by `other`, so that whoever set it would gain what the user gains. */
export const passwordIsByOther = sql`password_set_by = 'other'`;

/**
 * True where a change of the user gives it a permission, a level above the plain ones, or a flag that it lacks; null
 * for a change that gives nobody any.
 */
export function gainsBy({ groups, userLevel, isStaff, isSuperuser }: UserChanges): SQL | null {
  const gains = [
    ...(groups === undefined || groups.length === 0 ? [] : [gainsFrom(permissionsOfGroups(groups))]),
    ...(userLevel === undefined || userLevel <= PLAIN_LEVEL ? [] : [sql`user_level < ${userLevel}`]),
    ...(isStaff === true ? [sql`not is_staff`] : []),
    ...(isSuperuser === true ? [sql`not is_superuser`] : []),
  ];
  return gains.length === 0 ? null : sql`(${sql.join(gains, sql` or `)})`;
}

/** True where the user lacks one of these permissions, which are a JSON array of ids. */
export const gainsFrom = (permissions: SQL | string): SQL => sql`(not ${atAdminLevel} and exists (
  select 1 from json_each(${permissions}) where value not in (select value from json_each(${permissionIds}))
))`;

const permissionsOfGroups = (ids: readonly number[]): SQL => sql`(
  select json_group_array(p.value) from groups g join json_each(g.permissions) p
  where g.id in (select value from json_each(${JSON.stringify(ids)}))
)`;

/** The members of a group that gain by its new permissions. */
const gainingMembers = (groupId: number, permissions: string): SQL => sql`user_groups m
  join users on users.id = m.user_id where m.group_id = ${groupId} and ${gainsFrom(permissions)}`;

/** The query for the first members who gain while their passwords are by `other`. */
export const plantedMembers = (groupId: number, permissions: string): SQL => sql`
  select users.id as id from ${gainingMembers(groupId, permissions)} and ${passwordIsByOther}
  limit ${MAX_NAMED_USERS}`;

/** Of all keys those by `other` of the members who gain. */
export const plantedKeysOfMembers = (groupId: number, permissions: string): SQL =>
  sql`made_by = 'other' and user_id in (select users.id from ${gainingMembers(groupId, permissions)})`;
