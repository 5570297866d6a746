// The steps of a rotation. Each is one write of a secret beside one of a record, in the order that lets a repetition
// mend whatever was cut off in between.

import { describeInstant } from './instants.ts';
import type { KeyRecords } from './key-records.ts';
import {
  forgettable,
  planAdd,
  planPromote,
  planRetire,
  promotableAt,
  type ReplacedKey,
  type Rotation,
  retirableAt,
  rotationOf,
} from './key-rotation.ts';
import type { KeySecrets } from './key-secrets.ts';
import { createKey, publicKeySet } from './key-set.ts';
import { type AllOption, assertSafe, type ForceOption, possible, repeatable } from './key-steps.ts';

export type KeyContext = {
  secrets: KeySecrets;
  records: KeyRecords;
  now: () => Date;
  say: (line: string) => void;
  /** What a step of ours is called for this target: `npm run keys:add -- --remote`. */
  nameOf: (step: 'add' | 'promote' | 'retire') => string;
  /** What the Worker is configured with. */
  refreshTokenTtlSeconds: number;
};

/** Where the rotation stands, from the records and the secrets as they are now. */
export async function readRotation({ records, secrets }: KeyContext): Promise<Rotation> {
  // One after the other: two wranglers at once would both renew a login to Cloudflare that has expired.
  return rotationOf(await records.list(), await secrets.names());
}

/**
 * Adds a key that verifies and does not sign. Its record comes first: a secret whose public part nobody knows could
 * not be replaced later. A record without a secret counts for nothing.
 * @throws UsageError where no key can be added, with the reason.
 */
export async function addKey(context: KeyContext): Promise<void> {
  const { secrets, records, now, say, nameOf } = context;
  const { secretName } = possible(context, planAdd(await readRotation(context)));
  say(`Adding an ES256 key as ${secretName}: it verifies tokens, and signs none yet.`);
  const { keySet, ...publicPart } = await createKey();
  const addedAt = now();
  await repeatable(nameOf('add'), async () => {
    await records.add({ secretName, ...publicPart, addedAt });
    await secrets.put(secretName, keySet);
  });
  say(`Added ${secretName} (${publicPart.kid}).`);
  say(`Next: \`${nameOf('promote')}\`, safe from ${describeInstant(promotableAt(addedAt))} on.`);
}

/**
 * Lets the next key sign: of the one that signs, only the public part stays. The secret comes first: a key that is
 * recorded as replaced while it still signs might be taken away.
 * @throws UsageError where no key can sign instead, or not yet.
 */
export async function promoteKey(context: KeyContext, { force }: ForceOption): Promise<void> {
  const { secrets, records, now, say, nameOf } = context;
  const { from, to, safeAt } = possible(context, planPromote(await readRotation(context)));
  assertSafe({
    say,
    now: now(),
    safeAt,
    force,
    cost: `Workers that do not know ${to.secretName} yet refuse new logins.`,
  });
  say(
    `Promoting ${to.secretName} (${to.kid}): it signs instead of ${from.secretName}, whose tokens stay good.`,
  );
  const tokenTtlSeconds = Math.max(context.refreshTokenTtlSeconds, await records.longestLoginSeconds());
  const replaced = await repeatable(nameOf('promote'), async () => {
    await secrets.put(from.secretName, publicKeySet(from.publicJwk));
    const stopped = { at: now(), tokenTtlSeconds };
    await records.markReplaced(from.secretName, stopped);
    return stopped;
  });
  say(`Promoted ${to.secretName}. Of ${from.secretName} only the public part is left.`);
  say(`Next: \`${nameOf('retire')}\`, safe from ${describeInstant(retirableAt(replaced))} on.`);
}

/**
 * Takes away what is left of a key that was replaced, or of all. The secret comes first: without its record it would
 * stay.
 * @throws UsageError where nothing is left of any key, or tokens of it may be live.
 */
export async function retireKeys(
  context: KeyContext,
  { force, all }: ForceOption & AllOption,
): Promise<void> {
  const { secrets, records, now, say, nameOf } = context;
  const rotation = await readRotation(context);
  const finished = await forgetUnset(context, rotation);
  if (finished && !(all && rotation.replaced.length > 0)) return;
  const { keys, safeAt } = possible(context, planRetire(rotation, { all }));
  const names = keys.map(({ secretName }) => secretName).join(' and ');
  assertSafe({
    say,
    now: now(),
    safeAt,
    force,
    cost: `Access tokens of ${names} are refused, and sessions whose refresh token ${names} signed end.`,
  });
  for (const { secretName, kid } of keys) {
    say(`Retiring ${secretName} (${kid}): no token that it signed is taken any more.`);
    await repeatable(nameOf('retire'), async () => {
      await secrets.remove(secretName);
      await records.forget([secretName]);
    });
  }
  say(`Retired ${names}. ${whatIsNext(context, rotation.replaced.slice(keys.length))}`);
}

/** A key that leaked may be among those that are left, so they are named. */
function whatIsNext({ nameOf }: KeyContext, [left]: readonly ReplacedKey[]): string {
  if (left === undefined) return `\`${nameOf('add')}\` begins the next rotation.`;
  const safe = describeInstant(retirableAt(left.replaced));
  return `${left.secretName} (${left.kid}) verifies still. Next: \`${nameOf('retire')}\`, safe from ${safe} on.`;
}

/** Whether it finished a retirement that was cut off; what an addition left is forgotten on the way. */
async function forgetUnset({ records, now, say }: KeyContext, rotation: Rotation): Promise<boolean> {
  const stale = forgettable(rotation, now());
  await records.forget(stale.map(({ secretName }) => secretName));
  const retired = stale.filter(({ replaced }) => replaced !== null);
  for (const { secretName } of retired) say(`${secretName} was gone already; now its record is, too.`);
  return retired.length > 0;
}
