// Makes what the secrets JWT_KEYS, JWT_KEYS_2 and so on hold.

import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';

/** A key as JSON on one line: the set with the private key, for a secret, and the public part, for all to see. */
export type NewKey = { keySet: string; kid: string; publicJwk: string };

/** A new ES256 key; `kid` is its RFC 7638 thumbprint. */
export async function createKey(): Promise<NewKey> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const { d, ...publicPart } = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(publicPart);
  const publicJwk = { ...publicPart, kid, alg: 'ES256', use: 'sig' };
  return { keySet: keySetOf({ ...publicJwk, d }), kid, publicJwk: JSON.stringify(publicJwk) };
}

/** A JWK set with one new private key. */
export const createKeySet = async (): Promise<string> => (await createKey()).keySet;

/** A JWK set that only verifies, for what a key that is replaced leaves behind. */
export const publicKeySet = (publicJwk: string): string => keySetOf(JSON.parse(publicJwk));

const keySetOf = (jwk: unknown): string => JSON.stringify({ keys: [jwk] });
