// Where a rotation stands and which step of it is possible, from the records, the names of the secrets and nothing
// else. A plan tells when its step is safe; whether that time has come is for the caller to compare.

import { isKeySetName, isSigningKeyName, keySetName, keySetNumber } from '../core/key-set-names.ts';

/** What is known of a key that these commands put into a secret. */
export type RecordedKey = {
  secretName: string;
  kid: string;
  /** JSON of the JWK, without its private part. */
  publicJwk: string;
  addedAt: Date;
  /** When its private part was taken away, and the longest lifetime of a token it had signed by then. */
  replaced: { at: Date; tokenTtlSeconds: number } | null;
};

export type ReplacedKey = RecordedKey & { replaced: NonNullable<RecordedKey['replaced']> };

export type Rotation = {
  /** Keys with their private part: the first signs, the next stands by. */
  live: readonly RecordedKey[];
  /** Keys of which only the public part is left. */
  replaced: readonly ReplacedKey[];
  /** Recorded, but the secret is not there: a step was cut off, or someone deleted it. */
  unset: readonly RecordedKey[];
  /** Secrets that these commands did not make, so that nobody here knows what they hold: one of them may sign. */
  byHand: readonly string[];
  /** Secrets that are shared with another server, and never sign. */
  shared: readonly string[];
};

/** Why a step is not possible, and which one is instead. */
export type Refusal = { refused: string; next?: 'add' | 'promote' };

/** How long Workers may run on with the secrets as they were, and other services with the keys that they fetched. */
export const OVERLAP_MINUTES = 15;

export const minutesAfter = (date: Date, minutes: number): Date =>
  new Date(date.getTime() + minutes * 60_000);

/** When every Worker verifies with a key that was added then, so that it may sign. */
export const promotableAt = (addedAt: Date): Date => minutesAfter(addedAt, OVERLAP_MINUTES);

/** When no token is left of a key that was replaced then: a Worker may have signed with it for a while. */
export const retirableAt = ({ at, tokenTtlSeconds }: ReplacedKey['replaced']): Date =>
  minutesAfter(at, OVERLAP_MINUTES + tokenTtlSeconds / 60);

const numberOf = (name: string): number => keySetNumber(name) ?? 0;

/** Sorts what is recorded by what is set; `secretNames` may name other secrets too. */
export function rotationOf(records: readonly RecordedKey[], secretNames: readonly string[]): Rotation {
  const set = secretNames.filter(isSigningKeyName);
  const recorded = new Set(records.map(({ secretName }) => secretName));
  const sorted = records.toSorted((a, b) => numberOf(a.secretName) - numberOf(b.secretName));
  const present = sorted.filter(({ secretName }) => set.includes(secretName));
  return {
    live: present.filter(({ replaced }) => replaced === null),
    replaced: present.filter((key): key is ReplacedKey => key.replaced !== null),
    unset: sorted.filter(({ secretName }) => !set.includes(secretName)),
    byHand: set.filter((name) => !recorded.has(name)).toSorted((a, b) => numberOf(a) - numberOf(b)),
    shared: secretNames.filter((name) => isKeySetName(name) && !isSigningKeyName(name)),
  };
}

/** The first secret set by hand that counts before another: it may be the one that signs. */
export const byHandBefore = ({ byHand }: Rotation, secretName: string): string | undefined =>
  byHand.find((name) => numberOf(name) < numberOf(secretName));

/** A secret set by hand that may be the one that signs; those behind all keys of these commands do not. */
function foreignSet(rotation: Rotation): string | undefined {
  const last = rotation.live.at(-1);
  return last === undefined ? rotation.byHand[0] : byHandBefore(rotation, last.secretName);
}

/** Which secret a new key goes into. */
export function planAdd(rotation: Rotation): Refusal | { secretName: string } {
  const { live, replaced, byHand } = rotation;
  const [signing, standby] = live;
  if (live.length + replaced.length + byHand.length === 0) return { refused: NO_KEYS };
  if (standby !== undefined) return { refused: `${standby.secretName} stands by already.`, next: 'promote' };
  const secretName = nextName(rotation);
  if (!isSigningKeyName(secretName)) return { refused: NO_NUMBER };
  const foreign = byHandBefore(rotation, secretName);
  if (signing !== undefined && foreign !== undefined) return { refused: setByHand(foreign) };
  return { secretName };
}

/**
 * Never a name that is recorded, since what that secret holds must stay certain, and behind all that may sign, since a
 * new key before them would sign at once.
 */
function nextName({ live, replaced, unset, byHand }: Rotation): string {
  const recorded = [...live, ...replaced, ...unset].map(({ secretName }) => secretName);
  return keySetName(Math.max(...[...recorded, ...byHand].map(numberOf)) + 1);
}

/** Which key stops signing, and which signs next. */
export function planPromote(
  rotation: Rotation,
): Refusal | { from: RecordedKey; to: RecordedKey; safeAt: Date } {
  const [from, to] = rotation.live;
  const foreign = foreignSet(rotation);
  if (foreign !== undefined) return { refused: setByHand(foreign) };
  if (from === undefined && rotation.replaced.length > 0) return { refused: NOTHING_SIGNS, next: 'add' };
  if (from === undefined) return { refused: NO_KEYS };
  if (to === undefined) return { refused: 'No key stands by.', next: 'add' };
  return { from, to, safeAt: promotableAt(to.addedAt) };
}

/** Which public parts go: that of the key that was replaced first, or all of them. */
export function planRetire(
  rotation: Rotation,
  { all }: { all: boolean },
): Refusal | { keys: readonly ReplacedKey[]; safeAt: Date } {
  const keys = all ? rotation.replaced : rotation.replaced.slice(0, 1);
  const safe = keys.map(({ replaced }) => retirableAt(replaced).getTime());
  const signs = rotation.live.length + rotation.byHand.length > 0;
  if (keys.length > 0 && !signs) return { refused: NOTHING_SIGNS, next: 'add' };
  if (keys.length > 0) return { keys, safeAt: new Date(Math.max(...safe)) };
  const foreign = foreignSet(rotation);
  if (foreign !== undefined) return { refused: setByHand(foreign) };
  return { refused: 'No key has been replaced.', next: rotation.live.length > 1 ? 'promote' : 'add' };
}

/** Records whose secret will not come: of a key that was taken away, or of one that was not put there in time. */
export const forgettable = ({ unset }: Rotation, now: Date): RecordedKey[] =>
  unset.filter(({ replaced, addedAt }) => replaced !== null || promotableAt(addedAt) <= now);

const NO_KEYS = 'No signing key is set: `npm run deploy` makes the first one, locally `npm run dev`.';

const NO_NUMBER =
  'A secret with the number 999 is set, and a key behind it would never sign: move that by hand.';

/** A deployment makes no key then: it sees that secrets are set, and not that none of them signs. */
const NOTHING_SIGNS = 'No key is set that signs, so the service answers 503 to everyone.';

const setByHand = (name: string): string =>
  `${name} was not set by these commands, so nobody here knows what it holds. ` +
  'How it is rotated by hand stands in the README under "Signing keys".';
