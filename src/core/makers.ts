import { DomainError } from './errors.ts';
import type { Actor } from './principal.ts';

/**
 * The maker of an API key or a password:
 * - `own`: its user, signed in
 * - `admin`: an admin, signed in here with a password, or the operator's commands
 * - `other`: everyone else, and everything that an API key did, an admin's key included
 *
 * While the password of a user is by `other`, everything made in the name of that user is by `other` too: whoever knows
 * the password could have made it. Only a password that an admin or the operator sets ends that.
 */
export type Maker = 'own' | 'admin' | 'other';

/**
 * The maker of what `actor` makes for a user whose password is not by `other`. The token of an admin that another server
 * issued proves no password of this service, so that admin counts as `other`.
 */
export function makerFor({ isAdmin, identity }: Actor, userId: number | null): Maker {
  if (identity?.proof.kind === 'api_key') return 'other';
  if (identity !== undefined && identity.userId === userId) return 'own';
  return isAdmin && identity?.proof.kind !== 'interchange' ? 'admin' : 'other';
}

/** The most users that one refusal names. */
export const MAX_NAMED_USERS = 20;

/** The error for a change that gives rights to users whose passwords are by `other`. */
export const passwordsByOther = (userIds: readonly number[]): DomainError =>
  new DomainError(
    'conflict',
    'This would give rights to users whose password was set by someone other than the user or an admin. ' +
      'Set a new password for them first, signed in as an admin with your password.',
    { extra: { user_ids: userIds } },
  );
