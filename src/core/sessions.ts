import { DomainError } from './errors.ts';
import { decoyHash, hashPassword, isWeaker, type PasswordPolicy, verifyLogin } from './passwords.ts';
import type { Account, Principal } from './principal.ts';
import { randomId, type Secret } from './secrets.ts';
import type { SigningKeys } from './signing-keys.ts';
import { mintToken, type TokenClaims, type TokenPolicy, verifyToken } from './tokens.ts';

export type Session = {
  id: string;
  userId: number;
  createdAt: Date;
  expiresAt: Date;
  /** The client's network address, where the platform told one. */
  address: string | null;
  /** As the client sent it, cut to 256 characters. */
  userAgent: string;
};

/** What a login is checked against. */
export type LoginRecord = { userId: number; isActive: boolean; passwordHash: Secret };

/** The user a token names, and whether the login it belongs to still stands. */
export type SessionState = { account: Account; loginStands: boolean };

/** The session a token names; none (null) under an interchange key. */
export type NamedSession = { userId: number; sessionId: string | null; issuedAt: Date };

export interface SessionStore {
  /** One round trip. */
  findLogin(username: string): Promise<LoginRecord | null>;
  /**
   * Stores the session only if the user is still active with the very hash that was verified, so a password
   * change or a deactivation that lands while the login is hashing wins. A better hash is stored likewise.
   * @returns false, with nothing stored, when it is not.
   */
  openIfUnchanged(session: Session, verified: Secret, rehashed: Secret | null): Promise<boolean>;
  /**
   * The user behind a token in one round trip; null when there is none. Without `sessionId` the login stands
   * unless the user's logins were ended in or after the second in which the token was issued.
   */
  findState(named: NamedSession, now: Date): Promise<SessionState | null>;
  /** As `findState`, and marks a session that stands as refreshed at `now`, in the same round trip. */
  refreshState(named: NamedSession, now: Date): Promise<SessionState | null>;
  /** Ends one session; ending it again changes nothing. */
  end(sessionId: string): Promise<void>;
}

export type SessionDeps = {
  sessions: SessionStore;
  tokenPolicy: TokenPolicy;
  passwordPolicy: PasswordPolicy;
  /** @throws DomainError `unavailable` while the secret is missing or malformed. */
  signingKeys(): Promise<SigningKeys>;
};

export type Client = { address: string | null; userAgent: string };
export type TokenPair = { access: string; refresh: string };

const MAX_USER_AGENT_CHARACTERS = 256;

/**
 * Exchanges a password for a session and its two tokens, in two round trips.
 * Unknown user, disabled user and wrong password do the same work and get the same answer.
 * @throws DomainError `unauthenticated`
 */
export async function login(
  deps: SessionDeps,
  { username, password, client, now }: { username: string; password: string; client: Client; now: Date },
): Promise<TokenPair> {
  const keys = await deps.signingKeys();
  // A second look is needed only where the hash was replaced meanwhile: by a parallel login that made it
  // stronger, after which the same password still holds, or by a password change, after which it does not.
  for (let look = 0; look < 2; look++) {
    const record = await deps.sessions.findLogin(username);
    const verified = record?.passwordHash ?? decoyHash(deps.passwordPolicy);
    const isActive = record?.isActive ?? false;
    const accepted = await verifyLogin(deps.passwordPolicy, { stored: verified, isActive, password });
    if (record === null || !accepted) break;
    const session = newSession(deps.tokenPolicy, { userId: record.userId, client, now });
    const rehashed = isWeaker(verified, deps.passwordPolicy)
      ? await hashPassword(deps.passwordPolicy, password)
      : null;
    if (await deps.sessions.openIfUnchanged(session, verified, rehashed)) {
      return mintPair(keys, deps.tokenPolicy, session);
    }
  }
  throw new DomainError('unauthenticated', 'No active account found with the given credentials');
}

/**
 * A new access token for a refresh token whose session stands, in one round trip.
 * @throws DomainError `unauthenticated`
 */
export async function refresh(
  deps: SessionDeps,
  { token, now }: { token: string; now: Date },
): Promise<{ access: string }> {
  const keys = await deps.signingKeys();
  const verified = await verifyToken(keys, deps.tokenPolicy, { token: token.trim(), kind: 'refresh', now });
  if (!verified.valid) throw refusedToken(TOKEN_SENTENCES[verified.reason]);
  const { claims } = verified;
  const { userId } = await standing(claims, (named) => deps.sessions.refreshState(named, now));
  const lifetime = deps.tokenPolicy.accessTokenTtlSeconds * 1000;
  const expiresAt = new Date(Math.min(now.getTime() + lifetime, claims.expiresAt.getTime()));
  const { sessionId, key } = claims;
  const minted = { kind: 'access' as const, userId, sessionId, issuedAt: now, expiresAt };
  const access = await mintToken(keys, deps.tokenPolicy, minted, sessionId === null ? key : keys.signer);
  return { access };
}

/**
 * Whether a token of either kind is good now, in one round trip.
 * @throws DomainError `unauthenticated` when it is not.
 */
export async function verify(deps: SessionDeps, { token, now }: { token: string; now: Date }): Promise<void> {
  const keys = await deps.signingKeys();
  const verified = await verifyToken(keys, deps.tokenPolicy, { token: token.trim(), kind: 'any', now });
  if (!verified.valid) throw refusedToken(TOKEN_SENTENCES[verified.reason]);
  await standing(verified.claims, (named) => deps.sessions.findState(named, now));
}

/** Ends the caller's own login. A caller without a session (API key, foreign token) has none to end. */
export async function logout(deps: Pick<SessionDeps, 'sessions'>, principal: Principal): Promise<void> {
  if (principal.proof.kind === 'session') await deps.sessions.end(principal.proof.sessionId);
}

/** Sentences that clients of SimpleJWT match on. */
export const TOKEN_SENTENCES = {
  invalid: 'Token is invalid',
  expired: 'Token is expired',
  wrong_type: 'Token has wrong type',
  no_type: 'Token has no type',
  no_id: 'Token has no id',
} as const;

const NO_ACCOUNT = 'No active account found for the given token.';

async function standing(
  { userId, sessionId, issuedAt }: TokenClaims,
  find: (named: NamedSession) => Promise<SessionState | null>,
): Promise<{ userId: number }> {
  const state = userId === null ? null : await find({ userId, sessionId, issuedAt });
  if (userId === null || state === null) {
    throw refusedToken(NO_ACCOUNT, { code: 'user_not_found' });
  }
  if (!state.account.user.isActive) throw refusedToken(NO_ACCOUNT, {});
  if (!state.loginStands) throw refusedToken(TOKEN_SENTENCES.invalid);
  return { userId };
}

const refusedToken = (detail: string, extra: { code?: string } = { code: 'token_not_valid' }): DomainError =>
  new DomainError('unauthenticated', detail, { extra });

function newSession(
  policy: TokenPolicy,
  { userId, client, now }: { userId: number; client: Client; now: Date },
): Session {
  const expiresAt = new Date(now.getTime() + policy.refreshTokenTtlSeconds * 1000);
  const userAgent = client.userAgent.slice(0, MAX_USER_AGENT_CHARACTERS);
  return { id: randomId(), userId, createdAt: now, expiresAt, address: client.address, userAgent };
}

async function mintPair(keys: SigningKeys, policy: TokenPolicy, session: Session): Promise<TokenPair> {
  const { id: sessionId, userId, createdAt: issuedAt, expiresAt } = session;
  const accessEnds = issuedAt.getTime() + policy.accessTokenTtlSeconds * 1000;
  const accessExpiresAt = new Date(Math.min(accessEnds, expiresAt.getTime()));
  const common = { userId, sessionId, issuedAt };
  const [access, refreshToken] = await Promise.all([
    mintToken(keys, policy, { ...common, kind: 'access', expiresAt: accessExpiresAt }),
    mintToken(keys, policy, { ...common, kind: 'refresh', expiresAt }),
  ]);
  return { access, refresh: refreshToken };
}
