import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adoptLocalKeys, adoptLocalRefreshKeys } from '../../src/cli/key-adoption.ts';
import { createKey, type NewKey, publicKeySet } from '../../src/cli/key-set.ts';
import { createRefreshKey } from '../../src/cli/refresh-key.ts';
import { keyAccount } from './support/key-account.ts';
import { refreshKeyAccount } from './support/refresh-key-account.ts';

const NOW = new Date('2030-01-01T12:00:00Z');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edge-accounts-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** What is recorded of secrets, with the record of another key for JWT_KEYS before. */
async function recordsFor(variables: Record<string, string>) {
  const { context } = await keyAccount({ longestLoginSeconds: 7200 });
  const file = join(folder, '.dev.vars');
  await writeFile(
    file,
    Object.entries(variables)
      .map(([name, text]) => `${name}='${text}'\n`)
      .join(''),
  );
  await adoptLocalKeys(context.records, file, NOW);
  return context.records.list();
}

const recordOf = (secretName: string, { kid, publicJwk }: NewKey, replaced: object | null = null) => ({
  ...{ secretName, kid, publicJwk, replaced },
  addedAt: NOW,
});

it('records the keys that are there, instead of what was recorded of another', async () => {
  const [one, two] = [await createKey(), await createKey()];
  expect(await recordsFor({ JWT_KEYS: one.keySet, JWT_KEYS_2: two.keySet, PASSWORD: 'x' })).toEqual([
    recordOf('JWT_KEYS', one),
    recordOf('JWT_KEYS_2', two),
  ]);
});

it('takes a public part for a key that was replaced just now', async () => {
  const one = await createKey();
  expect(await recordsFor({ JWT_KEYS: publicKeySet(one.publicJwk) })).toEqual([
    recordOf('JWT_KEYS', one, { at: NOW, tokenTtlSeconds: 7200 }),
  ]);
});

it('leaves a record alone whose key is there', async () => {
  const { context, first } = await keyAccount();
  const before = await context.records.list();
  const file = join(folder, '.dev.vars');
  await writeFile(file, `JWT_KEYS='${first.keySet}'`);
  await adoptLocalKeys(context.records, file, NOW);
  expect(await context.records.list()).toEqual(before);
});

it('leaves a secret alone that is shared with another server', async () => {
  const one = await createKey();
  const recorded = await recordsFor({ JWT_KEYS: one.keySet, JWT_KEYS_1000: (await createKey()).keySet });
  expect(recorded).toEqual([recordOf('JWT_KEYS', one)]);
});

it.each([
  ['several keys', async () => JSON.stringify({ keys: [await createKey(), await createKey()] })],
  ['a shared secret', async () => '{"keys":[{"kty":"oct","k":"AAAA","interchange":true}]}'],
  ['no set', async () => '[]'],
  ['no JSON', async () => 'x'],
])('forgets what was recorded where there is %s: that is rotated by hand', async (_, text) => {
  expect(await recordsFor({ JWT_KEYS: await text() })).toEqual([]);
});

describe('the refresh keys in .dev.vars', () => {
  const LATER = new Date('2030-01-02T00:00:00Z');

  /** The records after the file was read, with those of a key that signs from the beginning before. */
  async function refreshRecordsFor(text: string) {
    const { context, records } = refreshKeyAccount({ REFRESH_KEY: createRefreshKey(new Date(0)) });
    const file = join(folder, '.dev.vars');
    await writeFile(file, text);
    await adoptLocalRefreshKeys(context.records, file);
    return records;
  }

  it('are recorded with their instants, and a record that is right stays', async () => {
    const one = `REFRESH_KEY='${createRefreshKey(new Date(0))}'\n`;
    const two = `REFRESH_KEY_2='${createRefreshKey(LATER)}'\n`;
    expect(await refreshRecordsFor(one + two)).toEqual([
      { secretName: 'REFRESH_KEY', addedAt: new Date(0), signsFrom: new Date(0) },
      { secretName: 'REFRESH_KEY_2', addedAt: NOW, signsFrom: LATER },
    ]);
  });

  it('are recorded anew where a developer has set another instant', async () => {
    expect(await refreshRecordsFor(`REFRESH_KEY='${createRefreshKey(LATER)}'\n`)).toEqual([
      { secretName: 'REFRESH_KEY', addedAt: NOW, signsFrom: LATER },
    ]);
  });

  it.each(['', '0', '0.short', '{"keys":[]}'])(
    'are none with the text %j, whose record is removed',
    async (text) => {
      expect(await refreshRecordsFor(`REFRESH_KEY='${text}'\nREFRESH_KEY_OLD='0.x'\n`)).toEqual([]);
    },
  );
});
