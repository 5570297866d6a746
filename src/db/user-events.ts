import { type SQL, sql } from 'drizzle-orm';
import type { AuditEventName } from '../core/audit-events.ts';
import type { NewUser, UserChanges, UserFields } from '../core/users.ts';
import { type By, countedOfSelf, type Detail, record } from './audit-events.ts';
import type { Database } from './client.ts';

/** Once it is there. */
export const recordCreation = (
  db: Database,
  by: By,
  { user, created }: { user: NewUser; created: SQL | undefined },
) =>
  record(db, {
    event: 'user_created',
    by,
    userId: sql`users.id`,
    detail: { username: user.username, user_level: user.userLevel, groups: user.groups },
    source: sql`from users where ${created}`,
  });

/**
 * Which members were set, and the rights that were given or taken. Of the values only the name, so that its history is
 * there from the creation on, and whether the user is active. Whoever sets the same of itself again is counted.
 */
export function recordUpdate(
  db: Database,
  by: By,
  { id, changes, applied, now }: { id: number; changes: UserChanges; applied: SQL; now: Date },
) {
  const { passwordHash, userLevel, groups, isActive, username } = changes;
  const rights = { user_level: userLevel, groups };
  const fields = Object.keys(changes).flatMap((name) => FIELD_NAMES.get(name) ?? []);
  const happened: (readonly [AuditEventName, Detail])[] = [
    ...(passwordHash === undefined ? [] : [['authn_password_change', {}] as const]),
    ...(userLevel === undefined && groups === undefined
      ? []
      : [['privilege_permissions_changed', rights] as const]),
    ...(fields.length === 0 ? [] : [['user_updated', { fields, is_active: isActive, username }] as const]),
  ];
  return happened.map(([event, detail]) => {
    const what = `${event} ${JSON.stringify(detail)}`;
    const counted = event === 'user_updated' ? countedOfSelf(by, { userId: id, what, at: now }) : {};
    return record(db, { event, by, userId: id, detail, source: sql`where ${applied}`, ...counted });
  });
}

/** Before it is gone. */
export const recordDeletion = (db: Database, by: By, { id, permitted }: { id: number; permitted: SQL }) =>
  record(db, {
    event: 'user_deleted',
    by,
    userId: id,
    detail: sql`json_object('username', username)`,
    source: sql`from users where id = ${id} and ${permitted}`,
  });

/** Members of a user as the API calls them, without those that give rights. */
const FIELDS: Record<Exclude<keyof UserFields, 'userLevel' | 'groups'>, string> = {
  username: 'username',
  email: 'email',
  firstName: 'first_name',
  lastName: 'last_name',
  isActive: 'is_active',
  isStaff: 'is_staff',
  isSuperuser: 'is_superuser',
  customProperties: 'custom_properties',
  avatarConfig: 'avatar_config',
  channelProfiles: 'channel_profiles',
  streamLimit: 'stream_limit',
};
const FIELD_NAMES = new Map(Object.entries(FIELDS));
