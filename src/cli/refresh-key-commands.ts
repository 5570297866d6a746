// The steps of a rotation of refresh keys: one write of a secret beside one of a record, in the order that lets a
// repetition mend what was cut off in between. The instant in the secret does what a promotion does for signing keys.

import { refreshKeyId, refreshKeyNumber } from '../protocol/refresh-keys.ts';
import { describeInstant } from './instants.ts';
import type { KeySecrets } from './key-secrets.ts';
import { type AllOption, assertSafe, type ForceOption, possible, repeatable } from './key-steps.ts';
import { createRefreshKey } from './refresh-key.ts';
import type { RefreshKeyRecords } from './refresh-key-records.ts';
import {
  goneRefreshKeys,
  planAddRefresh,
  planRetireRefresh,
  type RecordedRefreshKey,
  type RefreshRotation,
  refreshRetirableAt,
  refreshRotationOf,
  signingRefreshKey,
  staleRefreshKeys,
} from './refresh-key-rotation.ts';

export type RefreshKeyContext = {
  secrets: KeySecrets;
  records: RefreshKeyRecords;
  say: (line: string) => void;
  /** The command line of a step for this target: `npm run keys:add -- --refresh --remote`. */
  nameOf: (step: 'add' | 'promote' | 'retire') => string;
  /** What the Worker is configured with. */
  refreshTokenTtlSeconds: number;
};

/** Where the rotation stands, from the records, the secrets and the database's clock as they are now. */
export async function readRefreshRotation(context: RefreshKeyContext): Promise<RefreshRotation> {
  const { records, secrets, refreshTokenTtlSeconds } = context;
  // One after the other: two wranglers at once would both renew a login to Cloudflare that has expired.
  const { recorded, now, longestSessionSeconds } = await records.read();
  const names = await secrets.names();
  const tokenTtlSeconds = Math.max(refreshTokenTtlSeconds, longestSessionSeconds);
  return refreshRotationOf(recorded, names, { now, tokenTtlSeconds });
}

/**
 * Adds a key that verifies immediately and signs 15 minutes later, or with `force` immediately, in place of the one that
 * signs. Its record comes first: a secret of which nobody knows from when it signs could not be retired later.
 * @throws UsageError where no key can be added, with the reason.
 */
export async function addRefreshKey(context: RefreshKeyContext, { force }: ForceOption): Promise<void> {
  const { secrets, records, say, nameOf } = context;
  const rotation = await readRefreshRotation(context);
  const key = possible(context, planAddRefresh(rotation, { force }));
  const { secretName, signsFrom } = key;
  const isImmediate = signsFrom <= rotation.now;
  const from = isImmediate ? 'immediately' : `from ${describeInstant(signsFrom)} on`;
  say(`Adding ${named(key)}: it verifies refresh tokens immediately and signs them ${from}.`);
  if (isImmediate) say(`Workers that do not know ${secretName} yet refuse the refresh tokens that it signs.`);
  await repeatable(nameOf('add'), async () => {
    await records.add(key);
    await secrets.put(secretName, createRefreshKey(signsFrom));
  });
  say(`Added ${secretName}.`);
  for (const line of whatIsNext(context, { ...rotation, keys: [...rotation.keys, key] }, { force }))
    say(line);
}

function whatIsNext(
  { nameOf }: RefreshKeyContext,
  rotation: RefreshRotation,
  { force }: ForceOption,
): string[] {
  const [foreign] = rotation.byHand;
  const unless = `${foreign} was set by hand: if its instant is later, it signs instead.`;
  const [oldest] = rotation.keys;
  const safeAt = oldest && refreshRetirableAt(rotation, oldest);
  const next = `Next: \`${nameOf('retire')}`;
  const retire = force
    ? `${next} --force --all\`, if a refresh key leaked.`
    : `${next}\`, safe from ${safeAt && describeInstant(safeAt)} on.`;
  return [...(foreign === undefined ? [] : [unless]), ...(safeAt === undefined ? [] : [retire])];
}

/**
 * Deletes the key that was replaced first, or all but the last one. The secret comes first: without its record it would
 * stay. The last one stays in any case, so that there always is a key that signs or will.
 * @throws UsageError where no key has been replaced, or tokens of it may be valid.
 */
export async function retireRefreshKeys(
  context: RefreshKeyContext,
  { force, all }: ForceOption & AllOption,
): Promise<void> {
  const { say } = context;
  const rotation = await readRefreshRotation(context);
  const finished = await forgetUnset(context, rotation);
  if (finished && !(all && rotation.keys.length > 1)) return;
  const { keys, safeAt } = possible(context, planRetireRefresh(rotation, { all, force }));
  const names = keys.map(({ secretName }) => secretName).join(' and ');
  const cost = `Sessions with a refresh token that ${names} signed have to sign in again when their access token expires.`;
  const left = { ...rotation, keys: rotation.keys.filter((key) => !keys.includes(key)) };
  assertSafe({ say, now: rotation.now, safeAt, force, cost });
  say(whatSigns(left));
  for (const key of keys) await deleteKey(context, key);
  say(`Retired ${names}. ${whatIsLeft(context, left)}`);
}

async function deleteKey(
  { secrets, records, say, nameOf }: RefreshKeyContext,
  key: RecordedRefreshKey,
): Promise<void> {
  say(`Retiring ${named(key)}: refresh tokens that it signed are refused.`);
  await repeatable(nameOf('retire'), async () => {
    await secrets.remove(key.secretName);
    await records.forget([key.secretName]);
  });
}

const named = ({ secretName }: RecordedRefreshKey): string =>
  `${secretName} (${refreshKeyId(refreshKeyNumber(secretName) ?? 0)})`;

/** Said before the others are deleted, since until an instant that is to come no refresh key signs. */
function whatSigns(rotation: RefreshRotation): string {
  const signing = signingRefreshKey(rotation);
  const [waiting] = rotation.keys;
  if (signing !== undefined) return `${named(signing)} signs refresh tokens.`;
  if (waiting === undefined) return 'No refresh key is left.';
  const from = describeInstant(waiting.signsFrom);
  return `${named(waiting)} signs refresh tokens from ${from} on; until then the first signing key does.`;
}

/** A key that leaked can be among those that are left, so they are named. */
function whatIsLeft({ nameOf }: RefreshKeyContext, rotation: RefreshRotation): string {
  const [oldest] = rotation.keys;
  const safeAt = oldest && refreshRetirableAt(rotation, oldest);
  if (oldest === undefined || safeAt === undefined) return `\`${nameOf('add')}\` begins the next rotation.`;
  return `${named(oldest)} still verifies. Next: \`${nameOf('retire')}\`, safe from ${describeInstant(safeAt)} on.`;
}

/** Whether it finished a retirement that was cut off. The records that an addition left are removed on the way. */
async function forgetUnset({ records, say }: RefreshKeyContext, rotation: RefreshRotation): Promise<boolean> {
  const gone = goneRefreshKeys(rotation).map(({ secretName }) => secretName);
  const stale = staleRefreshKeys(rotation).map(({ secretName }) => secretName);
  await records.forget([...new Set([...gone, ...stale])]);
  for (const name of gone) say(`${name} is not set; its record is removed now.`);
  return gone.length > 0;
}
