import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { captureWrangler } from '../../src/cli/wrangler.ts';
import { emptyAccount, type StubAccount } from './support/account.ts';
import { readCommands } from './support/stub-wrangler/pinned.ts';

let account: StubAccount;
beforeEach(async () => {
  account = await emptyAccount();
  for (const [name, value] of Object.entries(account.env)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await account.remove();
});

it.each([
  ['an unknown command', 'd1 make edge-accounts'],
  ['an unknown option', 'd1 create edge-accounts --place weur'],
  ['a value that is no choice', 'd1 create edge-accounts --location mars'],
  ['a missing word', 'd1 create'],
  ['a missing option', 'd1 export DB --remote'],
  ['a word too many', 'd1 create edge accounts'],
  ['a database that is not there', 'd1 execute DB --remote --command select'],
])('the stub refuses %s as wrangler does', async (_what, line) => {
  const { code, text } = await captureWrangler(line.split(' '));
  expect([code, text]).toEqual([1, expect.stringContaining('[ERROR]')]);
  expect(account.databases()).toEqual([]);
});

it('a file of secrets adds to those that are set, in the pinned wrangler as in the stub', async () => {
  expect(readCommands()['deploy']?.options['secrets-file']?.describe).toContain(
    'omitted secrets will not be deleted',
  );
  await account.wrangler(['secret', 'put', 'KEPT', '--env='], { input: 'a' });
  const file = join(account.env['TMPDIR'] ?? '', 'secrets.json');
  await writeFile(file, '{"ADDED":"b"}', { mode: 0o600 });
  await account.wrangler(['deploy', '--env=', '--secrets-file', file]);
  expect(account.workers()['edge-accounts']?.secrets).toEqual({ KEPT: 'a', ADDED: 'b' });
});
