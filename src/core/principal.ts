import { forbidden } from './errors.ts';
import { ALL_PERMISSIONS, type Permission, permissionsOf } from './permissions.ts';
import type { Secret } from './secrets.ts';
import type { User } from './users.ts';

/** From this `user_level` on a user is an admin and holds every permission. */
export const ADMIN_LEVEL = 10;

/** What a user may do, as read with the request that asks. */
export type Rights = { isAdmin: boolean; permissions: ReadonlySet<Permission> };

/** A user as the rules see it: the public row, its rights, and the hash that a login is checked against. */
export type Account = { user: User; rights: Rights; passwordHash: Secret };

/** How the caller proved who it is; `interchange` is a token of a foreign issuer, which has no session. */
export type Proof =
  | { kind: 'session'; sessionId: string }
  | { kind: 'interchange' }
  | { kind: 'api_key'; keyId: number; keyName: string; lastUsedAt: Date | null };

export type Principal = Account & { proof: Proof };

export function rightsOf(userLevel: number, permissionIds: readonly number[]): Rights {
  const isAdmin = userLevel >= ADMIN_LEVEL;
  return { isAdmin, permissions: isAdmin ? ALL_PERMISSIONS : permissionsOf(permissionIds) };
}

export const holds = (rights: Rights, permission: Permission): boolean => rights.permissions.has(permission);

/**
 * Whether `actor` may act on `target`: admins on anyone, others on those who hold nothing they lack.
 * Without this rule a right over users would be a way to the rights of every user.
 */
export function mayActOn(actor: Rights, target: Rights): boolean {
  if (actor.isAdmin) return true;
  return !target.isAdmin && [...target.permissions].every((permission) => actor.permissions.has(permission));
}

/** @throws DomainError `forbidden` when `target` holds a right that `actor` lacks. */
export function assertMayActOn(actor: Rights, target: Rights): void {
  if (!mayActOn(actor, target)) throw forbidden();
}

/**
 * A leaked API key must not become the account, so a caller that came with one changes no password.
 * @throws DomainError `forbidden` for such a caller.
 */
export function assertNotByApiKey(principal: Principal): void {
  if (principal.proof.kind === 'api_key') {
    throw forbidden('An API key may not change a password. Sign in with your password instead.');
  }
}
