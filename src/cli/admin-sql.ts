// What makes an admin, or rescues one, in a database that has no service in front of it.

import { ADMIN_LEVEL } from '../core/principal.ts';
import { randomId, type Secret } from '../core/secrets.ts';
import { NEW_USER_FIELDS } from '../core/users.ts';
import { DATABASE_NOW } from '../db/clock.ts';
import { recorded } from './audit-sql.ts';
import { literal } from './sql-text.ts';

/** `planted` counts the API keys that someone other than the user or an admin made. */
export type AdminBefore = { isAdmin: 0 | 1; isActive: 0 | 1; logins: number; keys: number; planted: number };

/** A query for what there is of that name and what else will be ended: a row of `AdminBefore`, or none. */
export const findAdmin = (username: string): string =>
  `select user_level >= ${ADMIN_LEVEL} as isAdmin, is_active as isActive,
    (select count(*) from sessions where user_id = users.id) as logins,
    (select count(*) from api_keys where user_id = users.id and made_by <> 'other') as keys,
    (select count(*) from api_keys where user_id = users.id and made_by = 'other') as planted
  from users where username = ${literal(username)}`;

/**
 * Makes the user an active admin with that password, whatever it was before. As where an admin resets a password, all
 * logins of the user end; as where an admin promotes a user, the API keys that others made for it are revoked. Whoever
 * asked for this may be locked out: locks stand under digests that cannot be told apart here, so all of them are lifted.
 */
export function makeAdmin(username: string, passwordHash: Secret, now: Date): string {
  const secret = { password_hash: passwordHash.reveal(), password_set_by: 'admin' };
  const row = { ...newAdmin(username, now), ...secret, change_id: randomId() };
  const named = `from users where username = ${literal(username)}`;
  const user = `(select id ${named})`;
  const rights = `'{"by": "operator", "user_level": ${ADMIN_LEVEL}}'`;
  const planted = `from api_keys where user_id = ${user} and made_by = 'other'`;
  const key = `json_object('by', 'operator', 'api_key_id', api_keys.id, 'name', api_keys.name)`;
  const flags = `'{"by": "operator", "fields": ["is_active", "is_staff", "is_superuser"], "is_active": true}'`;
  return `${recorded('authn_password_change', { userId: 'id', source: named })}
${recorded('privilege_permissions_changed', { userId: 'id', detail: rights, source: `${named} and user_level < ${ADMIN_LEVEL}` })}
${recorded('user_updated', { userId: 'id', detail: flags, source: `${named} and not (is_active and is_staff and is_superuser)` })}
${recorded('authn_token_revoked', { userId: 'user_id', detail: key, source: planted })}
delete ${planted};
insert into users (${Object.keys(row).join(', ')})
  values (${Object.values(row).map(literal).join(', ')})
  on conflict (username) do update set
    password_hash = excluded.password_hash, password_set_by = excluded.password_set_by,
    change_id = excluded.change_id, logins_ended_at = ${DATABASE_NOW},
    user_level = max(user_level, excluded.user_level), is_active = 1, is_staff = 1, is_superuser = 1;
delete from sessions where user_id = ${user};
delete from login_attempts where blocked_until > ${DATABASE_NOW};
${recorded('user_created', {
  userId: 'id',
  detail: `json_object('by', 'operator', 'username', username, 'user_level', user_level)`,
  source: `from users where change_id = ${literal(row.change_id)} and logins_ended_at is null`,
})}`;
}

/** The row of an admin as the first set-up makes it. */
function newAdmin(username: string, now: Date) {
  const { email, firstName, lastName, isActive, streamLimit, ...json } = NEW_USER_FIELDS;
  return {
    username,
    email,
    first_name: firstName,
    last_name: lastName,
    user_level: ADMIN_LEVEL,
    is_active: isActive,
    is_staff: true,
    is_superuser: true,
    date_joined: now.getTime(),
    custom_properties: JSON.stringify(json.customProperties),
    avatar_config: JSON.stringify(json.avatarConfig),
    channel_profiles: JSON.stringify(json.channelProfiles),
    stream_limit: streamLimit,
  };
}
