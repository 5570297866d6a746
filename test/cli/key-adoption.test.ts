import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { adoptLocalKeys } from '../../src/cli/key-adoption.ts';
import { createKey, type NewKey, publicKeySet } from '../../src/cli/key-set.ts';
import { keyAccount } from './support/key-account.ts';

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
