import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureSigningKey, readVariables } from '../../src/cli/dev-vars.ts';
import { isKeySetName } from '../../src/core/key-set-names.ts';
import { freshCheckout, projectRoot } from '../support/node/checkout.ts';
import { emptyAccount, type StubAccount, withKnownConfig } from './support/account.ts';
import { rolesOf, type Secrets } from './support/key-account.ts';

type Run = { code: number; text: string };
type Place = { folder: string; env?: Record<string, string> };

/** A script of `src/cli` with these arguments, as npm runs it. */
const run = ({ folder, env }: Place, script: string, ...args: string[]): Promise<Run> =>
  new Promise((resolve) => {
    const options = { cwd: folder, env: { ...process.env, ...withKnownConfig, ...env } };
    execFile(process.execPath, [`src/cli/${script}.ts`, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr }),
    );
  });

const privatePartsOf = (secrets: Secrets): string[] =>
  Object.values(secrets).flatMap((text) => JSON.parse(text).keys[0].d ?? []);

describe('the keys of a deployed Worker', () => {
  const remote = ['--remote', '--env', 'staging'];
  let account: StubAccount;
  let place: Place;
  const keys = (...args: string[]) => run(place, 'keys', ...args, ...remote);
  const secrets = (): Secrets => account.workers()['edge-accounts-staging']?.secrets ?? {};

  beforeAll(async () => {
    account = await emptyAccount();
    place = { folder: projectRoot, env: account.env };
  });
  afterAll(() => account.remove());

  it('cannot be rotated before there is a Worker', async () => {
    expect(await keys('list')).toEqual({ code: 1, text: expect.stringContaining("Couldn't find a D1 DB") });
  });

  it('rotate from the one that its deployment made, which a further deployment leaves alone', async () => {
    await run(place, 'deploy', '--env', 'staging');
    const added = await keys('add');
    expect(added.text).toMatch(/Next: `npm run keys:promote -- --remote --env staging`, safe from 20\d\d-/);
    expect(await rolesOf(secrets())).toEqual(['JWT_KEYS signs', 'JWT_KEYS_2 stands by']);
    const privateParts = privatePartsOf(secrets());

    const promoted = await keys('promote', '--force');
    expect(await rolesOf(secrets())).toEqual(['JWT_KEYS verifies', 'JWT_KEYS_2 signs']);
    expect((await keys('list')).text).toMatch(
      /^JWT_KEYS .*verifies only; may be retired from .*\nJWT_KEYS_2 .*signs\n$/,
    );
    const retired = await keys('retire', '--force');
    expect(await rolesOf(secrets())).toEqual(['JWT_KEYS_2 signs']);
    await run(place, 'deploy', '--env', 'staging');
    expect(await rolesOf(secrets())).toEqual(['JWT_KEYS_2 signs']);

    const shown = [...account.calls(), added.text, promoted.text, retired.text].join('\n');
    expect(privateParts).toHaveLength(2);
    for (const part of privateParts) expect(shown).not.toContain(part);
    expect(Object.keys(account.workers())).toEqual(['edge-accounts-staging']);
  });
});

describe('the keys of this machine', () => {
  let checkout: Awaited<ReturnType<typeof freshCheckout>>;
  const keys = (...args: string[]) => run(checkout, 'keys', ...args);
  const file = () => join(checkout.folder, '.dev.vars');
  const secrets = async (): Promise<Secrets> => {
    const set = Object.entries(await readVariables(file())).filter(([name]) => isKeySetName(name));
    return Object.fromEntries(set.map(([name, text = '']) => [name, text]));
  };

  beforeAll(async () => {
    checkout = await freshCheckout();
    await ensureSigningKey(file());
  });
  afterAll(() => checkout.remove());

  it('rotate in .dev.vars', async () => {
    const { text } = await keys('add');
    expect(text).toMatch(
      /Next: `npm run keys:promote`, safe from .*\nA dev server that is running keeps the old/,
    );
    expect(await rolesOf(await secrets())).toEqual(['JWT_KEYS signs', 'JWT_KEYS_2 stands by']);
    expect((await keys('promote')).text).toMatch(/^Too early\. It is safe in 15 min, from /);
    expect((await keys('promote', '--force')).code).toBe(0);
    expect(await rolesOf(await secrets())).toEqual(['JWT_KEYS verifies', 'JWT_KEYS_2 signs']);
    expect((await keys('retire', '--force')).code).toBe(0);
    expect(await readFile(file(), 'utf8')).toMatch(/^JWT_KEYS_2='.*'\n$/);
    expect(await ensureSigningKey(file())).toBe(false);
  });
});

describe('what the commands refuse', () => {
  it.each([
    [['rotate'], 'keys.ts takes one of: add, promote, retire, list'],
    [['add', '--force'], 'There is no option --force here.'],
    [['promote', 'JWT_KEYS_2'], 'There are too many words.'],
    [['list', '--env', 'staging'], '--env is for --remote: there is one local database.'],
    [['list', '--remote', '--env', 'live'], 'No environment found in configuration with name "live"'],
    [['list', '--remote', '--persist-to', 'x'], '--persist-to is for the local database.'],
  ])('is %j', async (args, told) => {
    const { code, text } = await run({ folder: projectRoot }, 'keys', ...args);
    expect([code, text]).toEqual([1, expect.stringContaining(told)]);
    expect(text).not.toMatch(/^ +at /m);
  });
});
