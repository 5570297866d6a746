import { invalidFields } from './errors.ts';
import type { JsonObject } from './json.ts';
import type { Principal } from './principal.ts';
import type { User } from './users.ts';

export const MAX_CUSTOM_PROPERTIES_BYTES = 102_400;
const MAX_AVATAR_CONFIG_BYTES = 102_400;

/** Members that belong to the administration: only admins set them. */
const SET_BY_ADMINS: ReadonlySet<string> = new Set([
  'xc_password',
  'allowed_networks',
  'catchup_enabled',
  'dvr_access',
  'vod_movies_enabled',
  'vod_series_enabled',
  'allowed_m3u_profile_ids',
]);

/** Members that only the user itself and admins see: a password, and the networks where it is accepted. */
const SEEN_BY_OWNER_AND_ADMINS: ReadonlySet<string> = new Set(['xc_password', 'allowed_networks']);

const without = (names: ReadonlySet<string>, properties: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(properties).filter(([name]) => !names.has(name)));

/**
 * The fields as this caller may set them for a user (null: a new one). The rest is dropped silently, as existing clients
 * expect. An admin's key sets nothing for its owner: the password of a player would outlive a leaked key.
 */
export function settableBy<Fields extends { customProperties?: JsonObject }>(
  { user, rights, proof }: Principal,
  userId: number | null,
  fields: Fields,
): Fields {
  const { customProperties } = fields;
  const isOwnByKey = proof.kind === 'api_key' && userId === user.id;
  if (customProperties === undefined || (rights.isAdmin && !isOwnByKey)) return fields;
  return { ...fields, customProperties: without(SET_BY_ADMINS, customProperties) };
}

/** The caller that an answer with users is for. */
export type Viewer = Pick<Principal, 'user' | 'rights'>;

/** The custom properties of `user` that `viewer` may see. */
export function propertiesSeenBy(viewer: Viewer, { id, customProperties }: User): JsonObject {
  const seesAll = viewer.rights.isAdmin || viewer.user.id === id;
  return seesAll ? customProperties : without(SEEN_BY_OWNER_AND_ADMINS, customProperties);
}

/**
 * Bounds what one request brings, measured as the reference does, in escaped ASCII. Custom properties are bounded
 * also as stored, by the statement that merges them, in the bytes of UTF-8.
 * @throws DomainError `invalid`
 */
export function assertObjectsFit(fields: { customProperties?: JsonObject; avatarConfig?: JsonObject }): void {
  const { customProperties = {}, avatarConfig = {} } = fields;
  if (asciiJsonLength(customProperties) > MAX_CUSTOM_PROPERTIES_BYTES) throw propertiesTooLarge();
  if (asciiJsonLength(avatarConfig) > MAX_AVATAR_CONFIG_BYTES) {
    throw tooLarge('avatar_config', MAX_AVATAR_CONFIG_BYTES);
  }
}

export const propertiesTooLarge = (): Error => tooLarge('custom_properties', MAX_CUSTOM_PROPERTIES_BYTES);

const tooLarge = (field: string, bytes: number): Error =>
  invalidFields({ [field]: [`${field} exceeds maximum size of ${bytes} bytes`] });

/** Length of the JSON text with every non-ASCII character written as an escape of six characters. */
function asciiJsonLength(value: JsonObject): number {
  const text = JSON.stringify(value);
  const others = text.match(/[^\0-\x7f]/g)?.length ?? 0;
  return text.length + 5 * others;
}
