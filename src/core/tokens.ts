import { CompactSign, errors, type JWTHeaderParameters, type JWTPayload, jwtVerify } from 'jose';
import { isCanonicalToken } from '../protocol/token-form.ts';
import { randomId, utf8 } from './secrets.ts';
import { keysFor, type SigningKey, type SigningKeys } from './signing-keys.ts';

export type TokenKind = 'access' | 'refresh';

export type TokenPolicy = {
  accessTokenTtlSeconds: number;
  /** Also the lifetime of a session, which no refresh extends. */
  refreshTokenTtlSeconds: number;
  /** Written into tokens and required of them, when set. */
  jwtIssuer?: string | undefined;
  jwtAudience?: string | undefined;
  /** Whether a refresh token is replaced by its use; off unless set. */
  rotatesRefreshTokens?: boolean;
};

export type TokenClaims = {
  kind: TokenKind;
  id: string;
  /** Null when the claim names no possible user, which only a foreign issuer's token can do. */
  userId: number | null;
  /** Names the session, whose id is a digest of it; null only under an interchange key. */
  sid: string | null;
  issuedAt: Date;
  expiresAt: Date;
  /** The key that proved it; a refresh of a foreign token is answered under the same key. */
  key: SigningKey;
  /** False only under an interchange key, for what the other issuer made. */
  isOurs: boolean;
};

export type TokenProblem = 'invalid' | 'expired' | 'wrong_type' | 'no_type' | 'no_id';
export type VerifiedToken = { valid: true; claims: TokenClaims } | { valid: false; reason: TokenProblem };

/**
 * How far the clock that a token was issued by may be ahead of ours. A later `iat` is refused, and ending the logins of
 * a user ends those of tokens issued up to this long afterwards: else a token from a fast clock would outlive it.
 */
export const MAX_CLOCK_DIFFERENCE_MS = 10_000;
/** The last second that a Date can hold. */
const MAX_SECONDS = 8.64e12;

/** RFC 9068 section 2.1 for access tokens; the refresh token's type keeps one from passing for the other. */
const TYP: Record<TokenKind, string> = { access: 'at+jwt', refresh: 'rt+jwt' };

type Minted = {
  kind: TokenKind;
  /** Of its own unless the token is one that was made before. */
  id?: string;
  userId: number;
  sid: string | null;
  issuedAt: Date;
  expiresAt: Date;
};

/**
 * Signs a token. Every claim is ASCII without `>`, `?` and `~`, so that base64url and base64 agree and a
 * browser's `atob` decodes the payload.
 */
export async function mintToken(
  key: SigningKey,
  policy: TokenPolicy,
  { kind, id = randomId(), userId, sid, issuedAt, expiresAt }: Minted,
): Promise<string> {
  if (key.signWith === undefined) throw new Error('a key that only verifies was asked to sign');
  const subject = String(userId);
  const claims = {
    token_type: kind,
    user_id: subject,
    ...(sid === null ? {} : { sid }),
    sub: subject,
    jti: id,
    iat: toSeconds(issuedAt),
    exp: toSeconds(expiresAt),
    iss: policy.jwtIssuer,
    aud: policy.jwtAudience,
  };
  // As SignJWT, without its copy and its checks of the claims.
  return new CompactSign(utf8(JSON.stringify(claims)))
    .setProtectedHeader({ alg: key.alg, ...(key.kid === undefined ? {} : { kid: key.kid }), typ: TYP[kind] })
    .sign(key.signWith);
}

/**
 * Checks spelling, signature, times, issuer, audience and kind; asks no database.
 * A token whose `alg` is not that of the key is refused before anything is verified (RFC 8725 section 3.1).
 */
export async function verifyToken(
  keys: SigningKeys,
  policy: TokenPolicy,
  expected: { token: string; kind: TokenKind | 'any'; now: Date },
): Promise<VerifiedToken> {
  if (!isCanonicalToken(expected.token)) return { valid: false, reason: 'invalid' };
  let candidates: SigningKey[] = [];
  let result: VerifiedToken = { valid: false, reason: 'invalid' };
  for (let tried = 0; tried === 0 || tried < candidates.length; tried++) {
    result = await verifyUnder(policy, expected, (header) => {
      candidates = keysFor(keys, header);
      return candidates[tried];
    });
    if (result.valid || result.reason !== 'invalid') break;
  }
  return result;
}

/** @param choose is asked with the token's header, once that is found to be one. */
async function verifyUnder(
  policy: TokenPolicy,
  { token, kind, now }: { token: string; kind: TokenKind | 'any'; now: Date },
  choose: (header: JWTHeaderParameters) => SigningKey | undefined,
): Promise<VerifiedToken> {
  let key: SigningKey | undefined;
  const verifyWith = (header: JWTHeaderParameters): CryptoKey => {
    key = choose(header);
    if (key === undefined || header.alg !== key.alg) throw new errors.JOSEAlgNotAllowed();
    return key.verifyWith;
  };
  try {
    const { payload, protectedHeader } = await jwtVerify(token, verifyWith, {
      requiredClaims: ['exp', 'iat'],
      currentDate: now,
      ...(policy.jwtIssuer === undefined ? {} : { issuer: policy.jwtIssuer }),
      ...(policy.jwtAudience === undefined ? {} : { audience: policy.jwtAudience }),
    });
    // For the compiler: what was verified had a key.
    if (key === undefined) return { valid: false, reason: 'invalid' };
    return judgeClaims(payload, { key, typ: protectedHeader.typ, kind, now, policy });
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { valid: false, reason: 'expired' };
    if (error instanceof errors.JOSEError || error instanceof TypeError) {
      return { valid: false, reason: 'invalid' };
    }
    throw error;
  }
}

function judgeClaims(
  payload: JWTPayload,
  expected: {
    key: SigningKey;
    typ: string | undefined;
    kind: TokenKind | 'any';
    now: Date;
    policy: TokenPolicy;
  },
): VerifiedToken {
  const { key, typ, kind, now, policy } = expected;
  const { token_type: type, user_id: user, jti, sid: session } = payload;
  if (type === undefined) return { valid: false, reason: 'no_type' };
  if (typeof jti !== 'string') return { valid: false, reason: 'no_id' };
  if ((type !== 'access' && type !== 'refresh') || (kind !== 'any' && type !== kind)) {
    return { valid: false, reason: 'wrong_type' };
  }
  if (!isWhole(key, { typ, type, sid: session })) return { valid: false, reason: 'invalid' };
  const sid = typeof session === 'string' ? session : null;
  const times = timesOf(payload, sid, policy);
  if (times === null || times.issuedAt.getTime() > now.getTime() + MAX_CLOCK_DIFFERENCE_MS)
    return { valid: false, reason: 'invalid' };
  if (times.expiresAt <= now) return { valid: false, reason: 'expired' };
  const named = { id: jti, userId: toUserId(user), sid, isOurs: typ === TYP[type] };
  return { valid: true, claims: { kind: type, ...named, ...times, key } };
}

/**
 * When a token was issued and when it expires; null for instants that no Date holds, as JSON can have them (`1e999`).
 * A token without a session expires one refresh lifetime after it was issued: nothing else of ours limits it.
 */
function timesOf(
  { iat, exp }: JWTPayload,
  sid: string | null,
  { refreshTokenTtlSeconds }: TokenPolicy,
): Pick<TokenClaims, 'issuedAt' | 'expiresAt'> | null {
  if (!isInstant(iat) || !isInstant(exp)) return null;
  const end = sid === null ? Math.min(exp, iat + refreshTokenTtlSeconds) : exp;
  return { issuedAt: new Date(iat * 1000), expiresAt: new Date(end * 1000) };
}

const isInstant = (seconds: unknown): seconds is number =>
  typeof seconds === 'number' && Math.abs(seconds) <= MAX_SECONDS;

/**
 * Whether a token has the session and the `typ` that ours have. Under a shared secret both may be missing, as the
 * other issuer leaves them out; where it renews a token of ours, it copies `sid` and writes its own `typ`. Under a
 * refresh key nothing but a refresh token is valid.
 */
function isWhole(
  { interchange, onlyRefresh }: SigningKey,
  { typ, type, sid }: { typ: string | undefined; type: TokenKind; sid: unknown },
): boolean {
  if (onlyRefresh && type !== 'refresh') return false;
  const namesSession = typeof sid === 'string' || (interchange && sid === undefined);
  return namesSession && (typ === TYP[type] || (interchange && (typ === undefined || typ === 'JWT')));
}

function toUserId(claim: unknown): number | null {
  const id = typeof claim === 'string' && /^[1-9]\d{0,14}$/.test(claim) ? Number(claim) : claim;
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? id : null;
}

const toSeconds = (instant: Date): number => Math.floor(instant.getTime() / 1000);
