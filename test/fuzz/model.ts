import { ALL_PERMISSIONS, type Permission } from '../../src/core/permissions.ts';

export type ModelUser = {
  name: string;
  id: number;
  exists: boolean;
  level: number;
  isActive: boolean;
  groups: ModelGroup[];
  password: string;
  oldPassword: string;
  setBy: Maker;
};
export type ModelGroup = { name: string; id: number; exists: boolean; permissions: Permission[] };
export type Login = { kind: 'login'; owner: ModelUser; isLive: boolean; accesses: string[]; refresh: string };
export type Key = {
  kind: 'key';
  owner: ModelUser;
  isLive: boolean;
  id: number;
  key: string;
  name: string;
  madeBy: Maker;
};
/** The maker of a password or a key. */
export type Maker = 'own' | 'admin' | 'other';
export type Credential = Login | Key;

/** What the service knows, as a reader of the README imagines it. A deleted user stays, as one that is no more. */
export type Model = { users: ModelUser[]; groups: ModelGroup[]; credentials: Credential[] };

export type Changes = {
  level?: number;
  isActive?: boolean;
  groups?: ModelGroup[];
  password?: string;
};
/** What must be answered and, where that is a success, what is then another. */
export type Verdict = { status: number; apply?: () => void };

const refused = (status: number): Verdict => ({ status });
const byKey = ({ kind }: Credential): boolean => kind === 'key';
const isAdmin = ({ level }: ModelUser): boolean => level >= 10;
const isSet = (value: unknown): boolean => value !== undefined;

export const isGood = ({ isLive, owner }: Credential): boolean => isLive && owner.isActive;
export const rightsOf = (user: ModelUser): ReadonlySet<Permission> =>
  isAdmin(user) ? ALL_PERMISSIONS : new Set(user.groups.flatMap(({ permissions }) => permissions));
const can = (user: ModelUser, right: Permission): boolean => rightsOf(user).has(right);

/** Nobody acts on a user who holds a right or a level that they lack. */
const mayActOn = (actor: ModelUser, target: ModelUser): boolean =>
  isAdmin(actor) ||
  (target.level <= Math.max(1, actor.level) && rightsOf(target).isSubsetOf(rightsOf(actor)));

/** A key, which may have leaked, manages none who holds a right. */
const mayManage = (by: Credential, target: ModelUser): boolean =>
  mayActOn(by.owner, target) && !(byKey(by) && (rightsOf(target).size > 0 || target.level > 1));

/** While someone else's password is set, everything in the name of its user is by someone else. */
export function makerOf(by: Credential, target: ModelUser | null): Maker {
  if (target?.setBy === 'other' || byKey(by)) return 'other';
  if (by.owner === target) return 'own';
  return isAdmin(by.owner) ? 'admin' : 'other';
}

/** A key that replaces itself hands on its maker. */
export const makerOfKey = (by: Credential, target: ModelUser): Maker =>
  by.kind === 'key' ? by.madeBy : makerOf(by, target);

const setsFreely = (by: Credential, target: ModelUser): boolean =>
  !byKey(by) && isAdmin(by.owner) && by.owner !== target;
const setterOf = (by: Credential, target: ModelUser): Maker =>
  setsFreely(by, target) ? 'admin' : makerOf(by, target);

const gains = (user: ModelUser, permissions: readonly Permission[]): boolean =>
  !new Set(permissions).isSubsetOf(rightsOf(user));

/** Whether the user gains a permission, or a level above 1. */
const growsBy = (user: ModelUser, { level = 0, groups = [] }: Changes): boolean =>
  (level > 1 && level > user.level) ||
  gains(
    user,
    groups.flatMap(({ permissions }) => permissions),
  );

const letsIn = ({ isActive, password }: Changes): boolean => isActive === true || isSet(password);

/** Whether whoever set the password of the user would have its new rights, too. */
const opensMoreToOthers = (by: Credential, target: ModelUser, changes: Changes): boolean =>
  growsBy(target, changes) &&
  target.setBy === 'other' &&
  !(isSet(changes.password) && setsFreely(by, target));

/** Keys that someone else made do not outlive a gain of rights. */
function endPlanted(model: Model, owner: ModelUser): void {
  for (const one of model.credentials)
    if (one.kind === 'key' && one.owner === owner && one.madeBy === 'other') one.isLive = false;
}

const isLastAdmin = ({ users }: Model, user: ModelUser): boolean =>
  users.filter((one) => one.exists && one.isActive && isAdmin(one)).every((one) => one === user);

/** Levels and groups come from admins; of these a key sets levels that give nothing. */
const mayGive = (by: Credential, { level = 0, groups }: Changes): boolean =>
  isAdmin(by.owner) && !(byKey(by) && (level > 1 || isSet(groups)));

const haveGone = (groups: ModelGroup[] = []): boolean => groups.some(({ exists }) => !exists);

function end(model: Model, kind: Credential['kind'], owner: ModelUser, except?: Credential): void {
  for (const one of model.credentials) {
    if (one.kind === kind && one.owner === owner && one !== except) one.isLive = false;
  }
}

export function judgeLogin(user: ModelUser, password: string): Verdict {
  return user.exists && user.isActive && user.password === password ? { status: 200 } : refused(401);
}

export function judgeLogout(by: Credential): Verdict {
  const apply = () => {
    if (by.kind === 'login') by.isLive = false;
  };
  return { status: 200, apply };
}

export function judgeNewPassword(
  model: Model,
  by: Credential,
  { password, current }: { password: string; current: string | undefined },
): Verdict {
  if (byKey(by)) return refused(403);
  if (isSet(current) && current !== by.owner.password) return refused(400);
  return { status: 200, apply: () => change(model, by, by.owner, { password }) };
}

export function judgeChange(model: Model, by: Credential, target: ModelUser, wanted: Changes): Verdict {
  if (!can(by.owner, 'change_user')) return refused(403);
  if (!target.exists) return refused(404);
  if (!mayManage(by, target)) return refused(403);
  const changes = withoutUnchanged(wanted, target);
  const gives = isSet(changes.level) || isSet(changes.groups);
  if (gives && !mayGive(by, changes)) return refused(403);
  if (letsIn(changes) && byKey(by) && !isAdmin(by.owner)) return refused(403);
  const endsAdmin = changes.isActive === false || (changes.level ?? 10) < 10;
  if (endsAdmin && isAdmin(target) && target.isActive && isLastAdmin(model, target)) return refused(400);
  if (haveGone(changes.groups)) return refused(400);
  if (opensMoreToOthers(by, target, changes)) return refused(409);
  return { status: 200, apply: () => change(model, by, target, changes) };
}

/** Whoever sends a user back as it is changes nothing. */
function withoutUnchanged({ level, isActive, groups, ...rest }: Changes, target: ModelUser): Changes {
  const sameGroups = groups && new Set(groups).symmetricDifference(new Set(target.groups)).size === 0;
  return {
    ...rest,
    ...(level === undefined || level === target.level ? {} : { level }),
    ...(isActive === undefined || isActive === target.isActive ? {} : { isActive }),
    ...(groups === undefined || sameGroups ? {} : { groups }),
  };
}

function change(model: Model, by: Credential, target: ModelUser, changes: Changes): void {
  const { password, ...plain } = changes;
  if (growsBy(target, changes)) endPlanted(model, target);
  const set = { oldPassword: target.password, password, setBy: setterOf(by, target) };
  Object.assign(target, plain, password === undefined ? {} : set);
  if (changes.isActive === false) end(model, 'login', target);
  if (password !== undefined) end(model, 'login', target, by);
}

export function judgeDeletion(model: Model, by: Credential, target: ModelUser): Verdict {
  if (!can(by.owner, 'delete_user')) return refused(403);
  if (!target.exists) return refused(404);
  if (!mayManage(by, target)) return refused(403);
  if (isAdmin(target) && target.isActive && isLastAdmin(model, target)) return refused(400);
  const apply = () => {
    Object.assign(target, { exists: false, isActive: false, level: 0, groups: [] });
    for (const kind of ['login', 'key'] as const) end(model, kind, target);
  };
  return { status: 204, apply };
}

export function judgeCreation(model: Model, by: Credential, name: string, given: Changes): Verdict {
  const gives = (given.level ?? 0) !== 0 || (given.groups ?? []).length > 0;
  if (!can(by.owner, 'add_user')) return refused(403);
  if (gives && !mayGive(by, given)) return refused(403);
  if (model.users.some((user) => user.name === name && user.exists)) return refused(400);
  return haveGone(given.groups) ? refused(400) : { status: 201 };
}

/** Making a key ends the one that the user had; revoking ends it too. `target` is null for oneself. */
export function judgeKey(
  model: Model,
  by: Credential,
  target: ModelUser | null,
  asked: { right: 'add_apikey'; name: string } | { right: 'delete_apikey' },
): Verdict {
  const { right } = asked;
  const owner = target ?? by.owner;
  if (owner !== by.owner) {
    if (!can(by.owner, right)) return refused(403);
    if (!owner.exists) return refused(404);
    if (!mayActOn(by.owner, owner) || byKey(by)) return refused(403);
  }
  if (by.kind === 'key' && asked.right === 'add_apikey' && asked.name !== by.name) return refused(403);
  return { status: right === 'add_apikey' ? 201 : 200, apply: () => end(model, 'key', owner) };
}

export function judgeKeyDeletion(by: Credential, key: Key): Verdict {
  const isVisible = key.owner === by.owner || can(by.owner, 'delete_apikey');
  if (!key.isLive || !isVisible) return refused(404);
  if (!mayActOn(by.owner, key.owner) || (byKey(by) && key !== by)) return refused(403);
  const apply = () => {
    key.isLive = false;
  };
  return { status: 204, apply };
}

export function judgeGroupChange(
  model: Model,
  by: Credential,
  group: ModelGroup,
  permissions: Permission[],
): Verdict {
  if (!isAdmin(by.owner) || byKey(by)) return refused(403);
  if (!group.exists) return refused(404);
  const gaining = model.users.filter((user) => user.groups.includes(group) && gains(user, permissions));
  if (gaining.some(({ setBy }) => setBy === 'other')) return refused(409);
  const apply = () => {
    for (const user of gaining) endPlanted(model, user);
    group.permissions = permissions;
  };
  return { status: 200, apply };
}

export function judgeGroupDeletion(model: Model, by: Credential, group: ModelGroup): Verdict {
  if (!isAdmin(by.owner) || byKey(by)) return refused(403);
  if (!group.exists) return refused(404);
  const apply = () => {
    Object.assign(group, { exists: false, permissions: [] });
    for (const user of model.users) user.groups = user.groups.filter((one) => one !== group);
  };
  return { status: 204, apply };
}
