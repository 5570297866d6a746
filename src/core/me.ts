import type { Afterwards } from './afterwards.ts';
import { invalidFields } from './errors.ts';
import { admit, givenBackOnFailure, ownPasswordAttempt } from './login-limits.ts';
import { verifyPassword } from './passwords.ts';
import { ActorGone, ownSessionOf, type Principal } from './principal.ts';
import { assertMaySetOwnPassword, withoutOwnEmailByKey } from './user-rights.ts';
import {
  applyChanges,
  type ProvenPassword,
  passwordChange,
  type User,
  type UserChanges,
  type UserDeps,
} from './users.ts';

type OwnChanges = Pick<UserChanges, 'firstName' | 'lastName' | 'email' | 'customProperties'>;

/**
 * Changes one's own profile; two round trips, three with `currentPassword`, which is checked whenever it is sent.
 * @throws DomainError `forbidden` for a password or another email from a caller with an API key; `invalid` as for
 * `createUser`, and for a current password that is incorrect, or missing where it is required; `throttled` after too
 * many tries.
 */
export async function updateMe(
  deps: UserDeps,
  args: {
    caller: Principal<User>;
    changes: OwnChanges;
    password?: string | undefined;
    currentPassword?: string | undefined;
    afterwards: Afterwards;
    now: Date;
  },
): Promise<User> {
  const { caller, password, currentPassword, now } = args;
  if (password !== undefined || currentPassword !== undefined) assertMaySetOwnPassword(caller);
  const proof = await proveCurrentPassword(deps, args);
  const changes = {
    ...withoutOwnEmailByKey(caller, args.changes),
    ...(proof === null ? {} : { provenPassword: proof }),
    ...(await passwordChange(deps, password, ownSessionOf(caller))),
  };
  const apply = () => applyChanges(deps, { caller, id: caller.user.id, changes, now });
  return givenBackOnFailure(deps.attempts, proof?.granted ?? null, apply);
}

async function proveCurrentPassword(
  deps: UserDeps,
  args: {
    caller: Principal;
    password?: string | undefined;
    currentPassword?: string | undefined;
    afterwards: Afterwards;
    now: Date;
  },
): Promise<ProvenPassword | null> {
  const { caller, password, currentPassword, afterwards, now } = args;
  if (currentPassword === undefined) {
    if (password === undefined || !deps.requireCurrentPassword) return null;
    throw invalidFields({ current_password: ['This field is required.'] });
  }
  const attempt = ownPasswordAttempt(caller, now);
  const { record, granted } = await admit(deps, { attempt, afterwards });
  if (record === null) throw new ActorGone();
  if (!(await verifyPassword(record.passwordHash, currentPassword))) {
    throw invalidFields({ current_password: ['The current password is incorrect.'] });
  }
  return { hash: record.passwordHash, granted };
}
