import { forbidden } from './errors.ts';
import {
  type Account,
  assertMayActOn,
  assertNotByApiKey,
  holdsRights,
  PLAIN_LEVEL,
  type Principal,
} from './principal.ts';
import type { User, UserChanges, UserFields } from './users.ts';

export const NO_RIGHTS_BY_KEY =
  'An API key may not give rights or take them away. Sign in with your password instead.';
const NO_PEERS_BY_KEY =
  'An API key may only change and delete users who hold no rights. Sign in with your password instead.';
const NO_PASSWORD_BY_KEY = 'An API key may not change a password. Sign in with your password instead.';
const NO_ENTRY_BY_KEY = 'An API key may not activate a user. Sign in with your password instead.';
const NO_EMAIL_BY_KEY =
  'An API key may not change the email of its owner. Sign in with your password instead.';

/** Only admins set these. */
const ADMIN_ONLY = ['userLevel', 'isStaff', 'isSuperuser', 'groups'] as const;
/** A request changes these only if the value is new: a client may send back a whole user that it read earlier. */
const GUARDED = [...ADMIN_ONLY, 'isActive'] as const;

/**
 * The rank rule for one user, and the rule of keys: a key, which may have leaked, manages only users who hold no rights,
 * so neither its owner nor the owner's peers.
 * @throws DomainError `forbidden`
 */
export function assertMayManage(caller: Principal, target: Account): void {
  assertMayActOn(caller.rights, target.rights);
  if (holdsRights(target.rights)) assertNotByApiKey(caller, NO_PEERS_BY_KEY);
}

/**
 * Levels, staff flags and groups are given and taken by admins alone. Of these an admin's key sets the levels 0 and 1,
 * as existing clients do: more would survive the revocation of a leaked key.
 * @throws DomainError `forbidden`
 */
export function assertMayGive(caller: Principal, changes: UserChanges): void {
  if (!ADMIN_ONLY.some((field) => changes[field] !== undefined)) return;
  if (!caller.rights.isAdmin) throw forbidden();
  const { userLevel = 0, isStaff, isSuperuser, groups } = changes;
  const isPlain =
    userLevel <= PLAIN_LEVEL && [isStaff, isSuperuser, groups].every((given) => given === undefined);
  if (!isPlain) assertNotByApiKey(caller, NO_RIGHTS_BY_KEY);
}

/**
 * Passwords and activation give entry to an account. An admin's key gives it to users without rights, as existing
 * clients do; the password then counts as set by somebody else, see makers.ts.
 * @throws DomainError `forbidden` for any other key.
 */
export function assertMayLetIn(
  caller: Principal,
  change: { isActive?: boolean; password?: string | undefined },
): void {
  if (caller.rights.isAdmin) return;
  if (change.isActive === true) assertNotByApiKey(caller, NO_ENTRY_BY_KEY);
  if (change.password !== undefined) assertNotByApiKey(caller, NO_PASSWORD_BY_KEY);
}

/** @throws DomainError `forbidden` for a key: one that may send `current_password` could be used to guess it. */
export const assertMaySetOwnPassword = (caller: Principal): void =>
  assertNotByApiKey(caller, NO_PASSWORD_BY_KEY);

/**
 * The changes that a caller makes of itself; by a key without the email, so that whoever has the key can't have the
 * password reset by mail. The same email passes, since a client may send back the whole user.
 * @throws DomainError `forbidden` for a key that brings another email.
 */
export function withoutOwnEmailByKey<Changes extends Pick<UserChanges, 'email'>>(
  caller: Principal<User>,
  changes: Changes,
): Omit<Changes, 'email'> {
  if (caller.proof.kind !== 'api_key') return changes;
  const { email, ...rest } = changes;
  if (email !== undefined && email !== caller.user.email) throw forbidden(NO_EMAIL_BY_KEY);
  return rest;
}

/** The changes without the guarded fields whose value the user has already. */
export function withoutUnchanged(
  changes: UserChanges,
  target: Pick<UserFields, (typeof GUARDED)[number]>,
): UserChanges {
  const rest = { ...changes };
  for (const field of GUARDED) {
    if (String(rest[field]) === String(target[field])) delete rest[field];
  }
  return rest;
}
