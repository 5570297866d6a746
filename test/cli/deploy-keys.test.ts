import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyAccount, type Run, type StubAccount } from './support/account.ts';

let account: StubAccount;

/** `npm run deploy -- …`, of which `failing` makes one call fail. */
const deploy = (args: string[] = [], failing = ''): Promise<Run> =>
  account.run('deploy', args, { env: { EDGE_ACCOUNTS_STUB_FAILS: failing } });

/** The records of refresh keys: their names with the instants from which they sign, in Unix seconds. */
const refreshRecords = () =>
  account
    .query('edge-accounts', "select * from signing_keys where secret_name like 'REFRESH_KEY%'")
    .map((row) => [row['secret_name'], JSON.parse(String(row['public_jwk'])).signs_from / 1000]);

describe('npm run deploy, of a Worker from before there were refresh keys', () => {
  const OTHERS = { JWT_KEYS: '{"keys":[]}', MINE: 'secret' };
  const secrets = () => account.workers()['edge-accounts']?.secrets ?? {};
  const refreshKey = (): string => secrets()['REFRESH_KEY'] ?? '';
  const putSecret = (name: string, text: string) =>
    account.wrangler(['secret', 'put', name, '--env='], { input: text });

  beforeEach(async () => {
    account = await emptyAccount();
    for (const [name, text] of Object.entries(OTHERS)) await putSecret(name, text);
  });
  afterEach(() => account.remove());

  it('makes one that signs 15 minutes later, and keeps all other secrets', async () => {
    const before = Date.now();
    const { code, text } = await deploy();
    const [from, ...more] = refreshKey().split('.').slice(0, 1).map(Number);
    expect(secrets()).toEqual({ ...OTHERS, REFRESH_KEY: expect.stringMatching(/^\d{10}\.[\w-]{43}$/) });
    expect([code, more]).toEqual([0, []]);
    expect(from).toBeGreaterThanOrEqual(before / 1000 + 900);
    expect(from).toBeLessThanOrEqual(Date.now() / 1000 + 901);
    expect(text).toMatch(/\nAdding REFRESH_KEY: it signs refresh tokens from 20\d\d-.* on\.\n/);
    expect(text).not.toMatch(/warning/i);
    expect(refreshRecords()).toEqual([['REFRESH_KEY', from]]);
    const known = secrets();
    expect((await deploy()).text).not.toContain('REFRESH_KEY');
    expect(secrets()).toEqual(known);
  });

  it('records the key that was uploaded, also where a deployment was cut off before', async () => {
    expect((await deploy([], 'before deploy')).code).toBe(1);
    expect([secrets(), refreshRecords().length]).toEqual([OTHERS, 1]);
    expect((await deploy()).code).toBe(0);
    const [from] = refreshKey().split('.');
    expect(refreshRecords()).toEqual([['REFRESH_KEY', Number(from)]]);
  });

  it.each(['REFRESH_KEY', 'REFRESH_KEY_7'])('makes none where %s is set', async (name) => {
    await putSecret(name, 'of the operator');
    await deploy();
    expect(secrets()).toEqual({ ...OTHERS, [name]: 'of the operator' });
    expect(refreshRecords()).toEqual([]);
  });

  describe('with a --secrets-file of the operator', () => {
    const deployWith = async (content: object) => {
      const file = join(await mkdtemp(join(account.env['TMPDIR'] ?? '', 'own-')), 'secrets.json');
      await writeFile(file, JSON.stringify(content), { mode: 0o600 });
      return deploy(['--secrets-file', file]);
    };
    const WARNING = /Warning: REFRESH_KEY is not set.* Add it: npm run keys:add -- --refresh --remote\n/;

    it('makes none beside it, and warns of that with the command that adds one', async () => {
      const { code, text } = await deployWith({ MINE: 'changed' });
      expect([code, text]).toEqual([0, expect.stringMatching(WARNING)]);
      expect(secrets()).toEqual({ ...OTHERS, MINE: 'changed' });
      expect((await account.run('keys', ['add', '--refresh', '--remote'])).code).toBe(0);
      expect(Object.keys(secrets())).toContain('REFRESH_KEY');
      expect((await deployWith({ MINE: 'again' })).text).not.toMatch(/warning/i);
    });

    it('warns of nothing where the file holds a refresh key', async () => {
      const { code, text } = await deployWith({ REFRESH_KEY: 'of the operator' });
      expect([code, text]).toEqual([0, expect.not.stringMatching(/warning/i)]);
    });

    it('deploys nothing where the signing key is missing, which needs that option', async () => {
      await account.wrangler(['secret', 'delete', 'JWT_KEYS', '--env=']);
      const { code, text } = await deployWith({ MINE: 'changed' });
      expect([code, text]).toEqual([1, expect.stringContaining('Leave yours out of this deployment.')]);
      expect(secrets()).toEqual({ MINE: 'secret' });
    });
  });
});
