import { type SQL, sql } from 'drizzle-orm';
import { MAX_NAMED_USERS } from '../core/makers.ts';
import { PLAIN_LEVEL } from '../core/principal.ts';
import type { UserChanges } from '../core/users.ts';
import { atAdminLevel, permissionIds } from './accounts.ts';

// Each condition looks at the user in `users` before the change, so place its statement before the update.

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

/** The query for the members of a group who gain while their passwords are by `other`. */
export const plantedMembers = (groupId: number, permissions: string): SQL => sql`
  select users.id as id from user_groups m join users on users.id = m.user_id
  where m.group_id = ${groupId} and ${passwordIsByOther} and ${gainsFrom(permissions)}`;

/** The same, the first ones by their ids. */
export const firstPlantedMembers = (groupId: number, permissions: string): SQL =>
  sql`${plantedMembers(groupId, permissions)} order by m.user_id limit ${MAX_NAMED_USERS}`;

/** True for the keys by `other` of members who gain. The few such keys are looked for first, then the permissions. */
export const plantedKeysOfMembers = (groupId: number, permissions: string): SQL => sql`api_keys.id in (
  select k.id from user_groups m join api_keys k on k.user_id = m.user_id join users on users.id = m.user_id
  where m.group_id = ${groupId} and k.made_by = 'other' and ${gainsFrom(permissions)}
)`;
