import { type DomainError, invalidFields, noSuch } from './errors.ts';
import type { Page, Slice } from './pages.ts';
import { isPermissionId } from './permissions.ts';
import { type Actor, actorOf, assertNotByApiKey, type Principal } from './principal.ts';

/** A named set of rights; users hold the rights of all their groups. */
export type Group = { id: number; name: string; permissions: number[] };
export type GroupFields = Pick<Group, 'name' | 'permissions'>;
export type GroupChanges = { [Name in keyof GroupFields]?: GroupFields[Name] | undefined };

/** Writes throw `ActorGone`, having changed nothing, when the actor no longer stands. */
export interface GroupStore {
  /** By id, ascending. */
  list(): Promise<Group[]>;
  page(slice: Slice): Promise<Page<Group>>;
  find(id: number): Promise<Group | null>;
  /** Of racing calls with one name one wins. */
  insertUnlessTaken(group: GroupFields, actor: Actor): Promise<Group | 'name_taken'>;
  /** Applies every change or none. */
  update(id: number, changes: GroupChanges, actor: Actor): Promise<Group | 'name_taken' | 'no_group'>;
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
 * @throws DomainError `invalid` for a name in use or an id that is no permission's; `forbidden` for a caller with an
 * API key.
 */
export async function createGroup(
  deps: GroupDeps,
  { caller, fields }: { caller: Principal; fields: GroupFields },
): Promise<Group> {
  assertNotByApiKey(caller, GIVES_RIGHTS);
  const checked = { ...fields, permissions: known(fields.permissions) };
  const group = await deps.groups.insertUnlessTaken(checked, actorOf(caller));
  if (group === 'name_taken') throw nameTaken();
  return group;
}

/** @throws DomainError as for `createGroup`, or `not_found`. */
export async function updateGroup(
  deps: GroupDeps,
  { caller, id, changes }: { caller: Principal; id: number; changes: GroupChanges },
): Promise<Group> {
  assertNotByApiKey(caller, GIVES_RIGHTS);
  const { permissions, ...rest } = changes;
  const checked = permissions === undefined ? rest : { ...rest, permissions: known(permissions) };
  const group = await deps.groups.update(id, checked, actorOf(caller));
  if (group === 'no_group') throw noSuch('Group');
  if (group === 'name_taken') throw nameTaken();
  return group;
}

/** @throws DomainError `not_found` */
export async function deleteGroup(
  deps: GroupDeps,
  { caller, id }: { caller: Principal; id: number },
): Promise<void> {
  if (!(await deps.groups.delete(id, actorOf(caller)))) throw noSuch('Group');
}

const GIVES_RIGHTS = 'An API key may not give rights. Sign in with your password instead.';

function known(ids: readonly number[]): number[] {
  const unknown = ids.find((id) => !isPermissionId(id));
  if (unknown === undefined) return [...new Set(ids)].sort((a, b) => a - b);
  throw invalidFields({ permissions: [`Invalid pk "${unknown}" - object does not exist.`] });
}

const nameTaken = (): DomainError => invalidFields({ name: ['group with this name already exists.'] });
