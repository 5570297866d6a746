import { networkOf } from './addresses.ts';
import type { Afterwards } from './afterwards.ts';
import { DomainError } from './errors.ts';
import { type Actor, actorOf, type Principal, type Source } from './principal.ts';
import { hmacHex, randomId, type Secret } from './secrets.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Counts a use of `key`; false when there were too many. It never throws: what cannot count lets pass. */
export type RateLimiter = (key: string) => Promise<boolean>;

/** First line, at the edge: counts where the request arrives, forgets by itself, guarantees nothing. */
export type LoginLimits = { ofNetwork: RateLimiter; ofNetworkAndName: RateLimiter };

/** How long a refusal of `LoginLimits` lasts at most, which they do not tell. */
const WINDOW_SECONDS = 60;

/** Second line, in the database: what it grants is counted for all places alike. */
export const LOCK = {
  /** Failures of one name from anywhere, from which on it is locked. */
  failures: 10,
  /** As `failures`, from a network where that user has signed in lately, counted apart: others cannot lock it out. */
  failuresFromKnownNetwork: 100,
  /** How long the first failure too many locks; each further one twice as long as the one before. */
  firstMs: 60_000,
  longestMs: 15 * 60_000,
  /** Failures are forgotten when there was none for this time. */
  memoryMs: 24 * 60 * 60_000,
  /** A network is known for this time after a login. */
  knownNetworkMs: 30 * 24 * 60 * 60_000,
  knownNetworksPerUser: 20,
  /** Rows at once; the oldest make room. Whoever invents names must invent this many to be forgotten. */
  rows: 100_000,
} as const;

/** One try of a password, before anything is known of it. */
export type PasswordAttempt = {
  id: string;
  username: string;
  /** What the try counts against, see `loginAttempt` and `ownPasswordAttempt`. This is stored. */
  countedAs: string;
  /** Null where nothing tells from which. */
  network: string | null;
  /** Who asks, where it tries its own password; null at a login, where nobody has proved to be anyone. */
  asker: Actor | null;
  from: Source;
  at: Date;
};

/** Whose password it is: that of the name at a login, else the asker's own. */
export type Whose = Pick<PasswordAttempt, 'username' | 'asker'>;

/** What a password is checked against. */
export type PasswordRecord = { userId: number; isActive: boolean; passwordHash: Secret };

/** An attempt that may be tried; `scope` is where it is counted. */
export type GrantedAttempt = { attempt: PasswordAttempt; scope: string };
type ReservedAttempt = { outcome: AttemptOutcome; record: PasswordRecord | null };
export type AttemptOutcome = { granted: true; scope: string } | { granted: false; lockedUntil: Date };

export interface AttemptStore {
  /** One round trip. */
  findPassword(whose: Whose): Promise<PasswordRecord | null>;
  /**
   * Counts an attempt before its password is tried: of racing attempts no more are granted than the lock allows.
   * It is recorded as a failure, until a success settles it. With `findPassword` in the same round trip.
   */
  reserve(attempt: PasswordAttempt): Promise<ReservedAttempt>;
  /**
   * Counts it no longer; where nothing tells its scope, unless another one was granted there since. One round trip.
   */
  giveBack(attempt: PasswordAttempt, scope: string | null): Promise<void>;
  /**
   * Records that an attempt was refused before it came here. Once per isolate, minute, asker and network, or network
   * and name: whoever tries too often must not make the database work for each try. At most one round trip.
   */
  noteExcess(attempt: PasswordAttempt, of: 'network' | 'name'): Promise<void>;
}

export type AttemptDeps = {
  attempts: AttemptStore;
  /** Null where tries are not limited, for load tests. */
  loginLimits: LoginLimits | null;
};

type Asked = { username: string; from: Source; now: Date };

/** At a login. Counted by a keyed digest, since people type passwords where the username belongs. */
export async function loginAttempt(keys: SigningKeys, asked: Asked): Promise<PasswordAttempt> {
  return attemptOf(asked, { countedAs: await hmacHex(keys.digestKey, asked.username), asker: null });
}

/**
 * Of one's own password while signed in. Counted apart from logins: a stolen token must not lock its owner out, nor
 * failed logins of strangers an owner who is in.
 */
export function ownPasswordAttempt(caller: Principal, now: Date): PasswordAttempt {
  const { id, username } = caller.user;
  const asked = { username, from: caller.from, now };
  return attemptOf(asked, { countedAs: `user ${id}`, asker: actorOf(caller) });
}

const attemptOf = (
  { username, from, now }: Asked,
  counted: Pick<PasswordAttempt, 'countedAs' | 'asker'>,
): PasswordAttempt => ({
  id: randomId(),
  username,
  ...counted,
  network: networkOf(from.address),
  from,
  at: now,
});

/** What a password is checked against, and the attempt that was granted; none (null) where tries are not limited. */
type Admitted = { record: PasswordRecord | null; granted: GrantedAttempt | null };

/**
 * Lets an attempt through to its password, by both lines, in one round trip.
 * @throws DomainError `throttled`
 */
export async function admit(
  { attempts, loginLimits }: AttemptDeps,
  { attempt, afterwards }: { attempt: PasswordAttempt; afterwards: Afterwards },
): Promise<Admitted> {
  if (loginLimits === null) return { record: await attempts.findPassword(attempt), granted: null };
  await assertWithinLimits(attempts, loginLimits, { attempt, afterwards });
  const reserve = () => attempts.reserve(attempt);
  const { outcome, record } = await givenBackOnFailure(attempts, { attempt, scope: null }, reserve);
  if (!outcome.granted) throw throttled(secondsUntil(outcome.lockedUntil, attempt.at));
  return { record, granted: { attempt, scope: outcome.scope } };
}

/** @throws DomainError `throttled` when a network, or a name from a network, tried too often in this minute. */
async function assertWithinLimits(
  attempts: AttemptStore,
  { ofNetwork, ofNetworkAndName }: LoginLimits,
  { attempt, afterwards }: { attempt: PasswordAttempt; afterwards: Afterwards },
): Promise<void> {
  const place = attempt.network ?? 'unknown';
  // Both count each attempt, also one that the other refuses.
  const [network, name] = await Promise.all([
    ofNetwork(place),
    ofNetworkAndName(`${place} ${attempt.countedAs}`),
  ]);
  if (network && name) return;
  afterwards(() => attempts.noteExcess(attempt, network ? 'name' : 'network'));
  throw throttled(WINDOW_SECONDS);
}

/**
 * What could not be stored is no failure: neither a password that was right, nor one that was never tried since the
 * answer to its reservation was lost.
 * @param counted the attempt and where it is counted, once that is known; null where none is.
 */
export async function givenBackOnFailure<T>(
  attempts: AttemptStore,
  counted: { attempt: PasswordAttempt; scope: string | null } | null,
  store: () => Promise<T>,
): Promise<T> {
  try {
    return await store();
  } catch (error) {
    // What failed may fail again; then the attempt stays counted.
    if (counted !== null) await attempts.giveBack(counted.attempt, counted.scope).catch(() => undefined);
    throw error;
  }
}

/** The same words for a name that exists and one that does not. */
const throttled = (seconds: number): DomainError =>
  new DomainError('throttled', `Request was throttled. Expected available in ${seconds} seconds.`, {
    retryAfterSeconds: seconds,
  });

/** Whole seconds from `now` on, at least one. */
const secondsUntil = (instant: Date, now: Date): number =>
  Math.max(1, Math.ceil((instant.getTime() - now.getTime()) / 1000));
