import type { Account, Identity } from './principal.ts';
import type { PresentedRefresh, RefreshChain } from './refresh-rotation.ts';
import type { SessionName } from './session-ids.ts';
import type { User } from './users.ts';

/** Whom credentials belong to, as far as it is `Known`: asked with most requests, each time in one round trip. */
export interface CallerStore<Known extends Identity> {
  /** The user whose live key has this digest. */
  byKey(digest: string): Promise<KeyOwner<Known> | null>;
  /**
   * The user behind a token; null when there is none. Without `session` the login stands unless the user's logins
   * were ended since `MAX_CLOCK_DIFFERENCE_MS` before the token was issued.
   */
  byToken(named: NamedSession, now: Date): Promise<SessionState<Known> | null>;
}

export type CallerDeps = {
  /** What every request has to know. */
  callers: CallerStore<Identity>;
  /** All of the user, for those who ask about themselves. */
  profiles: CallerStore<User>;
};

export type KeyOwner<Known extends Identity> = {
  account: Account<Known>;
  keyId: number;
  keyName: string;
  lastUsedAt: Date | null;
};

export type NamedSession = {
  userId: number;
  /** None (null) under an interchange key. */
  session: SessionName | null;
  issuedAt: Date;
  /** The refresh token that names it, where those are replaced by their use. */
  presented?: PresentedRefresh | undefined;
};

/** The user a token names, and whether the login it belongs to still stands. */
export type SessionState<Known extends Identity = Identity> = {
  account: Account<Known>;
  loginStands: boolean;
  /** The id of the session that stands; null where there is none, as under an interchange key. */
  sessionId: string | null;
  /** What the session knows of its refresh tokens; null while none was replaced, or where none was presented. */
  chain: RefreshChain | null;
};
