import { base64url, exportJWK, generateKeyPair, type JWK } from 'jose';
import { keySetName } from '../../src/core/key-set-names.ts';
import type { RefreshSecret } from '../../src/core/refresh-keys.ts';
import { type KeySet, parseSigningKeys, type SigningKeys } from '../../src/core/signing-keys.ts';
import { refreshKeyName } from '../../src/protocol/refresh-keys.ts';

/** A private key as it stands in `JWT_KEYS`; `interchange` is the one member of ours. */
export type TestJwk = JWK & { interchange?: unknown };

export async function newJwk(alg: 'ES256' | 'EdDSA' | 'RS256' | 'ES384'): Promise<TestJwk> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return exportJWK(privateKey);
}

export const secretJwk = (members: Partial<TestJwk> = {}, bytes = 32): TestJwk => ({
  kty: 'oct',
  k: base64url.encode(crypto.getRandomValues(new Uint8Array(bytes))),
  ...members,
});

export function publicPart({
  d: _,
  p: __,
  q: ___,
  dp: ____,
  dq: _____,
  qi: ______,
  ...rest
}: TestJwk): TestJwk {
  return rest;
}

export const setOf = (...keys: unknown[]): string => JSON.stringify({ keys });

/** Secrets with these texts, named as they count: `JWT_KEYS`, `JWT_KEYS_2` and so on. */
export const keySets = (...texts: string[]): KeySet[] =>
  texts.map((text, index) => ({ name: keySetName(index + 1), text }));

export const parsed = (...keys: TestJwk[]): Promise<SigningKeys> => parsedSets(setOf(...keys));

export const parsedSets = (...texts: string[]): Promise<SigningKeys> => parsedWith(texts, []);

export const problemOf = (...texts: string[]): Promise<string> => problemWith(texts, []);

/** Secrets with these texts, named as they count: `REFRESH_KEY`, `REFRESH_KEY_2` and so on. */
const refreshSecrets = (texts: readonly string[]): RefreshSecret[] =>
  texts.map((text, index) => ({ name: refreshKeyName(index + 1), number: index + 1, text }));

/** Key sets, and beside them secrets that sign refresh tokens. */
export async function parsedWith(sets: readonly string[], refresh: readonly string[]): Promise<SigningKeys> {
  const result = await parseSigningKeys(keySets(...sets), refreshSecrets(refresh));
  if (!result.valid) throw new Error(result.problem);
  return result.keys;
}

export async function problemWith(sets: readonly string[], refresh: readonly string[]): Promise<string> {
  const result = await parseSigningKeys(keySets(...sets), refreshSecrets(refresh));
  if (result.valid) throw new Error('the keys were accepted');
  return result.problem;
}
