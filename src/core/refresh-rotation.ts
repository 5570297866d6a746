import { randomId } from './secrets.ts';
import type { TokenClaims } from './tokens.ts';

/**
 * What a session knows of its refresh tokens. That of the login needs no note: until the first one is replaced,
 * there is no other.
 */
export type RefreshChain = {
  /** Ids (`jti`) of the newest token and of the one that it replaced; they open nothing without a signature. */
  currentId: string;
  parentId: string;
  /** When the newest was made; its `iat` too. */
  madeAt: Date;
  /** Whether the newest has been presented. */
  isUsed: boolean;
};

/** A genuine refresh token by its id, and the id of the one that takes its place if it is replaced now. */
export type PresentedRefresh = { id: string; nextId: string };

/** The refresh token that is answered; whoever mints it again gets the same claims. */
export type RefreshSuccessor = { id: string; issuedAt: Date };

export type RefreshVerdict =
  | { kind: 'rotate' | 'again'; successor: RefreshSuccessor }
  /** `reused` ends the session: two parties hold its tokens. `overtaken` proves nothing, see below. */
  | { kind: 'reused' | 'overtaken'; successor: null };

/** For how long a new token is answered to all parallel requests, and does not rotate itself. */
export const GRACE_MS = 10_000;

/**
 * What a refresh token is worth, by what its session knows. A parent is accepted until its successor has been used or
 * the grace is over, whichever is later: until then parallel requests and a lost answer look the same. One that began
 * before the newest was made may be a write that the database carried out late. `db/` has the same rule as SQL.
 */
export function judgeRefresh(
  chain: RefreshChain | null,
  { id, nextId }: PresentedRefresh,
  now: Date,
): RefreshVerdict {
  if (chain === null) return rotated(nextId, now);
  const again = { kind: 'again', successor: { id: chain.currentId, issuedAt: chain.madeAt } } as const;
  const isFresh = now.getTime() - chain.madeAt.getTime() < GRACE_MS;
  if (id === chain.currentId) return isFresh ? again : rotated(nextId, now);
  if (id === chain.parentId) return isFresh || !chain.isUsed ? again : refused('reused');
  return refused(now < chain.madeAt ? 'overtaken' : 'reused');
}

const rotated = (id: string, issuedAt: Date): RefreshVerdict => ({
  kind: 'rotate',
  successor: { id, issuedAt },
});

const refused = (kind: 'reused' | 'overtaken'): RefreshVerdict => ({ kind, successor: null });

/**
 * The token as rotation sees it; undefined for what does not rotate: an access token, and what another issuer made
 * under a shared secret, of a login of ours or not.
 */
export const presentedRefresh = ({ kind, id, sid, isOurs }: TokenClaims): PresentedRefresh | undefined =>
  kind === 'refresh' && sid !== null && isOurs ? { id, nextId: randomId() } : undefined;
