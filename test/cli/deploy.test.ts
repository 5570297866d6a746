import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { addressIn } from '../../src/cli/deploy-worker.ts';
import { takeOptions } from '../../src/cli/options.ts';
import { parseSigningKeys } from '../../src/core/signing-keys.ts';
import { freshCheckout } from '../support/node/checkout.ts';
import { emptyAccount, type Run, type StubAccount } from './support/account.ts';

let account: StubAccount;

/** `npm run deploy -- …`, of which `failing` makes one call fail. */
const deploy = (args: string[] = [], failing = ''): Promise<Run> =>
  account.run('deploy', args, { env: { EDGE_ACCOUNTS_STUB_FAILS: failing } });

const tablesOf = (database: string): unknown[] =>
  account
    .query(database, "select name from sqlite_master where type = 'table' order by name")
    .map(({ name }) => name);

const keysOf = (worker: string): string => account.workers()[worker]?.secrets['JWT_KEYS'] ?? '';
const refreshKeyOf = (worker: string): string => account.workers()[worker]?.secrets['REFRESH_KEY'] ?? '';

describe('npm run deploy, in an account with nothing', () => {
  let first: Run;
  beforeAll(async () => {
    account = await emptyAccount();
    first = await deploy(['--location', 'weur', '--var', 'PASSWORD_MIN_LENGTH:12']);
  });
  afterAll(() => account.remove());

  it('makes a working service, and says where it is and how to make an admin', async () => {
    expect(first).toEqual({
      code: 0,
      text: expect.stringContaining('https://edge-accounts.stub.workers.dev/api/'),
    });
    expect(first.text).toContain('npm run admin:create -- --remote\n');
    expect(first.text).toContain('Created the D1 database edge-accounts in weur\n');
    const [database, ...more] = account.databases();
    expect([database, more]).toEqual([
      expect.objectContaining({ name: 'edge-accounts', location: 'weur' }),
      [],
    ]);
    expect(tablesOf('edge-accounts')).toContain('users');
    expect(account.workers()).toEqual({
      'edge-accounts': {
        deployed: true,
        versions: 1,
        database: database?.uuid,
        vars: { PASSWORD_MIN_LENGTH: '12' },
        secrets: { JWT_KEYS: expect.any(String), REFRESH_KEY: expect.stringMatching(/^0\.[\w-]{43}$/) },
        rateLimits: { LOGINS_PER_NETWORK: '8300', LOGINS_PER_NETWORK_AND_NAME: '8301' },
        crons: [expect.stringMatching(/ \* \* \* \*$/)],
        domains: [],
      },
    });
    expect(await parseSigningKeys([{ name: 'JWT_KEYS', text: keysOf('edge-accounts') }])).toMatchObject({
      valid: true,
    });
  });

  it('tries the arguments first, without a word of it', () => {
    expect(account.calls()[0]).toBe('deploy --dry-run --env= --var PASSWORD_MIN_LENGTH:12');
    expect(first.text).not.toContain('dry-run');
  });

  it('shows no secret, neither on a command line nor in its output, and makes wrangler warn of nothing', () => {
    const { keys } = JSON.parse(keysOf('edge-accounts'));
    expect(account.calls().join('\n')).not.toContain(keys[0].d);
    expect(first.text).not.toContain(keys[0].d);
    const [, secret] = refreshKeyOf('edge-accounts').split('.');
    const records = JSON.stringify(account.query('edge-accounts', 'select * from signing_keys'));
    expect(account.calls().join('\n') + first.text + records).not.toContain(secret);
    expect(account.leftovers()).toEqual([]);
    expect(first.text).not.toMatch(/warning/i);
  });

  it('changes nothing but the code when it is repeated, and explains the first admin no more once there is one', async () => {
    const before = account.workers()['edge-accounts'];
    account.query(
      'edge-accounts',
      `insert into users values (1, 'a', '', '', '', '', 10, 1, 1, 1, 0, null, '{}', '{}', '[]', 0, null, '', 'own')`,
    );
    const again = await deploy();
    expect([again.code, again.text]).toEqual([0, expect.not.stringContaining('admin:create')]);
    expect(account.databases()).toHaveLength(1);
    expect(account.workers()).toEqual({ 'edge-accounts': { ...before, versions: 2, vars: {} } });
  });

  it('gives staging a Worker, a database, keys and counters of its own', async () => {
    const { code, text } = await deploy(['--env', 'staging']);
    expect([code, text]).toEqual([0, expect.stringContaining('admin:create -- --remote --env staging')]);
    expect(text).toContain('in a place that Cloudflare chose\n');
    expect(text).not.toMatch(/warning/i);
    const { 'edge-accounts': production, 'edge-accounts-staging': staging } = account.workers();
    const [ours, its, ...more] = account.databases();
    expect([ours?.name, its?.name, more]).toEqual(['edge-accounts', 'edge-accounts-staging', []]);
    expect([production?.database, staging?.database]).toEqual([ours?.uuid, its?.uuid]);
    expect(tablesOf('edge-accounts-staging')).toEqual(tablesOf('edge-accounts'));
    expect(staging?.rateLimits).toEqual({ LOGINS_PER_NETWORK: '8310', LOGINS_PER_NETWORK_AND_NAME: '8311' });
    expect(staging?.crons).toEqual(production?.crons);
    expect(keysOf('edge-accounts-staging')).not.toBe(keysOf('edge-accounts'));
    expect(refreshKeyOf('edge-accounts-staging')).not.toBe(refreshKeyOf('edge-accounts'));
  });
});

describe('npm run deploy, where something goes wrong', () => {
  beforeEach(async () => {
    account = await emptyAccount();
  });
  afterEach(() => account.remove());

  it('goes on from wherever it failed when it is repeated', async () => {
    const failures = ['after d1 create', 'before d1 migrations apply', 'before secret list', 'after deploy'];
    for (const failure of failures) {
      const failed = await deploy([], failure);
      expect([failure, failed.code, failed.text]).toEqual([failure, 1, expect.stringContaining('API')]);
    }
    const secrets = account.workers()['edge-accounts']?.secrets;
    expect(Object.keys(secrets ?? {})).toEqual(['JWT_KEYS', 'REFRESH_KEY']);
    expect((await deploy()).code).toBe(0);
    expect(account.databases()).toHaveLength(1);
    expect(account.workers()['edge-accounts']).toMatchObject({ versions: 2, secrets });
    const recorded = account.query('edge-accounts', 'select secret_name from signing_keys order by 1');
    expect(recorded.map((row) => row['secret_name'])).toEqual(['JWT_KEYS', 'REFRESH_KEY']);
  });

  it('takes no failed look at the secrets for a Worker without keys', async () => {
    await deploy([], 'before secret list');
    expect(account.workers()).toEqual({});
  });

  it.each([
    ['production', []],
    ['staging', ['--env', 'staging']],
  ])('keeps the keys of the Worker that Workers Builds names, in %s', async (_, args) => {
    const built = () =>
      account.run('deploy', args, { env: { WRANGLER_CI_OVERRIDE_NAME: 'accounts-of-builds' } });
    await built();
    const keys = keysOf('accounts-of-builds');
    const again = await built();
    expect([again.code, keysOf('accounts-of-builds')]).toEqual([0, keys]);
    expect(Object.keys(account.workers())).toEqual(['accounts-of-builds']);
    expect(again.text).not.toContain('Multiple environments');
  });

  it.each([
    [['--name', 'other'], 'There is no option --name here: the Worker is that of wrangler.toml'],
    [['--name=other'], 'There is no option --name here'],
    [['-c', 'other.toml'], 'There is no option -c here'],
    [['staging'], '"staging" is not taken here. Options stand behind one --'],
    [['--', '--env', 'staging'], '"--" is not taken here.'],
    [['--message', 'first', 'version'], 'The expected output file at "version" was not found'],
    [['--locaton', 'weur'], 'locaton'],
    [['--env', 'production'], 'No environment found in configuration with name "production"'],
    [['--env'], '--env needs a value.'],
    [['--location', 'mars'], 'Choices: weur'],
  ])('refuses %j before anything is made', async (args, sentence) => {
    const { code, text } = await deploy(args);
    expect([code, text]).toEqual([1, expect.stringContaining(sentence)]);
    expect(text).not.toMatch(/^ +at /m);
    expect([account.databases(), account.workers()]).toEqual([[], {}]);
  });

  it.each([
    ['env', 'staging', 'With -- before it, it gets here: npm run deploy -- --env'],
    ['dry_run', 'true', 'npm took --dry-run for itself.'],
    ['jurisdiction', 'true', 'npm took --jurisdiction for itself.'],
  ])('refuses what npm took for itself, as --%s', async (name, value, sentence) => {
    const env = { [`npm_config_${name}`]: value, npm_lifecycle_event: 'deploy' };
    const { code, text } = await account.run('deploy', [], { env });
    expect([code, text]).toEqual([1, expect.stringContaining(sentence)]);
    expect([account.databases(), account.workers()]).toEqual([[], {}]);
  });
});

it('takes no option of npm for one of ours where both have it', () => {
  vi.stubEnv('npm_config_force', 'true');
  expect(takeOptions([], { named: [], flags: ['force'] }).values).toEqual({});
  vi.unstubAllEnvs();
});

it('leaves a domain of the README with production when staging is deployed', async () => {
  const checkout = await freshCheckout();
  account = await emptyAccount(checkout.folder);
  const [routes = ''] =
    /^routes = .*\n/m.exec(await readFile(join(checkout.folder, 'README.md'), 'utf8')) ?? [];
  const config = join(checkout.folder, 'wrangler.toml');
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace(/^preview_urls/m, `${routes}preview_urls`));
  await deploy();
  const staging = await deploy(['--env', 'staging']);
  const domainsOf = (worker: string) => account.workers()[worker]?.domains;
  expect(staging.text).not.toMatch(/warning/i);
  expect(domainsOf('edge-accounts')).toEqual(['accounts.example.com']);
  expect(domainsOf('edge-accounts-staging')).toEqual([]);
  await account.remove();
  await checkout.remove();
});

it('makes the database of an environment in the account of that', async () => {
  const checkout = await freshCheckout();
  account = await emptyAccount(checkout.folder);
  const config = join(checkout.folder, 'wrangler.toml');
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace('[env.staging]\n', '[env.staging]\naccount_id = "theirs"\n'));
  const { code, text: said } = await deploy(['--env', 'staging']);
  expect([code, said]).toEqual([0, expect.stringContaining('Edge Accounts is deployed')]);
  expect(account.databases()).toMatchObject([{ name: 'edge-accounts-staging', account: 'theirs' }]);
  expect((await deploy(['--env', 'staging'])).code).toBe(0);
  expect(account.databases()).toHaveLength(1);
  await account.remove();
  await checkout.remove();
});

it.each([
  [['--env', 'a', '--var', 'X:1'], { env: 'a' }, ['--var', 'X:1']],
  [['-e', 'a', '--env=b'], { env: 'b' }, []],
  [['--', '--env', 'a'], {}, ['--', '--env', 'a']],
  [['--remote', '--minify', 'main.ts'], { remote: true }, ['--minify', 'main.ts']],
])('%j is read as %j and %j', (args, values, rest) => {
  expect(takeOptions(args, { named: ['env'], flags: ['remote'] })).toEqual({ values, rest });
});

it.each([
  [['https://a.b.workers.dev', 'schedule: 17 * * * *'], 'https://a.b.workers.dev'],
  [['schedule: 17 * * * *', 'accounts.example.com (custom domain)'], 'https://accounts.example.com'],
  [['example.com/* (zone name: example.com)'], 'https://example.com'],
  [['example.com/*'], 'https://example.com'],
  [['schedule: 17 * * * *'], null],
])('targets %j answer at %j', (targets, address) => {
  const report = ['{"type":"wrangler-session"}', JSON.stringify({ type: 'deploy', targets }), ''].join('\n');
  expect(addressIn(report)).toBe(address);
});
