import { base64url } from 'jose';
import { parseRefreshKey, refreshKeyId } from '../protocol/refresh-keys.ts';
import { KeyProblem } from './key-problem.ts';
import { hmacHex } from './secrets.ts';
import type { Signer, SigningKey, SigningKeys } from './signing-keys.ts';

/** One secret that signs refresh tokens, as it is configured. */
export type RefreshSecret = { name: string; number: number; text: string };

/** A key for refresh tokens, which no key set holds and nobody else knows. */
export type RefreshKey = { name: string; number: number; signsFrom: Date; key: Signer };

/** RFC 7518 section 3.2: a key for HS256 has at least the size of the hash output. */
const MIN_BYTES = 32;

/**
 * Imports the secrets, in the order in which their keys begin to sign.
 * @throws KeyProblem that names the secret and what is wrong with it, without a word of the material itself.
 */
export async function importRefreshKeys(secrets: readonly RefreshSecret[]): Promise<RefreshKey[]> {
  const keys: RefreshKey[] = [];
  for (const secret of secrets) keys.push(await importRefreshKey(secret));
  return keys.sort((a, b) => a.signsFrom.getTime() - b.signsFrom.getTime() || a.number - b.number);
}

async function importRefreshKey({ name, number, text }: RefreshSecret): Promise<RefreshKey> {
  const parsed = parseRefreshKey(text);
  if (parsed === null) {
    throw new KeyProblem(`${name} is not <signs from, unix seconds>.<secret, base64url without padding>`);
  }
  const bytes = new Uint8Array(base64url.decode(parsed.secret));
  if (bytes.byteLength < MIN_BYTES) throw new KeyProblem(`${name} is shorter than ${MIN_BYTES} bytes`);
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', bytes, hmac, false, ['sign', 'verify']);
  const named = { kid: refreshKeyId(number), alg: 'HS256', interchange: false, onlyRefresh: true } as const;
  return {
    name,
    number,
    signsFrom: new Date(parsed.signsFromSeconds * 1000),
    key: { ...named, verifyWith: key, signWith: key },
  };
}

/** No token is signed with it, since every token has dots. */
const SAMPLE = 'which key is this';

/**
 * Refuses a refresh key that is also a secret of a key set, or another refresh key: it would verify tokens of two kinds,
 * or outlive the removal of one of its names. Keys are compared by a signature, because HMAC pads and hashes keys:
 * different bytes can be the same key.
 * @throws KeyProblem
 */
export async function refuseSharedSecrets(
  refreshKeys: readonly RefreshKey[],
  all: readonly SigningKey[],
): Promise<void> {
  const owners = new Map<string, string>();
  if (refreshKeys.length === 0) return;
  for (const { alg, signWith } of all) {
    if (alg === 'HS256' && signWith !== undefined) owners.set(await hmacHex(signWith, SAMPLE), 'a key set');
  }
  for (const { name, key } of refreshKeys) {
    const signed = await hmacHex(key.signWith, SAMPLE);
    const owner = owners.get(signed);
    if (owner !== undefined) throw new KeyProblem(`${name} is also the secret of ${owner}`);
    owners.set(signed, name);
  }
}

/** The refresh key that signs at this instant, if the instant of one has passed. */
const signerAmong = (keys: SigningKeys, now: Date): RefreshKey | undefined =>
  keys.refreshKeys.findLast(({ signsFrom }) => signsFrom <= now);

/** Whether some refresh key has begun to sign: then every Worker that runs knows what came with these keys. */
export const isRefreshKeySigning = (keys: SigningKeys, now: Date): boolean =>
  signerAmong(keys, now) !== undefined;

/**
 * The key that signs refresh tokens at this instant: of the refresh keys that have begun to sign the latest, else the
 * one that signs access tokens. If that is shared with another server, it signs these too, so that the server can read
 * them.
 */
export function refreshSigner(keys: SigningKeys, now: Date): Signer {
  const { signer } = keys;
  return signer.interchange ? signer : (signerAmong(keys, now)?.key ?? signer);
}
