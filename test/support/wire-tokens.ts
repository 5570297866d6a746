import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, importJWK, SignJWT } from 'jose';
import { newSessionId } from '../../src/core/session-ids.ts';
import { mintToken, type TokenKind } from '../../src/core/tokens.ts';
import { connect } from '../../src/db/client.ts';
import { createAttemptStore } from '../../src/db/login-attempts.ts';
import { createSessionStore } from '../../src/db/sessions.ts';
import type { Env } from '../../src/env.ts';
import { servicesOf } from '../../src/services.ts';
import { envWith, type JsonBody } from './api.ts';
import { env } from './env.ts';
import type { Person } from './people.ts';
import { refreshKeyBytes } from './refresh-secrets.ts';

export type Claims = Record<string, unknown>;

/** Decoded as the web clients do: plain `atob`, no padding, no base64url. */
export const claimsOf = (jwt: string): JsonBody => JSON.parse(atob(jwt.split('.')[1] ?? ''));
export const headerOf = (jwt: string): JsonBody => JSON.parse(atob(jwt.split('.')[0] ?? ''));

export const nowInSeconds = (): number => Math.floor(Date.now() / 1000);

/** The same token under another signature, whatever its own begins with. */
export const forged = (jwt: string): string =>
  jwt.replace(/[^.](?=[^.]*$)/, (first) => (first === 'A' ? 'B' : 'A'));

/** The id of the session that a token belongs to, as lists show it; by another implementation than ours. */
export const sessionIdOf = (jwt: string): string =>
  createHash('sha256').update(claimsOf(jwt).sid).digest('hex').slice(0, 32);

/** The kid of the key that others know, which signs access tokens. */
export const publishedKid = async (): Promise<string> =>
  calculateJwkThumbprint(JSON.parse(env.JWT_KEYS).keys[0]);

/** A token with some members replaced (undefined: left out), signed with the key of the run that its `kid` names. */
export async function resigned(jwt: string, claims: Claims, header: Claims = {}): Promise<string> {
  const { kid } = headerOf(jwt);
  const isUnderRefreshKey = (header['kid'] ?? kid) === 'refresh';
  const alg = isUnderRefreshKey ? 'HS256' : 'ES256';
  const key = isUnderRefreshKey
    ? refreshKeyBytes(env.REFRESH_KEY)
    : await importJWK(JSON.parse(env.JWT_KEYS).keys[0], alg);
  return new SignJWT({ ...claimsOf(jwt), ...claims })
    .setProtectedHeader({ ...headerOf(jwt), ...header, alg })
    .sign(key);
}

/** What the origin signs with. */
export const SHARED_SECRET = new Uint8Array(32).map((_, i) => i * 7 + 3);
const SECRET_JWK = {
  kty: 'oct',
  k: btoa(String.fromCharCode(...SHARED_SECRET)).replace(/=+$/, ''),
  interchange: true,
};

/** Bindings whose key set ends with a secret that an origin server shares. */
export const envWithInterchange = (members: object = {}): Env =>
  envWith({
    JWT_KEYS: JSON.stringify({ keys: [...JSON.parse(env.JWT_KEYS).keys, { ...SECRET_JWK, ...members }] }),
  });

/** A token as the reference makes it: HS256, `typ: JWT`, no `kid`, no `sid`, a number for `user_id`. */
export const referenceToken = (userId: number, claims: Claims = {}): Promise<string> =>
  new SignJWT({
    token_type: 'access',
    exp: nowInSeconds() + 1800,
    iat: nowInSeconds(),
    jti: '0'.repeat(32),
    user_id: userId,
    ...claims,
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(SHARED_SECRET);

/** Tokens, good by themselves, of a session that is stored but over. */
export async function tokensOfExpiredSession(of: Person): Promise<{ access: string; refresh: string }> {
  const store = createSessionStore(connect(env.DB));
  const login = await createAttemptStore(connect(env.DB)).findPassword({
    username: of.username,
    asker: null,
  });
  if (login === null) throw new Error('there is no such user');
  const keys = await servicesOf(env).signingKeys();
  const now = Date.now();
  const { sid, ...stored } = await newSessionId(keys, new Date());
  const session = {
    ...stored,
    userId: of.id,
    address: null,
    country: null,
    requestId: null,
    userAgent: '',
  };
  const times = { createdAt: new Date(now - 2000), expiresAt: new Date(now - 1) };
  await store.openIfUnchanged({ ...session, ...times }, login.passwordHash, null);
  const mint = (kind: TokenKind) =>
    mintToken(
      keys.signer,
      { accessTokenTtlSeconds: 60, refreshTokenTtlSeconds: 60 },
      {
        kind,
        userId: of.id,
        sid,
        issuedAt: times.createdAt,
        expiresAt: new Date(now + 60_000),
      },
    );
  return { access: await mint('access'), refresh: await mint('refresh') };
}
