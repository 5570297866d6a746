import { calculateJwkThumbprint, importJWK, type JWK } from 'jose';

export type SigningAlgorithm = 'ES256' | 'EdDSA' | 'HS256';

export type SigningKey = {
  /** RFC 7638 thumbprint, or the one given; an interchange key may have none. */
  kid: string | undefined;
  alg: SigningAlgorithm;
  verifyWith: CryptoKey;
  /** Absent for a key that only verifies. */
  signWith: CryptoKey | undefined;
  /** Shared with another issuer, whose tokens have no `kid`, no `typ` of ours, and `sid` only where they renew ours. */
  interchange: boolean;
};

export type SigningKeys = {
  signer: SigningKey & { signWith: CryptoKey };
  all: readonly SigningKey[];
  /** For HMAC over what is stored as a digest but could be guessed without a key. */
  digestKey: CryptoKey;
};

export type ParsedSigningKeys = { valid: true; keys: SigningKeys } | { valid: false; problem: string };

/** A JWK with the one member of ours: whether another issuer holds the secret too. */
type StoredJwk = JWK & { interchange?: unknown };

/** RFC 7518 section 3.2: a key for HS256 has at least the size of the hash output. */
const MIN_SECRET_BYTES = 32;

/**
 * Reads a JWK set (RFC 7517 section 5): the first key signs, all verify.
 * `problem` names what is wrong without a word of the material itself.
 */
export async function parseSigningKeys(text: string | undefined): Promise<ParsedSigningKeys> {
  if (text === undefined || text.trim() === '') return { valid: false, problem: 'it is not set' };
  const jwks = readSet(text);
  if (jwks === undefined) return { valid: false, problem: 'it is not a JWK set: {"keys": [...]}' };
  const all: SigningKey[] = [];
  for (const [index, jwk] of jwks.entries()) {
    try {
      all.push(await importKey(jwk));
    } catch (error) {
      return { valid: false, problem: `key ${index} of the set ${reasonOf(error)}` };
    }
  }
  return assemble(all, await digestKeyOf(text));
}

/**
 * The keys that can have made a token with this header: the one of its `kid`, or where it has none those
 * shared with another issuer, which may be two while that secret is being replaced.
 */
export function keysFor(keys: SigningKeys, header: { kid?: unknown; alg?: unknown }): SigningKey[] {
  if (header.kid !== undefined) return keys.all.filter((key) => key.kid === header.kid);
  return keys.all.filter((key) => key.interchange && key.alg === header.alg);
}

class UnusableKey extends Error {}

const reasonOf = (error: unknown): string =>
  error instanceof UnusableKey ? error.message : 'cannot be imported';

function readSet(text: string): StoredJwk[] | undefined {
  try {
    const { keys } = JSON.parse(text);
    return Array.isArray(keys) && keys.length > 0 ? keys : undefined;
  } catch {
    return undefined;
  }
}

/** Of the whole secret, so that it needs no secret of its own; a change of the keys begins all counts anew. */
const digestKeyOf = (text: string): Promise<CryptoKey> =>
  crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(`digests ${text}`),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  );

function assemble(all: SigningKey[], digestKey: CryptoKey): ParsedSigningKeys {
  const [first] = all;
  if (first?.signWith === undefined) return { valid: false, problem: 'its first key is not a private key' };
  const kids = all.flatMap((key) => key.kid ?? []);
  if (new Set(kids).size < kids.length) return { valid: false, problem: 'two of its keys have one kid' };
  return { valid: true, keys: { signer: { ...first, signWith: first.signWith }, all, digestKey } };
}

async function importKey(jwk: StoredJwk): Promise<SigningKey> {
  if (typeof jwk !== 'object' || jwk === null) throw new UnusableKey('is not an object');
  if (jwk.kid !== undefined && typeof jwk.kid !== 'string')
    throw new UnusableKey('has a kid that is no text');
  if (jwk.kty === 'oct') return importSecret(jwk);
  const alg = algorithmOf(jwk);
  const { d, key_ops: _, use: __, ext: ___, ...publicPart } = jwk;
  return {
    kid: jwk.kid ?? (await calculateJwkThumbprint(jwk)),
    alg,
    verifyWith: await importCryptoKey(publicPart, alg),
    signWith: d === undefined ? undefined : await importCryptoKey({ ...publicPart, d }, alg),
    interchange: false,
  };
}

/** A secret gets no computed `kid`: its thumbprint would let a weak one be guessed from any token. */
async function importSecret(jwk: StoredJwk): Promise<SigningKey> {
  const interchange = jwk.interchange === true;
  if (jwk.kid === undefined && !interchange) throw new UnusableKey('is a secret (oct) without a kid');
  if ((jwk.k?.length ?? 0) * 6 < MIN_SECRET_BYTES * 8) {
    throw new UnusableKey(`is shorter than ${MIN_SECRET_BYTES} bytes`);
  }
  const key = await importCryptoKey({ kty: 'oct', k: jwk.k ?? '' }, 'HS256');
  return { kid: jwk.kid, alg: 'HS256', verifyWith: key, signWith: key, interchange };
}

function algorithmOf(jwk: JWK): SigningAlgorithm {
  if (jwk.kty === 'EC' && jwk.crv === 'P-256') return 'ES256';
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') return 'EdDSA';
  throw new UnusableKey('is of no supported kind (EC P-256, OKP Ed25519, oct)');
}

/** jose returns bytes for `oct`; a CryptoKey is made of them once, so that no request pays for the import. */
async function importCryptoKey(jwk: JWK, alg: SigningAlgorithm): Promise<CryptoKey> {
  const key = await importJWK(jwk, alg);
  if (!(key instanceof Uint8Array)) return key;
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  return crypto.subtle.importKey('raw', new Uint8Array(key), hmac, false, ['sign', 'verify']);
}
