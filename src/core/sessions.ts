import type { Afterwards } from './afterwards.ts';
import type { CallerDeps, CallerStore, NamedSession, SessionState } from './callers.ts';
import { DomainError } from './errors.ts';
import {
  type AttemptDeps,
  admit,
  type GrantedAttempt,
  givenBackOnFailure,
  loginAttempt,
} from './login-limits.ts';
import type { Page, Slice } from './pages.ts';
import { decoyHash, hashPassword, isWeaker, type PasswordPolicy, verifyLogin } from './passwords.ts';
import type { Account, Actor, Identity, Rights, Source } from './principal.ts';
import { refreshSigner } from './refresh-keys.ts';
import { judgeRefresh, presentedRefresh, type RefreshSuccessor } from './refresh-rotation.ts';
import type { Secret } from './secrets.ts';
import { newSessionId, type SessionId, type SessionName, sessionNameOf } from './session-ids.ts';
import type { SigningKeys } from './signing-keys.ts';
import {
  mintToken,
  type TokenClaims,
  type TokenKind,
  type TokenPolicy,
  type TokenProblem,
  verifyToken,
} from './tokens.ts';

export type Session = {
  id: string;
  userId: number;
  createdAt: Date;
  expiresAt: Date;
  /** The client's network address, where the platform told one. */
  address: string | null;
  /** ISO 3166 code of the country that the platform took the address for. */
  country: string | null;
  /** As the client sent it, cut to 256 characters. */
  userAgent: string;
};

export type NewSession = Session & SessionId & { requestId: string | null };

/** A session that has not ended; `lastSeenAt` is its login or its last refresh. */
export type LiveSession = Session & { username: string; lastSeenAt: Date };

export interface SessionStore {
  /**
   * Stores the session only if the user is still active with the very hash that was verified, so a password
   * change or a deactivation that lands while the login is hashing wins. A better hash is stored likewise, and
   * the granted attempt no longer counts as a failure. Recorded with the request that it came by.
   * @returns false, with nothing stored, when it is not.
   */
  openIfUnchanged(
    session: NewSession,
    verified: Secret,
    rehashed: Secret | null,
    granted?: GrantedAttempt | null,
  ): Promise<boolean>;
  /**
   * As `CallerStore.byToken`, and marks a session that stands as refreshed at `now`, in the same round trip. Of a
   * presented refresh token the state is that before, and what `judgeRefresh` says to it is stored in the same
   * transaction: of parallel calls one rotates, and a token that is reused ends the session, which is recorded.
   */
  refreshState(named: NamedSession, now: Date, from: Source): Promise<SessionState | null>;
  /** Ends one session, for an actor with an identity one of its own; ending it again changes nothing. */
  end(sessionId: string, actor: Actor): Promise<void>;
  /** Ends the session of this user that a token names, as done by that session; ending it again changes nothing. */
  endNamed(named: { userId: number; session: SessionName }, from: Source): Promise<void>;
  /** Of one user, newest first. */
  listLive(userId: number, slice: Slice, now: Date): Promise<Page<LiveSession>>;
  findLive(sessionId: string, now: Date): Promise<{ session: LiveSession; owner: Rights } | null>;
  /** As `end`; false, with nothing ended, when `actor` is outranked meanwhile. @throws ActorGone */
  endUnlessOutranked(sessionId: string, actor: Actor): Promise<boolean>;
  /** Ends every login of a user but the session `except`, those without a session too. @throws ActorGone */
  endAllOf(userId: number, except: string | null, actor: Actor, now: Date): Promise<void>;
}

export type TokenRefusal =
  | `token_${TokenProblem}`
  | 'session_ended'
  | 'refresh_replaced'
  | 'user_not_found'
  | 'user_inactive';
type JudgedToken<Known extends Identity> =
  | {
      valid: true;
      account: Account<Known>;
      /** The id of the session that the token belongs to; null for one without a session. */
      sessionId: string | null;
      claims: TokenClaims;
      /** The refresh token to go on with; none (null) where the one presented stays. */
      successor: RefreshSuccessor | null;
    }
  | { valid: false; reason: TokenRefusal };

/** What tokens are judged by. */
export type TokenDeps = {
  tokenPolicy: TokenPolicy;
  /** @throws DomainError `unavailable` while the secret is missing or malformed. */
  signingKeys(): Promise<SigningKeys>;
};

export type SessionDeps = AttemptDeps &
  TokenDeps & {
    sessions: SessionStore;
    passwordPolicy: PasswordPolicy;
  };

export type Client = Source & { userAgent: string };
export type TokenPair = { access: string; refresh: string };
/** Without `refresh` where the token that was presented stays. */
export type RefreshedTokens = { access: string; refresh?: string };

const MAX_USER_AGENT_CHARACTERS = 256;

/**
 * Exchanges a password for a session and its two tokens, in two round trips.
 * Unknown user, disabled user and wrong password do the same work and get the same answer.
 * @throws DomainError `unauthenticated`; `throttled` after too many tries, before any hashing.
 */
export async function login(
  deps: SessionDeps,
  args: { username: string; password: string; client: Client; afterwards: Afterwards; now: Date },
): Promise<TokenPair> {
  const { username, password, client, afterwards, now } = args;
  const keys = await deps.signingKeys();
  const attempt = await loginAttempt(keys, { username, from: client, now });
  const { record: first, granted } = await admit(deps, { attempt, afterwards });
  // A second look is needed only where the hash was replaced meanwhile: by a parallel login that made it
  // stronger, after which the same password still holds, or by a password change, after which it does not.
  for (let look = 0; look < 2; look++) {
    const record = look === 0 ? first : await deps.attempts.findPassword(attempt);
    const verified = record?.passwordHash ?? decoyHash(deps.passwordPolicy);
    const isActive = record?.isActive ?? false;
    const accepted = await verifyLogin(deps.passwordPolicy, { stored: verified, isActive, password });
    if (record === null || !accepted) break;
    const { sid, ...stored } = await newSessionId(keys, now);
    const session = { ...newSession(deps.tokenPolicy, { userId: record.userId, client, now }), ...stored };
    const rehashed = isWeaker(verified, deps.passwordPolicy)
      ? await hashPassword(deps.passwordPolicy, password)
      : null;
    const open = () => deps.sessions.openIfUnchanged(session, verified, rehashed, granted);
    if (await givenBackOnFailure(deps.attempts, granted, open))
      return mintPair(keys, deps.tokenPolicy, session, sid);
  }
  throw new DomainError('unauthenticated', 'No active account found with the given credentials');
}

/**
 * The one judgement of a token, for every door alike: signature, kind and times, then the user and its login, then
 * what rotation says to a refresh token.
 * @param find `CallerStore.byToken`, or `SessionStore.refreshState` to note a refresh in the same round trip.
 */
export async function judgeToken<Known extends Identity>(
  deps: TokenDeps,
  expected: { token: string; kind: TokenKind | 'any'; now: Date },
  find: CallerStore<Known>['byToken'],
): Promise<JudgedToken<Known>> {
  const verified = await verifyToken(await deps.signingKeys(), deps.tokenPolicy, expected);
  if (!verified.valid) return { valid: false, reason: `token_${verified.reason}` };
  const { claims } = verified;
  const { userId, sid, issuedAt } = claims;
  const presented = deps.tokenPolicy.rotatesRefreshTokens ? presentedRefresh(claims) : undefined;
  const session = sid === null ? null : await sessionNameOf(sid);
  const state = userId === null ? null : await find({ userId, session, issuedAt, presented }, expected.now);
  if (state === null) return { valid: false, reason: 'user_not_found' };
  if (!state.account.user.isActive) return { valid: false, reason: 'user_inactive' };
  if (!state.loginStands) return { valid: false, reason: 'session_ended' };
  const verdict = presented && judgeRefresh(state.chain, presented, expected.now);
  if (verdict?.successor === null) return { valid: false, reason: 'refresh_replaced' };
  const { account, sessionId } = state;
  return { valid: true, account, sessionId, claims, successor: verdict?.successor ?? null };
}

/**
 * A new access token for a refresh token whose session stands, in one round trip; where refresh tokens rotate, also
 * the one to go on with. That ends with the session: a refresh prolongs no login.
 * @throws DomainError `unauthenticated`; then a session whose token was reused has ended.
 */
export async function refresh(
  deps: SessionDeps,
  { token, from, now }: { token: string; from: Source; now: Date },
): Promise<RefreshedTokens> {
  const find: CallerStore<Identity>['byToken'] = (named, at) => deps.sessions.refreshState(named, at, from);
  const judged = await judgeToken(deps, { token, kind: 'refresh', now }, find);
  if (!judged.valid) throw refusedToken(judged.reason);
  const { sid, key, expiresAt: sessionEnds } = judged.claims;
  const keys = await deps.signingKeys();
  // A token of another issuer is answered under the secret shared with it.
  const signer = sid === null ? key : keys.signer;
  const common = { userId: judged.account.user.id, sid };
  const expiresAt = accessExpiry(deps.tokenPolicy, now, sessionEnds);
  const minted = { ...common, kind: 'access' as const, issuedAt: now, expiresAt };
  const access = await mintToken(signer, deps.tokenPolicy, minted);
  if (judged.successor === null) return { access };
  const next = { ...common, ...judged.successor, kind: 'refresh' as const, expiresAt: sessionEnds };
  return { access, refresh: await mintToken(refreshSigner(keys, now), deps.tokenPolicy, next) };
}

/**
 * Whether a token of either kind is good now, in one round trip.
 * @throws DomainError `unauthenticated` when it is not.
 */
export async function verify(
  deps: TokenDeps & Pick<CallerDeps, 'callers'>,
  { token, now }: { token: string; now: Date },
): Promise<void> {
  const judged = await judgeToken(deps, { token, kind: 'any', now }, deps.callers.byToken);
  if (!judged.valid) throw refusedToken(judged.reason);
}

/** Sentences that clients of SimpleJWT match on. */
export const TOKEN_SENTENCES = {
  invalid: 'Token is invalid',
  expired: 'Token is expired',
  wrong_type: 'Token has wrong type',
  no_type: 'Token has no type',
  no_id: 'Token has no id',
} as const satisfies Record<TokenProblem, string>;

const NO_ACCOUNT = 'No active account found for the given token.';
const notValid = (detail: string) => ({ detail, code: 'token_not_valid' });

/** What a refused token in a body is answered with; one in a header has words of its own. */
const REFUSED_TOKENS: Record<TokenRefusal, { detail: string; code?: string }> = {
  token_invalid: notValid(TOKEN_SENTENCES.invalid),
  token_expired: notValid(TOKEN_SENTENCES.expired),
  token_wrong_type: notValid(TOKEN_SENTENCES.wrong_type),
  token_no_type: notValid(TOKEN_SENTENCES.no_type),
  token_no_id: notValid(TOKEN_SENTENCES.no_id),
  session_ended: notValid(TOKEN_SENTENCES.invalid),
  refresh_replaced: notValid(TOKEN_SENTENCES.invalid),
  user_not_found: { detail: NO_ACCOUNT, code: 'user_not_found' },
  user_inactive: { detail: NO_ACCOUNT },
};

function refusedToken(reason: TokenRefusal): DomainError {
  const { detail, ...extra } = REFUSED_TOKENS[reason];
  return new DomainError('unauthenticated', detail, { extra });
}

/** An access token never outlives its session. */
const accessExpiry = (policy: TokenPolicy, issuedAt: Date, sessionEnds: Date): Date =>
  new Date(Math.min(issuedAt.getTime() + policy.accessTokenTtlSeconds * 1000, sessionEnds.getTime()));

function newSession(
  policy: TokenPolicy,
  { userId, client, now }: { userId: number; client: Client; now: Date },
): Omit<NewSession, keyof SessionId> {
  const expiresAt = new Date(now.getTime() + policy.refreshTokenTtlSeconds * 1000);
  const userAgent = client.userAgent.slice(0, MAX_USER_AGENT_CHARACTERS);
  return { ...client, userAgent, userId, createdAt: now, expiresAt };
}

async function mintPair(
  keys: SigningKeys,
  policy: TokenPolicy,
  session: Session,
  sid: string,
): Promise<TokenPair> {
  const { userId, createdAt: issuedAt, expiresAt } = session;
  const accessEnds = accessExpiry(policy, issuedAt, expiresAt);
  const common = { userId, sid, issuedAt };
  const [access, refreshToken] = await Promise.all([
    mintToken(keys.signer, policy, { ...common, kind: 'access', expiresAt: accessEnds }),
    mintToken(refreshSigner(keys, issuedAt), policy, { ...common, kind: 'refresh', expiresAt }),
  ]);
  return { access, refresh: refreshToken };
}
