// Makes what the secret JWT_KEYS holds.

import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';

/** A JWK set with one new private ES256 key, as JSON on one line; `kid` is its RFC 7638 thumbprint. */
export async function createKeySet(): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return JSON.stringify({ keys: [{ ...jwk, kid, alg: 'ES256', use: 'sig' }] });
}
