import { DomainError, forbidden } from './errors.ts';
import { ALL_PERMISSIONS, type Permission, permissionsOf } from './permissions.ts';
import type { User } from './users.ts';

/** From this `user_level` on a user is an admin and holds every permission. */
export const ADMIN_LEVEL = 10;
/** Up to this `user_level` (0 streamer, 1 standard) a user holds nothing by it. */
export const PLAIN_LEVEL = 1;

/** Stored, without effect here; other services can go by them. */
export type Flags = { isStaff: boolean; isSuperuser: boolean };
const NO_FLAGS: Flags = { isStaff: false, isSuperuser: false };

/** The rights of a user, as read with the request. `level` is `user_level`, which other services can go by. */
export type Rights = Flags & { level: number; isAdmin: boolean; permissions: ReadonlySet<Permission> };

/** Of a user what every request has to know of its caller. */
export type Identity = Pick<User, 'id' | 'username' | 'userLevel' | 'isActive'>;

/** A user and its rights, as read together. */
export type Account<Known extends Identity = User> = { user: Known; rights: Rights };

/** How the caller proved who it is; `interchange` is a token of a foreign issuer, which has no session. */
export type Proof =
  | { kind: 'session'; sessionId: string }
  | { kind: 'interchange'; issuedAt: Date }
  | { kind: 'api_key'; keyId: number; keyName: string; lastUsedAt: Date | null };

/** Where a request came from, and its id in the service's log; null what is not known. */
export type Source = { requestId: string | null; address: string | null; country: string | null };

/** Who is calling, as far as it is `Known`. */
export type Principal<Known extends Identity = Identity> = Account<Known> & { proof: Proof; from: Source };

/**
 * Who makes a change, as it was judged when the request began. A store applies a change only while that still
 * holds: the user active, its login or key alive, its rights not fewer. The service itself has no identity.
 */
export type Actor = Rights & { identity?: { userId: number; proof: Proof; from: Source } };

/** The login that a caller came with; null for one by API key or foreign token. */
export const ownSessionOf = ({ proof }: Pick<Principal, 'proof'>): string | null =>
  proof.kind === 'session' ? proof.sessionId : null;

/** The caller as the actor of the changes it asks for. */
export const actorOf = ({ user, rights, proof, from }: Principal): Actor => ({
  ...rights,
  identity: { userId: user.id, proof, from },
});

/**
 * What a store throws, having changed nothing, when the actor no longer stands: otherwise a request that is
 * held back while it is on its way would outlive the revocation of what it came with.
 */
export class ActorGone extends DomainError {
  constructor() {
    super('unauthenticated', 'The credentials of this request are no longer good.');
  }
}

/** The rights of a user by its level, the permission ids of its groups, and its flags. */
export function rightsOf(
  userLevel: number,
  permissionIds: readonly number[],
  { isStaff, isSuperuser }: Flags = NO_FLAGS,
): Rights {
  const isAdmin = userLevel >= ADMIN_LEVEL;
  const permissions = isAdmin ? ALL_PERMISSIONS : permissionsOf(permissionIds);
  return { level: userLevel, isStaff, isSuperuser, isAdmin, permissions };
}

/** Whether a user holds any permission or flag, or a level above those of streamers and standard users. */
export const holdsRights = ({ level, isStaff, isSuperuser, permissions }: Rights): boolean =>
  level > PLAIN_LEVEL || isStaff || isSuperuser || permissions.size > 0;

export const holds = (rights: Rights, permission: Permission): boolean => rights.permissions.has(permission);

/** What these rights are, in the order of the closed list. */
export const heldPermissions = (rights: Rights): Permission[] =>
  IN_ORDER.filter((each) => holds(rights, each));

const IN_ORDER = [...ALL_PERMISSIONS];

/**
 * Whether `actor` may act on `target`: admins on anyone, others on those who hold no permission, level or flag that
 * they lack.
 * Without this rule a right over users would be a way to the rights of every user.
 */
export function mayActOn(actor: Rights, target: Rights): boolean {
  if (actor.isAdmin) return true;
  if (target.level > Math.max(PLAIN_LEVEL, actor.level)) return false;
  if ((target.isStaff && !actor.isStaff) || (target.isSuperuser && !actor.isSuperuser)) return false;
  return [...target.permissions].every((permission) => actor.permissions.has(permission));
}

/** @throws DomainError `forbidden` when `target` holds a right that `actor` lacks. */
export function assertMayActOn(actor: Rights, target: Rights): void {
  if (!mayActOn(actor, target)) throw forbidden();
}

/**
 * A leaked API key must not become the account: it changes no password and leaves nobody behind with rights that
 * would survive its revocation.
 * @throws DomainError `forbidden` for a caller that came with one.
 */
export function assertNotByApiKey({ proof }: Principal, detail: string): void {
  if (proof.kind === 'api_key') throw forbidden(detail);
}
