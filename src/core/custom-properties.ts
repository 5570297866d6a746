import { invalidFields } from './errors.ts';
import type { JsonObject } from './json.ts';

export const MAX_CUSTOM_PROPERTIES_BYTES = 102_400;
const MAX_AVATAR_CONFIG_BYTES = 102_400;

/** In one's own `custom_properties` these belong to the administration. */
const ADMIN_ONLY_MEMBERS = new Set(['xc_password', 'allowed_networks', 'catchup_enabled']);

/** What a user may set of its own properties. */
export const withoutAdminOnly = (properties: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(properties).filter(([name]) => !ADMIN_ONLY_MEMBERS.has(name)));

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
