import { networkOf } from './addresses.ts';
import { DomainError } from './errors.ts';
import { hmacHex, randomId } from './secrets.ts';
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
  /** Names counted at once; the oldest make room. Whoever invents names must invent this many to be forgotten. */
  rows: 100_000,
} as const;

/** One try of a password, before anything is known of it. */
export type LoginAttempt = {
  id: string;
  username: string;
  /** Keyed, since people type passwords where the username belongs, and this is stored. */
  nameDigest: string;
  /** Null where the platform told no address. */
  network: string | null;
  at: Date;
};

export async function loginAttempt(
  keys: SigningKeys,
  { username, address, now }: { username: string; address: string | null; now: Date },
): Promise<LoginAttempt> {
  const nameDigest = await hmacHex(keys.digestKey, username);
  return { id: randomId(), username, nameDigest, network: address && networkOf(address), at: now };
}

/**
 * @param name tells whose password is tried, without being a name that was typed.
 * @throws DomainError `throttled` when a network, or a name from a network, tried too often in this minute.
 */
export async function assertWithinLimits(
  { ofNetwork, ofNetworkAndName }: LoginLimits,
  { network, name }: { network: string | null; name: string },
): Promise<void> {
  const place = network ?? 'unknown';
  // Both count each attempt, also one that the other refuses.
  const within = await Promise.all([ofNetwork(place), ofNetworkAndName(`${place} ${name}`)]);
  if (within.includes(false)) throw throttled(WINDOW_SECONDS);
}

/** The same words for a name that exists and one that does not. */
export const throttled = (seconds: number): DomainError =>
  new DomainError('throttled', `Request was throttled. Expected available in ${seconds} seconds.`, {
    retryAfterSeconds: seconds,
  });

/** Whole seconds from `now` on, at least one. */
export const secondsUntil = (instant: Date, now: Date): number =>
  Math.max(1, Math.ceil((instant.getTime() - now.getTime()) / 1000));
