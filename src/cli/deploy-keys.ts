// The keys that a deployment makes where the Worker has none. Each is recorded before it is uploaded.

import { keySetName } from '../core/key-set-names.ts';
import { refreshKeyName } from '../protocol/refresh-keys.ts';
import type { Environment } from './environment.ts';
import { describeInstant } from './instants.ts';
import { recordFirstKey } from './key-records.ts';
import { createKey } from './key-set.ts';
import { createRefreshKey } from './refresh-key.ts';
import { recordFirstRefreshKey, refreshKeyRecordsOf } from './refresh-key-records.ts';
import { signsFromAfter } from './refresh-key-rotation.ts';
import { deployedDatabase } from './target.ts';

/**
 * Makes the keys that are missing.
 * @returns the secrets by their names.
 */
export async function makeFirstKeys(
  environment: Environment,
  isMissing: { signingKey: boolean; refreshKey: boolean },
): Promise<Record<string, string>> {
  return {
    ...(isMissing.signingKey ? { [keySetName(1)]: await makeSigningKey(environment) } : {}),
    ...(isMissing.refreshKey ? { [refreshKeyName(1)]: await makeRefreshKey(environment, isMissing) } : {}),
  };
}

async function makeSigningKey(environment: Environment): Promise<string> {
  const key = await createKey();
  await recordFirstKey(environment, key);
  return key.keySet;
}

async function makeRefreshKey(environment: Environment, isMissing: { signingKey: boolean }): Promise<string> {
  const { now } = await refreshKeyRecordsOf(deployedDatabase(environment)).read();
  const secretName = refreshKeyName(1);
  // Where nobody is signed in yet, no Worker runs on with older secrets.
  const signsFrom = isMissing.signingKey ? new Date(0) : signsFromAfter(now);
  await recordFirstRefreshKey(environment, { secretName, addedAt: now, signsFrom });
  if (signsFrom > now)
    console.log(`Adding ${secretName}: it signs refresh tokens from ${describeInstant(signsFrom)} on.`);
  return createRefreshKey(signsFrom);
}
