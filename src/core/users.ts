import { assertObjectsFit, propertiesTooLarge, settableBy } from './custom-properties.ts';
import { DomainError, forbidden, invalidFields, noSuch } from './errors.ts';
import type { JsonObject } from './json.ts';
import type { AttemptDeps, GrantedAttempt } from './login-limits.ts';
import { passwordsByOther } from './makers.ts';
import { assertUnpaged, MAX_UNPAGED_ROWS, type Page, type Slice } from './pages.ts';
import { assertAcceptable, hashPassword, type PasswordPolicy } from './passwords.ts';
import { type Account, type Actor, actorOf, ownSessionOf, type Principal } from './principal.ts';
import type { Secret } from './secrets.ts';
import { assertMayGive, assertMayLetIn, assertMayManage, withoutUnchanged } from './user-rights.ts';

export type User = {
  id: number;
  username: string;
  email: string;
  firstName: string;
  lastName: string;
  /** 0 streamer, 1 standard, 10 and above admin. */
  userLevel: number;
  isActive: boolean;
  isStaff: boolean;
  isSuperuser: boolean;
  dateJoined: Date;
  lastLogin: Date | null;
  customProperties: JsonObject;
  avatarConfig: JsonObject;
  channelProfiles: number[];
  streamLimit: number;
  groups: number[];
  apiKeyPreview: string | null;
};

/** The members of a user that a request can set. */
export type UserFields = Pick<
  User,
  | 'username'
  | 'email'
  | 'firstName'
  | 'lastName'
  | 'userLevel'
  | 'isActive'
  | 'isStaff'
  | 'isSuperuser'
  | 'customProperties'
  | 'avatarConfig'
  | 'channelProfiles'
  | 'streamLimit'
  | 'groups'
>;

/** What a new user is where nothing else is said. */
export const NEW_USER_FIELDS: Readonly<Omit<UserFields, 'username'>> = {
  email: '',
  firstName: '',
  lastName: '',
  userLevel: 0,
  isActive: true,
  isStaff: false,
  isSuperuser: false,
  customProperties: {},
  avatarConfig: {},
  channelProfiles: [],
  streamLimit: 0,
  groups: [],
};

export type NewUser = UserFields & { passwordHash: Secret; dateJoined: Date };

/** The hash that a current password was checked against, and the try that this was. */
export type ProvenPassword = { hash: Secret; granted: GrantedAttempt | null };

/** Absent members stay as they are; `customProperties` is a patch: null deletes a member. */
export type UserChanges = Partial<UserFields> & {
  passwordHash?: Secret;
  /** Set together with a new password: the one session that survives it, or null for none. */
  survivingSessionId?: string | null;
  /** Another hash meanwhile refuses the change. */
  provenPassword?: ProvenPassword;
};

/** Why nothing was stored. `outranked`: the user, meanwhile, holds a right that the actor lacks. */
export type UserProblem =
  | { kind: 'no_user' }
  | { kind: 'outranked' }
  | { kind: 'last_admin' }
  | { kind: 'username_taken' }
  | { kind: 'properties_too_large' }
  | { kind: 'password_changed' }
  | { kind: 'password_by_other'; id: number }
  | { kind: 'unknown_group'; id: number };

/** Writes throw `ActorGone`, having changed nothing, when the actor no longer stands. */
export interface UserStore {
  find(id: number): Promise<Account | null>;
  /** By id; those whose username begins with `search`, by username. At most `limit` rows. */
  list(search: string | null, limit: number): Promise<User[]>;
  page(search: string | null, slice: Slice): Promise<Page<User>>;
  /** Stores the user with its groups, or nothing; of racing calls with one username one wins. */
  insertUnlessTaken(user: NewUser, actor: Actor): Promise<User | UserProblem>;
  /**
   * Applies every change or none, in one transaction. Two patches of `customProperties` lose nothing; the
   * last active admin stays one, also when two admins demote each other. A new password ends the other
   * sessions, a deactivation ends all. Where the user gains rights, the keys that others made go with it; while others
   * set the password (`password_by_other`), nothing changes.
   */
  update(id: number, changes: UserChanges, actor: Actor, now: Date): Promise<User | UserProblem>;
  /** Removes the user with its sessions and keys, unless it is the last active admin, judged as in `update`. */
  delete(id: number, actor: Actor): Promise<UserProblem | null>;
}

export type UserDeps = AttemptDeps & {
  users: UserStore;
  passwordPolicy: PasswordPolicy;
  /** Whether changing one's own password asks for the current one. */
  requireCurrentPassword: boolean;
};

/** @throws DomainError `invalid` when there are more users than a bare list holds. */
export async function listUsers(deps: Pick<UserDeps, 'users'>, search: string | null): Promise<User[]> {
  const users = await deps.users.list(search, MAX_UNPAGED_ROWS + 1);
  assertUnpaged(users, 'users');
  return users;
}

/** @throws DomainError `not_found` */
export async function getUser(deps: Pick<UserDeps, 'users'>, id: number): Promise<User> {
  return (await getAccount(deps, id)).user;
}

/**
 * Stores a new user.
 * @throws DomainError `forbidden` when the caller gives what it may not give; `invalid` for a password that the
 * policy refuses, a taken username, an unknown group, or properties that are too large.
 */
export async function createUser(
  deps: UserDeps,
  { caller, fields, password, now }: { caller: Principal; fields: UserFields; password: string; now: Date },
): Promise<User> {
  assertMayGive(caller, withoutUnchanged(fields, NEW_USER_FIELDS));
  const settable = settableBy(caller, null, fields);
  assertObjectsFit(settable);
  assertAcceptable(deps.passwordPolicy, password);
  const passwordHash = await hashPassword(deps.passwordPolicy, password);
  const user = { ...settable, passwordHash, dateJoined: now };
  return orThrow(await deps.users.insertUnlessTaken(user, actorOf(caller)));
}

/**
 * Changes another user, or oneself by the rights one has over users.
 * @throws DomainError `not_found`; `forbidden` when the user holds a right that the caller lacks (by a key: any
 * right), or the change gives what the caller may not give; `invalid` as for `createUser`, and for the last active
 * admin; `conflict` when the change gives rights to a user whose password is by `other`.
 */
export async function updateUser(
  deps: UserDeps,
  args: { caller: Principal; id: number; changes: UserChanges; password?: string | undefined; now: Date },
): Promise<User> {
  const { caller, id, password, now } = args;
  const target = await getAccount(deps, id);
  assertMayManage(caller, target);
  const changes = withoutUnchanged(args.changes, target.user);
  assertMayGive(caller, changes);
  assertMayLetIn(caller, { ...changes, password });
  if (password !== undefined && id === caller.user.id && deps.requireCurrentPassword) {
    throw invalidFields({ password: ['Change your own password at users/me/, with the current one.'] });
  }
  const surviving = id === caller.user.id ? ownSessionOf(caller) : null;
  const withPassword = { ...changes, ...(await passwordChange(deps, password, surviving)) };
  return applyChanges(deps, { caller, id, changes: withPassword, now });
}

/**
 * Removes a user with its sessions and keys.
 * @throws DomainError `not_found`; `forbidden` when it holds a right that the caller lacks (by a key: any right);
 * `invalid` for the last active admin.
 */
export async function deleteUser(
  deps: Pick<UserDeps, 'users'>,
  { caller, id }: { caller: Principal; id: number },
): Promise<void> {
  assertMayManage(caller, await getAccount(deps, id));
  const problem = await deps.users.delete(id, actorOf(caller));
  if (problem !== null) throw errorOf(problem);
}

async function getAccount(deps: Pick<UserDeps, 'users'>, id: number): Promise<Account> {
  const account = await deps.users.find(id);
  if (account === null) throw noSuch('User');
  return account;
}

/** Stores changes that were found to be allowed. */
export async function applyChanges(
  deps: UserDeps,
  { caller, id, changes, now }: { caller: Principal; id: number; changes: UserChanges; now: Date },
): Promise<User> {
  const settable = settableBy(caller, id, changes);
  assertObjectsFit(settable);
  return orThrow(await deps.users.update(id, settable, actorOf(caller), now));
}

/** What a new password changes; nothing where none is given. @throws DomainError `invalid` by the policy. */
export async function passwordChange(
  deps: UserDeps,
  password: string | undefined,
  survivingSessionId: string | null,
): Promise<Pick<UserChanges, 'passwordHash' | 'survivingSessionId'>> {
  if (password === undefined) return {};
  assertAcceptable(deps.passwordPolicy, password);
  return { passwordHash: await hashPassword(deps.passwordPolicy, password), survivingSessionId };
}

function orThrow(outcome: User | UserProblem): User {
  if ('kind' in outcome) throw errorOf(outcome);
  return outcome;
}

function errorOf(problem: UserProblem): Error {
  switch (problem.kind) {
    case 'no_user':
      return noSuch('User');
    case 'outranked':
      return forbidden();
    case 'last_admin':
      return new DomainError('invalid', 'The last active admin cannot be deleted, demoted or deactivated.');
    case 'username_taken':
      return invalidFields({ username: ['A user with that username already exists.'] });
    case 'properties_too_large':
      return propertiesTooLarge();
    case 'password_changed':
      return invalidFields({ current_password: ['The current password is incorrect.'] });
    case 'password_by_other':
      return passwordsByOther([problem.id]);
    case 'unknown_group':
      return invalidFields({ groups: [`Invalid pk "${problem.id}" - object does not exist.`] });
  }
}
