/** The two headers that can hold a credential. */
export type CredentialHeaders = { authorization: string | null; apiKey: string | null };

/** No credential comes near it. Longer ones are not looked at, so that nobody makes us work on them. */
export const MAX_CREDENTIAL_CHARACTERS = 16_384;

/**
 * Reads the two headers out of whatever was given; null where that is no headers, or where one that counts is no text,
 * stands there twice or is too long. Beside a Bearer `X-API-Key` does not count. Looks only at `Headers` and plain
 * objects: reading a member of a remote object would call whoever sent it.
 */
export function credentialHeadersOf(given: unknown): CredentialHeaders | null {
  try {
    const authorization = headerOf(given, 'authorization');
    if (authorization === undefined) return null;
    const [scheme] = partsOf(authorization);
    const apiKey = scheme?.toLowerCase() === 'bearer' ? null : headerOf(given, 'x-api-key');
    return apiKey === undefined ? null : { authorization, apiKey };
  } catch {
    // A getter or a proxy of whoever made the object.
    return null;
  }
}

/** Split at blanks as HTTP knows them (RFC 9110 section 5.6.3). */
export const partsOf = (header: string | null): string[] =>
  (header ?? '').split(/[ \t]+/).filter((part) => part !== '');

/** Null where there is no such header, undefined where it cannot be read. */
function headerOf(given: unknown, name: string): string | null | undefined {
  const values = given instanceof Headers ? [given.get(name)] : membersOf(given, name);
  const present = values?.filter((value) => value !== null && value !== undefined);
  if (present === undefined || present.length > 1) return undefined;
  const [value = null] = present;
  return value === null || isCredentialText(value) ? value : undefined;
}

/** A list, as Node's `headersDistinct` has them, counts as its members. */
function membersOf(given: unknown, name: string): unknown[] | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const prototype: unknown = Object.getPrototypeOf(given);
  if (prototype !== null && prototype !== Object.prototype) return undefined;
  return Object.entries(given).flatMap(([each, value]: [string, unknown]) =>
    each.toLowerCase() === name ? (Array.isArray(value) ? [...value] : [value]) : [],
  );
}

/** Whether something is a text that could be a credential, by its size alone. */
export const isCredentialText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MAX_CREDENTIAL_CHARACTERS;
