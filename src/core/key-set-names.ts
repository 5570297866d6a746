/**
 * The number of a secret that holds a key set: 1 for `JWT_KEYS`, 2 for `JWT_KEYS_2`, and so on; null for any other
 * name. The secrets count in the order of these numbers, of which rotation always takes a higher one.
 */
export function keySetNumber(name: string): number | null {
  const match = /^JWT_KEYS(?:_([2-9]|[1-9]\d{1,8}))?$/.exec(name);
  return match === null ? null : Number(match[1] ?? 1);
}

/**
 * Where the numbers begin of secrets that are shared with another server. They stand behind every key, since rotation
 * never gets that far, and so let tokens in and sign none: they are never counted as the key that signs.
 */
const FIRST_SHARED = 1000;

/** Whether a secret may hold the key that signs. */
export function isSigningKeyName(name: string): boolean {
  const number = keySetNumber(name);
  return number !== null && number < FIRST_SHARED;
}

export const isKeySetName = (name: string): boolean => keySetNumber(name) !== null;

/** The name of the secret with that number. */
export const keySetName = (number: number): string => (number === 1 ? 'JWT_KEYS' : `JWT_KEYS_${number}`);
