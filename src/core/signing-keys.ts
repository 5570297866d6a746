import { calculateJwkThumbprint, importJWK, type JWK } from 'jose';
import { isRefreshKeyId } from '../protocol/refresh-keys.ts';
import { KeyProblem } from './key-problem.ts';
import {
  importRefreshKeys,
  type RefreshKey,
  type RefreshSecret,
  refuseSharedSecrets,
} from './refresh-keys.ts';

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
  /** True for a refresh key, which no key set holds: only refresh tokens are valid under it. */
  onlyRefresh: boolean;
};

/** A key that can sign. */
export type Signer = SigningKey & { signWith: CryptoKey };

export type SigningKeys = {
  signer: Signer;
  /** The keys of the key sets. */
  all: readonly SigningKey[];
  /** Apart from `all`, so that they are never published; in the order in which they begin to sign. */
  refreshKeys: readonly RefreshKey[];
  /** For HMAC over what is stored as a digest but could be guessed without a key. */
  digestKey: CryptoKey;
};

export type ParsedSigningKeys = { valid: true; keys: SigningKeys } | { valid: false; problem: string };

/** A JWK with the one member of ours: whether another issuer holds the secret too. */
type StoredJwk = JWK & { interchange?: unknown };

/** RFC 7518 section 3.2: a key for HS256 has at least the size of the hash output. */
const MIN_SECRET_BYTES = 32;

/** One secret with a JWK set (RFC 7517 section 5), and the name by which its problems are told. */
export type KeySet = { name: string; text: string };

/**
 * Reads the key sets in their order: all keys verify, the first that can sign signs. So a set behind the others is
 * a standby, and one before them may hold public parts alone, of keys whose last tokens still live.
 * @param refreshSecrets are read apart from the sets, and share no secret with them.
 * @returns a `problem` that names the secret and what is wrong with it, without a word of the material itself.
 */
export async function parseSigningKeys(
  sets: readonly KeySet[],
  refreshSecrets: readonly RefreshSecret[] = [],
): Promise<ParsedSigningKeys> {
  if (sets.length === 0) return { valid: false, problem: 'JWT_KEYS is not set' };
  try {
    const keys = await assemble(sets.flatMap(readSet));
    const refreshKeys = await importRefreshKeys(refreshSecrets);
    await refuseSharedSecrets(refreshKeys, keys.all);
    return { valid: true, keys: { ...keys, refreshKeys } };
  } catch (error) {
    if (error instanceof KeyProblem) return { valid: false, problem: error.message };
    throw error;
  }
}

/**
 * The keys that can have made a token with this header: the one of its `kid`, or where it has none those
 * shared with another issuer, which may be two while that secret is being replaced.
 */
export function keysFor(keys: SigningKeys, header: { kid?: unknown; alg?: unknown }): SigningKey[] {
  if (isRefreshKeyId(header.kid)) {
    return keys.refreshKeys.map(({ key }) => key).filter(({ kid }) => kid === header.kid);
  }
  if (header.kid !== undefined) return keys.all.filter((key) => key.kid === header.kid);
  return keys.all.filter((key) => key.interchange && key.alg === header.alg);
}

/** A key and where it stands, for the words about its problem. */
type PlacedJwk = { jwk: StoredJwk; place: string };

function readSet({ name, text }: KeySet): PlacedJwk[] {
  const jwks = readJwks(text);
  if (jwks === undefined) throw new KeyProblem(`${name} is not a JWK set: {"keys": [...]}`);
  return jwks.map((jwk, index) => ({ jwk, place: `key ${index} of ${name}` }));
}

function readJwks(text: string): StoredJwk[] | undefined {
  try {
    const { keys } = JSON.parse(text);
    return Array.isArray(keys) && keys.length > 0 ? keys : undefined;
  } catch {
    return undefined;
  }
}

async function assemble(placed: readonly PlacedJwk[]): Promise<Omit<SigningKeys, 'refreshKeys'>> {
  const all: SigningKey[] = [];
  for (const each of placed) all.push(await importPlaced(each));
  refuseSharedKids(placed, all);
  const signer = all.find(canSign);
  if (signer === undefined) throw new KeyProblem('no key has a private part, so that none can sign');
  return { signer, all, digestKey: await digestKeyOf(placed[all.indexOf(signer)]?.jwk) };
}

const canSign = (key: SigningKey): key is Signer => key.signWith !== undefined;

function refuseSharedKids(placed: readonly PlacedJwk[], all: readonly SigningKey[]): void {
  const first = (kid: string) => all.findIndex((key) => key.kid === kid);
  for (const [index, { kid }] of all.entries()) {
    if (kid === undefined || first(kid) === index) continue;
    throw new KeyProblem(`${placed[first(kid)]?.place} and ${placed[index]?.place} have one kid`);
  }
}

/**
 * Of what the signer keeps secret, so that it needs no secret of its own, and only another signer begins all counts
 * anew: a standby that comes and a public part that goes leave it alone.
 */
const digestKeyOf = (signer: JWK | undefined): Promise<CryptoKey> =>
  crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(`digests ${signer?.d ?? signer?.k}`),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  );

class UnusableKey extends Error {}

async function importPlaced({ jwk, place }: PlacedJwk): Promise<SigningKey> {
  try {
    return await importKey(jwk);
  } catch (error) {
    const reason = error instanceof UnusableKey ? error.message : 'cannot be imported';
    throw new KeyProblem(`${place} ${reason}`);
  }
}

async function importKey(jwk: StoredJwk): Promise<SigningKey> {
  if (typeof jwk !== 'object' || jwk === null) throw new UnusableKey('is not an object');
  if (jwk.kid !== undefined && typeof jwk.kid !== 'string')
    throw new UnusableKey('has a kid that is no text');
  if (isRefreshKeyId(jwk.kid)) throw new UnusableKey('has a kid that only a refresh key can have');
  if (jwk.kty === 'oct') return importSecret(jwk);
  const alg = algorithmOf(jwk);
  const { d, key_ops: _, use: __, ext: ___, ...publicPart } = jwk;
  return {
    kid: jwk.kid ?? (await calculateJwkThumbprint(jwk)),
    alg,
    verifyWith: await importCryptoKey(publicPart, alg),
    signWith: d === undefined ? undefined : await importCryptoKey({ ...publicPart, d }, alg),
    interchange: false,
    onlyRefresh: false,
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
  return { kid: jwk.kid, alg: 'HS256', verifyWith: key, signWith: key, interchange, onlyRefresh: false };
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
