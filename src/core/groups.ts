import { type DomainError, invalidFields, noSuch } from './errors.ts';
import { passwordsByOther } from './makers.ts';
import type { Page, Slice } from './pages.ts';
import { isPermissionId } from './permissions.ts';
import { type Actor, actorOf, assertNotByApiKey, type Principal } from './principal.ts';
import { NO_RIGHTS_BY_KEY } from './user-rights.ts';

/** A named set of rights; users hold the rights of all their groups. */
export type Group = { id: number; name: string; permissions: number[] };
export type GroupFields = Pick<Group, 'name' | 'permissions'>;
export type GroupChanges = { [Name in keyof GroupFields]?: GroupFields[Name] | undefined };

/** `passwordsByOther`: the first members who would gain permissions and whose passwords are by `other`. */
export type GroupProblem = 'name_taken' | 'no_group' | { passwordsByOther: number[] };

/** Writes throw `ActorGone`, having changed nothing, when the actor no longer stands. */
export interface GroupStore {
  /** By id, ascending. */
  list(): Promise<Group[]>;
  page(slice: Slice): Promise<Page<Group>>;
  find(id: number): Promise<Group | null>;
  /** Of racing calls with one name one wins. */
  insertUnlessTaken(group: GroupFields, actor: Actor): Promise<Group | 'name_taken'>;
  /**
   * Applies every change or none. Where members gain permissions, the keys that others made for them go with it; while
   * others set the password of any such member, nothing changes.
   */
  update(id: number, changes: GroupChanges, actor: Actor): Promise<Group | GroupProblem>;
  /** Removes the group and takes its rights from its members at once; false when there was none. */
  delete(id: number, actor: Actor): Promise<boolean>;
}

export type GroupDeps = { groups: GroupStore };

/** @throws DomainError `not_found` */
export async function getGroup(deps: GroupDeps, id: number): Promise<Group> {
  const group = await deps.groups.find(id);
  if (group === null) throw noSuch('Group');
  return group;
}

/**
 * @throws DomainError `invalid` for a name in use or an id that is no permission's; `forbidden` for permissions from a
 * caller with an API key.
 */
export async function createGroup(
  deps: GroupDeps,
  { caller, fields }: { caller: Principal; fields: GroupFields },
): Promise<Group> {
  const checked = { ...fields, permissions: known(fields.permissions) };
  if (checked.permissions.length > 0) assertNotByApiKey(caller, NO_RIGHTS_BY_KEY);
  const group = await deps.groups.insertUnlessTaken(checked, actorOf(caller));
  if (group === 'name_taken') throw nameTaken();
  return group;
}

/**
 * @throws DomainError `not_found`; `invalid` as for `createGroup`; `forbidden` for a caller with an API key; `conflict`
 * when it gives permissions to members whose passwords are by `other`.
 */
export async function updateGroup(
  deps: GroupDeps,
  { caller, id, changes }: { caller: Principal; id: number; changes: GroupChanges },
): Promise<Group> {
  assertNotByApiKey(caller, NO_RIGHTS_BY_KEY);
  const { permissions, ...rest } = changes;
  const checked = permissions === undefined ? rest : { ...rest, permissions: known(permissions) };
  const group = await deps.groups.update(id, checked, actorOf(caller));
  if (group === 'no_group') throw noSuch('Group');
  if (group === 'name_taken') throw nameTaken();
  if ('passwordsByOther' in group) throw passwordsByOther(group.passwordsByOther);
  return group;
}

/** @throws DomainError `not_found`; `forbidden` for a caller with an API key. */
export async function deleteGroup(
  deps: GroupDeps,
  { caller, id }: { caller: Principal; id: number },
): Promise<void> {
  assertNotByApiKey(caller, NO_RIGHTS_BY_KEY);
  if (!(await deps.groups.delete(id, actorOf(caller)))) throw noSuch('Group');
}

function known(ids: readonly number[]): number[] {
  const unknown = ids.find((id) => !isPermissionId(id));
  if (unknown === undefined) return [...new Set(ids)].sort((a, b) => a - b);
  throw invalidFields({ permissions: [`Invalid pk "${unknown}" - object does not exist.`] });
}

const nameTaken = (): DomainError => invalidFields({ name: ['group with this name already exists.'] });
