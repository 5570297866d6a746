import { invalidFields } from './errors.ts';
import type { JsonObject } from './json.ts';

export const MAX_CUSTOM_PROPERTIES_BYTES = 102_400;

/** In one's own `custom_properties` these belong to the administration. */
const ADMIN_ONLY_MEMBERS = new Set(['xc_password', 'allowed_networks', 'catchup_enabled']);

/** What a user may set of its own properties. */
export const withoutAdminOnly = (properties: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(properties).filter(([name]) => !ADMIN_ONLY_MEMBERS.has(name)));

/**
 * Bounds what one request brings, measured as the reference does, in escaped ASCII. What is stored is bounded
 * too, by the statement that merges it, in the bytes of UTF-8.
 * @throws DomainError `invalid`
 */
export function assertPropertiesFit(properties: JsonObject): void {
  if (asciiJsonLength(properties) > MAX_CUSTOM_PROPERTIES_BYTES) throw propertiesTooLarge();
}

export const propertiesTooLarge = (): Error =>
  invalidFields({
    custom_properties: [`custom_properties exceeds maximum size of ${MAX_CUSTOM_PROPERTIES_BYTES} bytes`],
  });

/** Length of the JSON text with every non-ASCII character written as an escape of six characters. */
function asciiJsonLength(value: JsonObject): number {
  const text = JSON.stringify(value);
  const others = text.match(/[^\0-\x7f]/g)?.length ?? 0;
  return text.length + 5 * others;
}
