import { exportJWK } from 'jose';
import type { SigningKey, SigningKeys } from './signing-keys.ts';

/** The public part of a signing key, as others need it to verify (RFC 7517 section 4). */
export type PublicKey = {
  kty: string;
  crv: string;
  x: string;
  /** Of EC keys alone. */
  y?: string;
  kid: string;
  alg: string;
  use: 'sig';
};

/**
 * The public keys of all that verify, in their order: those too that sign no more or not yet, so that caches know a
 * key before it signs. Secrets have no public part and are left out.
 */
export async function publicKeysOf({ all }: SigningKeys): Promise<PublicKey[]> {
  const found: PublicKey[] = [];
  for (const key of all) if (key.alg !== 'HS256') found.push(await publicKeyOf(key));
  return found;
}

/** Made of allowed members alone, and of the key that verifies: whatever else a set holds stays in it. */
async function publicKeyOf({ kid, alg, verifyWith }: SigningKey): Promise<PublicKey> {
  const { kty, crv, x, y } = await exportJWK(verifyWith);
  if (!kty || !crv || !x || kid === undefined) throw new Error('a key has no public part');
  return { kty, crv, x, ...(y === undefined ? {} : { y }), kid, alg, use: 'sig' };
}
