import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { captureWrangler } from '../../src/cli/wrangler.ts';
import { emptyAccount, type StubAccount } from './support/account.ts';

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
