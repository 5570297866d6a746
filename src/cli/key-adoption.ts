// Unlike the secrets of a deployed Worker, those in `.dev.vars` can be read: what they hold decides, and the records
// follow, also after `npm run db:reset` or when a developer has put another key there.

import { calculateJwkThumbprint, type JWK } from 'jose';
import { isSigningKeyName } from '../core/key-set-names.ts';
import { refreshKeyNumber, refreshKeySignsFrom } from '../protocol/refresh-keys.ts';
import { readVariables } from './dev-vars.ts';
import type { KeyRecords } from './key-records.ts';
import type { RefreshKeyRecords } from './refresh-key-records.ts';

type ReadKey = { kid: string; publicJwk: string; isPrivate: boolean };

/** Records each key that is alone in its set and is no shared secret; what has been recorded of another one goes. */
export async function adoptLocalKeys(records: KeyRecords, file: string, now: Date): Promise<void> {
  const known = await records.list();
  for (const [secretName, text = ''] of Object.entries(await readVariables(file))) {
    if (!isSigningKeyName(secretName)) continue;
    const key = await readOnlyKey(text);
    const recorded = known.find((record) => record.secretName === secretName);
    if (recorded?.kid === key?.kid) continue;
    if (recorded !== undefined) await records.forget([secretName]);
    if (key !== null) await adopt(records, { ...key, secretName, addedAt: now });
  }
}

async function adopt(
  records: KeyRecords,
  { isPrivate, ...key }: ReadKey & { secretName: string; addedAt: Date },
): Promise<void> {
  await records.add(key);
  if (isPrivate) return;
  const tokenTtlSeconds = await records.longestLoginSeconds();
  await records.markReplaced(key.secretName, { at: key.addedAt, tokenTtlSeconds });
}

/** Null for anything else than one key with a public part; whether it can be used is for the Worker to say. */
async function readOnlyKey(text: string): Promise<ReadKey | null> {
  try {
    const [jwk, ...more]: JWK[] = JSON.parse(text).keys;
    if (jwk === undefined || more.length > 0 || jwk.kty === 'oct') return null;
    const { d, ...publicPart } = jwk;
    const kid = jwk.kid ?? (await calculateJwkThumbprint(publicPart));
    return { kid, publicJwk: JSON.stringify(publicPart), isPrivate: d !== undefined };
  } catch {
    return null;
  }
}

/** Records each refresh key with its instant. The record of a secret that holds something else is removed. */
export async function adoptLocalRefreshKeys(records: RefreshKeyRecords, file: string): Promise<void> {
  const { recorded: known, now } = await records.read();
  for (const [secretName, text = ''] of Object.entries(await readVariables(file))) {
    if (refreshKeyNumber(secretName) === null) continue;
    const signsFrom = readInstant(text);
    const recorded = known.find((record) => record.secretName === secretName);
    if (recorded?.signsFrom.getTime() === signsFrom?.getTime()) continue;
    if (recorded !== undefined) await records.forget([secretName]);
    if (signsFrom !== undefined) await records.add({ secretName, signsFrom, addedAt: now });
  }
}

function readInstant(text: string): Date | undefined {
  const seconds = refreshKeySignsFrom(text);
  return seconds === null ? undefined : new Date(seconds * 1000);
}
