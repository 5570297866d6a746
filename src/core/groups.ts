import { type DomainError, invalidFields, noSuch } from './errors.ts';
import type { Page, Slice } from './pages.ts';
import { isPermissionId } from './permissions.ts';

/** A named set of rights; users hold the rights of all their groups. */
export type Group = { id: number; name: string; permissions: number[] };
export type GroupFields = Pick<Group, 'name' | 'permissions'>;

export interface GroupStore {
  /** By id, ascending. */
  list(): Promise<Group[]>;
  page(slice: Slice): Promise<Page<Group>>;
  find(id: number): Promise<Group | null>;
  /** Of racing calls with one name one wins. */
  insertUnlessTaken(group: GroupFields): Promise<Group | 'name_taken'>;
  /** Applies every change or none. */
  update(id: number, changes: Partial<GroupFields>): Promise<Group | 'name_taken' | 'no_group'>;
  /** Removes the group and takes its rights from its members at once; false when there was none. */
  delete(id: number): Promise<boolean>;
}

export type GroupDeps = { groups: GroupStore };

export async function getGroup(deps: GroupDeps, id: number): Promise<Group> {
  const group = await deps.groups.find(id);
  if (group === null) throw noSuch('Group');
  return group;
}

/** @throws DomainError `invalid` for a name in use or an id that is no permission's. */
export async function createGroup(deps: GroupDeps, fields: GroupFields): Promise<Group> {
  const group = await deps.groups.insertUnlessTaken({ ...fields, permissions: known(fields.permissions) });
  if (group === 'name_taken') throw nameTaken();
  return group;
}

/** @throws DomainError as for `createGroup`, or `not_found`. */
export async function updateGroup(
  deps: GroupDeps,
  { id, changes }: { id: number; changes: Partial<GroupFields> },
): Promise<Group> {
  const { permissions, ...rest } = changes;
  const checked = permissions === undefined ? rest : { ...rest, permissions: known(permissions) };
  const group = await deps.groups.update(id, checked);
  if (group === 'no_group') throw noSuch('Group');
  if (group === 'name_taken') throw nameTaken();
  return group;
}

export async function deleteGroup(deps: GroupDeps, id: number): Promise<void> {
  if (!(await deps.groups.delete(id))) throw noSuch('Group');
}

function known(ids: readonly number[]): number[] {
  const unknown = ids.find((id) => !isPermissionId(id));
  if (unknown === undefined) return [...new Set(ids)].sort((a, b) => a - b);
  throw invalidFields({ permissions: [`Invalid pk "${unknown}" - object does not exist.`] });
}

const nameTaken = (): DomainError => invalidFields({ name: ['group with this name already exists.'] });
