import { base64url, exportJWK, generateKeyPair, type JWK } from 'jose';
import { parseSigningKeys, type SigningKeys } from '../../src/core/signing-keys.ts';

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

export async function parsed(...keys: TestJwk[]): Promise<SigningKeys> {
  const result = await parseSigningKeys(setOf(...keys));
  if (!result.valid) throw new Error(result.problem);
  return result.keys;
}

export async function problemOf(text: string | undefined): Promise<string> {
  const result = await parseSigningKeys(text);
  if (result.valid) throw new Error('the key set was accepted');
  return result.problem;
}
