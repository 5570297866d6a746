import { base64url } from 'jose';
import type { SigningKey, SigningKeys } from '../../src/core/signing-keys.ts';
import { mintToken, type TokenPolicy } from '../../src/core/tokens.ts';

export const POLICY: TokenPolicy = { accessTokenTtlSeconds: 1800, refreshTokenTtlSeconds: 86_400 };
export const NOW = new Date('2030-01-01T12:00:00Z');
export const nowSeconds = NOW.getTime() / 1000;

export type Part = Record<string, unknown>;

/** A token of user 7 that the service itself could have made. */
export const minted = (
  keys: SigningKeys,
  overrides: Partial<Parameters<typeof mintToken>[2]> = {},
  policy: TokenPolicy = POLICY,
  key?: SigningKey,
): Promise<string> => {
  const expiresAt = new Date(NOW.getTime() + 1_800_000);
  const plain = { kind: 'access', userId: 7, sid: 'a1b2', issuedAt: NOW, expiresAt } as const;
  return mintToken(key ?? keys.signer, policy, { ...plain, ...overrides });
};

export const encoded = (part: unknown): string => base64url.encode(JSON.stringify(part));

export function partsOf(token: string): { header: Part; payload: Part; signature: string } {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const read = (text: string) => JSON.parse(new TextDecoder().decode(base64url.decode(text)));
  return { header: read(header), payload: read(payload), signature };
}

/** A compact JWS made by hand, so that it may hold what no library would sign. */
export async function compact(
  header: unknown,
  payload: unknown,
  key: SigningKey | CryptoKey,
): Promise<string> {
  return signedInput(`${encoded(header)}.${encoded(payload)}`, key);
}

/** A text and its signature, whether or not it is the header and payload of a token. */
export const signedInput = async (input: string, key: SigningKey | CryptoKey): Promise<string> =>
  `${input}.${base64url.encode(await signature(input, 'signWith' in key ? key.signWith : key))}`;

async function signature(input: string, key: CryptoKey | undefined): Promise<Uint8Array> {
  if (key === undefined) throw new Error('that key does not sign');
  const algorithm = key.algorithm.name === 'ECDSA' ? { name: 'ECDSA', hash: 'SHA-256' } : key.algorithm.name;
  return new Uint8Array(await crypto.subtle.sign(algorithm, key, new TextEncoder().encode(input)));
}

export const hmacKey = (bytes: Uint8Array<ArrayBuffer>, hash = 'SHA-256'): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash }, false, ['sign']);
