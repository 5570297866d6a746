/** The closed list of rights. An id, once given, never changes its meaning: groups store ids. */
const CATALOGUE = [
  { id: 1, name: 'Can add user', codename: 'add_user' },
  { id: 2, name: 'Can change user', codename: 'change_user' },
  { id: 3, name: 'Can delete user', codename: 'delete_user' },
  { id: 4, name: 'Can view user', codename: 'view_user' },
  { id: 5, name: 'Can add group', codename: 'add_group' },
  { id: 6, name: 'Can change group', codename: 'change_group' },
  { id: 7, name: 'Can delete group', codename: 'delete_group' },
  { id: 8, name: 'Can view group', codename: 'view_group' },
  { id: 9, name: 'Can add API key', codename: 'add_apikey' },
  { id: 10, name: 'Can delete API key', codename: 'delete_apikey' },
  { id: 11, name: 'Can view API key', codename: 'view_apikey' },
  { id: 12, name: 'Can view permission', codename: 'view_permission' },
  { id: 13, name: 'Can view session', codename: 'view_session' },
  { id: 14, name: 'Can delete session', codename: 'delete_session' },
  { id: 15, name: 'Can view audit event', codename: 'view_auditevent' },
  { id: 16, name: 'Can introspect token', codename: 'introspect_token' },
] as const;

export type Permission = (typeof CATALOGUE)[number]['codename'];
export type PermissionEntry = { readonly id: number; readonly name: string; readonly codename: Permission };

export const PERMISSIONS: readonly PermissionEntry[] = CATALOGUE;

const CODENAME_BY_ID = new Map<number, Permission>(CATALOGUE.map(({ id, codename }) => [id, codename]));
const ID_BY_CODENAME = new Map<Permission, number>(CATALOGUE.map(({ id, codename }) => [codename, id]));

export const isPermissionId = (id: number): boolean => CODENAME_BY_ID.has(id);

/** The rights behind stored ids. An id that is no longer in the list gives nothing. */
export function permissionsOf(ids: readonly number[]): Set<Permission> {
  return new Set(ids.flatMap((id) => CODENAME_BY_ID.get(id) ?? []));
}

/** The ids under which groups store these rights. */
export const idsOf = (permissions: ReadonlySet<Permission>): number[] =>
  [...permissions].flatMap((codename) => ID_BY_CODENAME.get(codename) ?? []);

export const ALL_PERMISSIONS: ReadonlySet<Permission> = new Set(CODENAME_BY_ID.values());
