/**
 * The number of a secret that holds a key set: 1 for `JWT_KEYS`, 2 for `JWT_KEYS_2`, and so on; null for any other
 * name. The secrets count in the order of these numbers, of which rotation always takes a higher one.
 */
export function keySetNumber(name: string): number | null {
  const match = /^JWT_KEYS(?:_([2-9]|[1-9]\d{1,8}))?$/.exec(name);
  return match === null ? null : Number(match[1] ?? 1);
}

export const isKeySetName = (name: string): boolean => keySetNumber(name) !== null;

/** The name of the secret with that number. */
export const keySetName = (number: number): string => (number === 1 ? 'JWT_KEYS' : `JWT_KEYS_${number}`);
