import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureRefreshKey, ensureSigningKey, readVariables } from '../../src/cli/dev-vars.ts';
import { forgettable, planAdd, type RecordedKey, rotationOf } from '../../src/cli/key-rotation.ts';
import { isKeySetName } from '../../src/core/key-set-names.ts';
import { refreshKeyNumber } from '../../src/protocol/refresh-keys.ts';
import { freshCheckout, projectRoot } from '../support/node/checkout.ts';
import { emptyAccount, type StubAccount, withKnownConfig } from './support/account.ts';
import { rolesOf, type Secrets } from './support/key-account.ts';
import { signerOf } from './support/refresh-key-account.ts';

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

const only = (secrets: Secrets, matches: (name: string) => boolean): Secrets =>
  Object.fromEntries(Object.entries(secrets).filter(([name]) => matches(name)));

const privatePartsOf = (secrets: Secrets): string[] =>
  Object.values(secrets).flatMap((text) => JSON.parse(text).keys[0].d ?? []);

describe('the keys of a deployed Worker', () => {
  const remote = ['--remote', '--env', 'staging'];
  let account: StubAccount;
  let place: Place;
  const keys = (...args: string[]) => run(place, 'keys', ...args, ...remote);
  const all = (): Secrets => account.workers()['edge-accounts-staging']?.secrets ?? {};
  const secrets = () => only(all(), isKeySetName);
  const refreshKeys = () => only(all(), (name) => refreshKeyNumber(name) !== null);
  const records = () => account.query('edge-accounts-staging', 'select * from signing_keys');

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
      /^JWT_KEYS .*verifies only; may be retired from .*\nJWT_KEYS_2 .*signs\nREFRESH_KEY {2}refresh {2}signs refresh tokens\n$/,
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

  it('are refresh keys, too, which rotate by themselves and leave the signing keys alone', async () => {
    const [before, first] = [secrets(), refreshKeys()];
    expect(signerOf(first, new Date())).toBe('REFRESH_KEY');
    const added = await keys('add', '--refresh');
    expect(added.text).toMatch(
      /Next: `npm run keys:retire -- --refresh --remote --env staging`, safe from 20\d\d-/,
    );
    const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000);
    expect(signerOf(refreshKeys(), inMinutes(14))).toBe('REFRESH_KEY');
    expect(signerOf(refreshKeys(), inMinutes(16))).toBe('REFRESH_KEY_2');
    const listed = await keys('list');
    expect(listed.text).toMatch(
      /\nREFRESH_KEY {4}refresh {4}signs refresh tokens\nREFRESH_KEY_2 {2}refresh-2 {2}signs refresh tokens from 20\d\d-.* on\n$/,
    );
    expect((await keys('retire', '--refresh')).text).toMatch(/^Too early\. It is safe in 1 d, from /);
    // The records of a key that waited, by the commands of older code: it would take them for those of signing keys.
    const older = rotationOf(records().map(asOlderCode), Object.keys(all()));
    expect(forgettable(older, inMinutes(60 * 24 * 365))).toEqual([]);
    expect([planAdd(older), older.byHand]).toEqual([{ secretName: 'JWT_KEYS_3' }, []]);

    const forced = await keys('add', '--refresh', '--force');
    const retired = await keys('retire', '--refresh', '--force', '--all');
    const known = refreshKeys();
    expect(Object.keys(known)).toEqual(['REFRESH_KEY_3']);
    expect(records().map((row) => row['secret_name'])).toEqual(['JWT_KEYS_2', 'REFRESH_KEY_3']);
    expect(secrets()).toEqual(before);
    await run(place, 'deploy', '--env', 'staging');
    expect(refreshKeys()).toEqual(known);

    const texts = [added, listed, forced, retired].map(({ text }) => text);
    const shown = [...account.calls(), ...texts, JSON.stringify(records())].join('\n');
    for (const value of Object.values({ ...first, ...known })) {
      expect(value).toMatch(/^\d+\.[\w-]{43}$/);
      expect(shown).not.toContain(value.split('.')[1]);
    }
    expect(account.leftovers()).toEqual([]);
  });
});

/** A row as the commands read it before there were refresh keys. */
const asOlderCode = (row: Record<string, unknown>): RecordedKey => ({
  secretName: String(row['secret_name']),
  kid: String(row['kid']),
  publicJwk: String(row['public_jwk']),
  addedAt: new Date(Number(row['added_at'])),
  replaced: row['replaced_at'] === null ? null : { at: new Date(0), tokenTtlSeconds: 0 },
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
    await ensureRefreshKey(file());
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
    expect(await readFile(file(), 'utf8')).toMatch(/^REFRESH_KEY='.*'\nJWT_KEYS_2='.*'\n$/);
    expect(await ensureSigningKey(file())).toBe(false);
  });

  it('are refresh keys, too', async () => {
    const { text } = await keys('add', '--refresh');
    expect(text).toMatch(
      /Next: `npm run keys:retire -- --refresh`, safe from .*\nA dev server that is running keeps the old/,
    );
    expect(await readFile(file(), 'utf8')).toMatch(/\nREFRESH_KEY_2='\d{10}\.[\w-]{43}'\n$/);
    expect((await keys('add', '--refresh', '--force')).code).toBe(0);
    expect((await keys('retire', '--refresh', '--force', '--all')).code).toBe(0);
    expect(await readFile(file(), 'utf8')).toMatch(/^JWT_KEYS_2='.*'\nREFRESH_KEY_3='0\.[\w-]{43}'\n$/);
    expect(await ensureRefreshKey(file())).toBe(false);
    expect((await keys('list')).text).toMatch(
      /^JWT_KEYS_2 .*signs\nREFRESH_KEY_3 {2}refresh-3 {2}signs refresh tokens\n$/,
    );
  });
});

describe('what the commands refuse', () => {
  it.each([
    [['rotate'], 'keys.ts takes one of: add, promote, retire, list'],
    [['add', '--force'], '--force needs --refresh: a signing key is forced when it is promoted.'],
    [['add', '--refresh', '--all'], 'There is no option --all here.'],
    [
      ['promote', '--refresh'],
      'A refresh key is not promoted: it signs from the instant on that keys:add gave it.',
    ],
    [['list', '--refresh'], 'There is no option --refresh here.'],
    [['add', '--refresh=2'], '--refresh takes no value.'],
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
