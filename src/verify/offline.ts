import {
  createLocalJWKSet,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { isRefreshKeyId } from '../protocol/refresh-keys.ts';
import { isCanonicalToken } from '../protocol/token-form.ts';
import type { OfflineCaller, OfflineReason, Verdict } from './caller.ts';
import { offeredBy } from './credential.ts';
import { createRemoteKeys, KeysUnavailable } from './remote-keys.ts';

export type JwksOptions = {
  /** Where the service publishes its keys, or the keys themselves, which then never change. */
  jwks: string | URL | JSONWebKeySet;
  /** `JWT_ISSUER` of the service: required of tokens, when given. */
  issuer?: string;
  /** `JWT_AUDIENCE` of the service: required of tokens, when given. */
  audience?: string;
};

export type OfflineVerdict = Verdict<OfflineCaller, OfflineReason>;

/** Never HS256, which a public key could be passed off as the secret of, and never `none` (RFC 8725 section 3.1). */
const ALGORITHMS = ['ES256', 'EdDSA'];
/** How far the service's clock may be ahead of ours. */
const CLOCK_SKEW_SECONDS = 60;
/** The most that `ACCESS_TOKEN_TTL_SECONDS` of the service may be; whoever forges a token would make it last. */
const MAX_LIFETIME_SECONDS = 86_400;

/** Judges access tokens by the public keys alone. @throws TypeError, JOSEError for options that can never work. */
export function createOfflineJudge(options: JwksOptions): (given: unknown) => Promise<OfflineVerdict> {
  const getKey = keysOf(options.jwks);
  return async (given) => {
    const offered = offeredBy(given);
    switch (offered.kind) {
      case 'none':
        return { valid: false, reason: 'not_provided' };
      case 'malformed':
        return { valid: false, reason: 'malformed' };
      case 'key':
        return { valid: false, reason: 'key_needs_binding' };
      case 'token':
        return judgeToken(offered.token, getKey, options);
    }
  };
}

/** Of the address that was given, or of the keys themselves. */
function keysOf(jwks: JwksOptions['jwks']): JWTVerifyGetKey {
  const isRemote = typeof jwks === 'string' || jwks instanceof URL;
  const find = isRemote ? createRemoteKeys(new URL(jwks)) : createLocalJWKSet(jwks);
  return async (header, token) => {
    // All tokens of the service have one; without it any key might do.
    if (typeof header.kid !== 'string') throw new errors.JWKSNoMatchingKey();
    try {
      return await find(header, token);
    } catch (cause) {
      if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys)
        throw cause;
      throw new KeysUnavailable('the keys could not be had', { cause });
    }
  };
}

async function judgeToken(
  token: string,
  getKey: JWTVerifyGetKey,
  { issuer, audience }: JwksOptions,
): Promise<OfflineVerdict> {
  if (!isCanonicalToken(token)) return { valid: false, reason: 'token_invalid' };
  try {
    if (isRefreshToken(token)) return { valid: false, reason: 'token_wrong_type' };
    const { payload, protectedHeader } = await jwtVerify(token, getKey, {
      algorithms: ALGORITHMS,
      requiredClaims: ['iat', 'exp'],
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
    });
    return judgeClaims(payload, protectedHeader.typ);
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { valid: false, reason: 'token_expired' };
    const isBad = error instanceof errors.JOSEError || error instanceof TypeError;
    return { valid: false, reason: isBad ? 'token_invalid' : 'unavailable' };
  }
}

/**
 * Whether a token names a key that signs refresh tokens and is published nowhere: no key has to be fetched to refuse it.
 * @throws TypeError where its header is no JSON object.
 */
const isRefreshToken = (token: string): boolean => isRefreshKeyId(decodeProtectedHeader(token).kid);

/** RFC 9068 section 2.1: `typ` keeps whatever else the service signs from passing for an access token. */
function judgeClaims(payload: JWTPayload, typ: string | undefined): OfflineVerdict {
  const { token_type: type, user_id: user, jti, sid, iat = 0, exp = 0 } = payload;
  if (type === undefined || typeof jti !== 'string') return { valid: false, reason: 'token_invalid' };
  if (type !== 'access') return { valid: false, reason: 'token_wrong_type' };
  const userId = typeof user === 'string' && /^[1-9]\d{0,14}$/.test(user) ? Number(user) : null;
  const isWhole = typ === 'at+jwt' && typeof sid === 'string';
  const isFromNow = iat <= Date.now() / 1000 + CLOCK_SKEW_SECONDS && exp - iat <= MAX_LIFETIME_SECONDS;
  if (userId === null || !isWhole || !isFromNow) return { valid: false, reason: 'token_invalid' };
  const unknown = { username: null, level: null, permissions: null };
  return { valid: true, userId, ...unknown, provenBy: 'session', expiresAt: new Date(exp * 1000) };
}
