import { importJWK, type JWTPayload, SignJWT } from 'jose';
import { parseSigningKeys } from '../../src/core/signing-keys.ts';
import type { TokenKind } from '../../src/core/tokens.ts';
import { mintToken } from '../../src/core/tokens.ts';
import { connect } from '../../src/db/client.ts';
import { createSessionStore } from '../../src/db/sessions.ts';
import { envWith } from './api.ts';
import { env } from './env.ts';
import type { Person } from './people.ts';
import type { Env } from '../../src/env.ts';

export type Payload = JWTPayload & Record<string, unknown>;

/** Decoded as the web clients do: plain `atob`, no padding, no base64url. */
export const claimsOf = (jwt: string): Payload => JSON.parse(atob(jwt.split('.')[1] ?? ''));
export const headerOf = (jwt: string): Record<string, unknown> => JSON.parse(atob(jwt.split('.')[0] ?? ''));

export const nowInSeconds = (): number => Math.floor(Date.now() / 1000);

/** The claims of a genuine token with some replaced (or, with undefined, left out), signed with the run's own key. */
export async function resigned(jwt: string, claims: Payload, header: object = {}): Promise<string> {
  const jwk = JSON.parse(env.JWT_KEYS).keys[0];
  const protectedHeader = { alg: 'ES256', ...headerOf(jwt), ...header };
  return new SignJWT({ ...claimsOf(jwt), ...claims })
    .setProtectedHeader(protectedHeader)
    .sign(await importJWK(jwk, 'ES256'));
}

const SECRET = new Uint8Array(32).map((_, i) => i * 7 + 3);
const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (c) => ({ '+': '-', '/': '_' })[c] ?? '');

/** Bindings whose key set ends with a secret shared with an origin server. */
export const envWithInterchange = (jwk: object = {}): Env =>
  envWith({
    JWT_KEYS: JSON.stringify({
      keys: [...JSON.parse(env.JWT_KEYS).keys, { kty: 'oct', k: base64url(SECRET), interchange: true, ...jwk }],
    }),
  });

/** A token as the reference makes it: HS256, `typ: JWT`, no `kid`, no `sid`, a number for `user_id`. */
export const referenceToken = (
  userId: number,
  { kind = 'access', claims = {} }: { kind?: TokenKind; claims?: Payload } = {},
): Promise<string> =>
  new SignJWT({
    token_type: kind,
    exp: nowInSeconds() + 1800,
    iat: nowInSeconds(),
    jti: '0'.repeat(32),
    user_id: userId,
    ...claims,
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(SECRET);

/** Tokens, good by themselves, of a session that is stored but over. */
export async function tokensOfExpiredSession(of: Person): Promise<{ access: string; refresh: string }> {
  const store = createSessionStore(connect(env.DB));
  const login = await store.findLogin(of.username);
  const parsed = await parseSigningKeys(env.JWT_KEYS);
  if (login === null || !parsed.valid) throw new Error('there is no such user or no key');
  const id = crypto.randomUUID();
  const now = new Date();
  const session = { id, userId: of.id, createdAt: now, expiresAt: new Date(now.getTime() - 1), address: null, userAgent: '' };
  await store.openIfUnchanged(session, login.passwordHash, null);
  const mint = (kind: TokenKind) =>
    mintToken(
      parsed.keys,
      { accessTokenTtlSeconds: 60, refreshTokenTtlSeconds: 60 },
      { kind, userId: of.id, sessionId: id, issuedAt: now, expiresAt: new Date(now.getTime() + 60_000) },
    );
  return { access: await mint('access'), refresh: await mint('refresh') };
}
