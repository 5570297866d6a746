// Decides which step of a rotation of refresh keys is possible, from the records, the names of the secrets and the time.
// A refresh key is never promoted: each Worker signs with the one whose instant passed last.

import { isSigningKeyName } from '../core/key-set-names.ts';
import { refreshKeyName, refreshKeyNumber } from '../protocol/refresh-keys.ts';
import { describeInstant } from './instants.ts';
import { minutesAfter, OVERLAP_MINUTES, type Refusal } from './key-rotation.ts';

/** A refresh key that these commands put into a secret, as its record tells. */
export type RecordedRefreshKey = { secretName: string; addedAt: Date; signsFrom: Date };

export type RefreshRotation = {
  /** Set and recorded, in the order in which they sign: by their instants, then by their numbers. */
  keys: readonly RecordedRefreshKey[];
  /** Recorded, but the secret is not there: a step was cut off, or someone deleted it. */
  unset: readonly RecordedRefreshKey[];
  /** Secrets that these commands did not make: nobody knows from when they sign. */
  byHand: readonly string[];
  /** Whether the Worker has signing keys, without which it is not deployed. */
  hasSigningKey: boolean;
  now: Date;
  /** The longest lifetime of a refresh token. */
  tokenTtlSeconds: number;
};

const numberOf = (name: string): number => refreshKeyNumber(name) ?? 0;

/** Sorts what is recorded by what is set; `secretNames` may name other secrets too. */
export function refreshRotationOf(
  records: readonly RecordedRefreshKey[],
  secretNames: readonly string[],
  state: Pick<RefreshRotation, 'now' | 'tokenTtlSeconds'>,
): RefreshRotation {
  const recorded = new Set(records.map(({ secretName }) => secretName));
  const set = secretNames.filter((name) => refreshKeyNumber(name) !== null);
  return {
    keys: records.filter(({ secretName }) => set.includes(secretName)).toSorted(bySigning),
    unset: records.filter(({ secretName }) => !set.includes(secretName)),
    byHand: set.filter((name) => !recorded.has(name)).toSorted((a, b) => numberOf(a) - numberOf(b)),
    hasSigningKey: secretNames.some(isSigningKeyName),
    ...state,
  };
}

const bySigning = (a: RecordedRefreshKey, b: RecordedRefreshKey): number =>
  a.signsFrom.getTime() - b.signsFrom.getTime() || numberOf(a.secretName) - numberOf(b.secretName);

/** The key that signs, as the Workers decide it; undefined before the first instant. */
export const signingRefreshKey = ({ keys, now }: RefreshRotation): RecordedRefreshKey | undefined =>
  keys.findLast(({ signsFrom }) => signsFrom <= now);

/** From when a new key signs: Workers with older secrets know it by then. */
export const signsFromAfter = (now: Date): Date =>
  minutesAfter(new Date(Math.ceil(now.getTime() / 1000) * 1000), OVERLAP_MINUTES);

/**
 * When the key after `key` took its place or will, which is not before it was added; undefined for the last one. A key
 * that a forced one was to replace signs until it is deleted.
 */
function replacedAt(rotation: RefreshRotation, key: RecordedRefreshKey): Date | undefined {
  const { keys, now } = rotation;
  const next = keys[keys.indexOf(key) + 1];
  if (next !== undefined) return new Date(Math.max(next.signsFrom.getTime(), next.addedAt.getTime()));
  return signingRefreshKey(rotation) === key && overtakenKeys(rotation).includes(key) ? now : undefined;
}

/** The keys older than the newest one whose instant has passed, in the order in which they sign. */
function overtakenKeys({ keys, now }: RefreshRotation): readonly RecordedRefreshKey[] {
  const passed = keys.filter(({ signsFrom }) => signsFrom <= now);
  const newest = Math.max(...passed.map(({ secretName }) => numberOf(secretName)));
  return keys.filter(({ secretName }) => numberOf(secretName) < newest);
}

/** When the last refresh token of a key has expired; undefined for a key that no other one replaces. */
export function refreshRetirableAt(rotation: RefreshRotation, key: RecordedRefreshKey): Date | undefined {
  const at = replacedAt(rotation, key);
  return at && minutesAfter(at, OVERLAP_MINUTES + rotation.tokenTtlSeconds / 60);
}

/** Which secret a new key goes into, and from when it signs. */
export function planAddRefresh(
  rotation: RefreshRotation,
  { force }: { force: boolean },
): Refusal | RecordedRefreshKey {
  const { keys, byHand, hasSigningKey, now } = rotation;
  const waiting = keys.find(({ signsFrom }) => signsFrom > now);
  if (keys.length + byHand.length === 0 && !hasSigningKey) return { refused: NOT_DEPLOYED };
  if (waiting !== undefined && !force) return { refused: isWaiting(waiting) };
  const secretName = nextName(rotation);
  if (refreshKeyNumber(secretName) === null) return { refused: NO_NUMBER };
  const signsFrom = force ? inheritedInstant(rotation) : signsFromAfter(now);
  return { secretName, addedAt: now, signsFrom };
}

/**
 * The instant of the key that signs, or 0: with that and its higher number the new key signs immediately. A literal 0
 * would let the old key sign on until it is deleted. A key that waits for its instant would sign then, so that
 * `planRetireRefresh` deletes it, too. Beside a key of which nobody knows the instant it is the time now.
 */
function inheritedInstant(rotation: RefreshRotation): Date {
  const { byHand, now } = rotation;
  const earliest = byHand.length === 0 ? 0 : Math.floor(now.getTime() / 1000) * 1000;
  return new Date(Math.max(earliest, signingRefreshKey(rotation)?.signsFrom.getTime() ?? 0));
}

/** Behind all that is set or recorded: of two keys with one instant the higher number signs. */
function nextName({ keys, unset, byHand }: RefreshRotation): string {
  const names = [...keys, ...unset].map(({ secretName }) => secretName);
  return refreshKeyName(Math.max(0, ...[...names, ...byHand].map(numberOf)) + 1);
}

/**
 * Which keys go: the one that was replaced first, or all that the newest one replaced. A key that signs stays as long as
 * nothing but a key that waits could replace it.
 */
export function planRetireRefresh(
  rotation: RefreshRotation,
  { all, force }: { all: boolean; force: boolean },
): Refusal | { keys: readonly RecordedRefreshKey[]; safeAt: Date } {
  const { keys: present, byHand } = rotation;
  const overtaken = overtakenKeys(rotation);
  const waiting = present.find(({ signsFrom }) => signsFrom > rotation.now);
  if (overtaken.length === 0 && waiting !== undefined && present.length > 1 && (all || force))
    return { refused: `${isWaiting(waiting)} ${AFTER_A_LEAK}`, next: 'add' };
  const keys = (overtaken.length === 0 ? present.slice(0, -1) : overtaken).slice(0, all ? undefined : 1);
  const safe = keys.map((key) => refreshRetirableAt(rotation, key)?.getTime() ?? 0);
  if (keys.length > 0) return { keys, safeAt: new Date(Math.max(...safe)) };
  const [foreign] = byHand;
  if (foreign !== undefined) return { refused: setByHand(foreign) };
  return { refused: 'No refresh key has been replaced.', next: 'add' };
}

/** Keys of which only the record is left: a retirement was cut off, or someone deleted the secret. */
export function goneRefreshKeys({ keys, unset }: RefreshRotation): RecordedRefreshKey[] {
  // The first addition can be under way.
  if (keys.length === 0) return [];
  const first = Math.min(...keys.map(({ secretName }) => numberOf(secretName)));
  return unset.filter(({ secretName }) => numberOf(secretName) < first);
}

/** Records whose secret did not arrive: those younger than that may belong to another addition under way. */
export const staleRefreshKeys = ({ unset, now }: RefreshRotation): RecordedRefreshKey[] =>
  unset.filter(({ addedAt }) => minutesAfter(addedAt, OVERLAP_MINUTES) <= now);

const isWaiting = ({ secretName, signsFrom }: RecordedRefreshKey): string =>
  `${secretName} was added already: it signs from ${describeInstant(signsFrom)} on.`;

const AFTER_A_LEAK =
  'Until then no other refresh key signs. After a leak, first add one that signs immediately, with --force.';

const NOT_DEPLOYED =
  'No signing key is set: `npm run deploy` makes that and a refresh key, locally `npm run dev`.';

const NO_NUMBER = 'There is no higher number for a refresh key: delete the secret with the highest one.';

const setByHand = (name: string): string =>
  `${name} was not set by these commands, so nobody knows from when it signs. ` +
  'The README says under "Refresh keys" how to replace it by hand.';
