import { timingSafeEqual } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isKeySetName } from '../../src/core/key-set-names.ts';
import { verifyPassword } from '../../src/core/passwords.ts';
import { Secret } from '../../src/core/secrets.ts';
import { parseSigningKeys } from '../../src/core/signing-keys.ts';
import { refreshKeySignsFrom } from '../../src/protocol/refresh-keys.ts';
import { freshCheckout } from '../support/node/checkout.ts';
import { emptyAccount, type Run, type StubAccount } from './support/account.ts';
import { rolesOf, type Secrets } from './support/key-account.ts';
import { commandsBelow, paste } from './support/readme.ts';
import { refreshKeysIn, signerOf } from './support/refresh-key-account.ts';

// Node has it in another place than Workers.
Object.assign(crypto.subtle, { timingSafeEqual });

const PASSWORD = 'correct horse battery';

let checkout: Awaited<ReturnType<typeof freshCheckout>>;
let account: StubAccount;

beforeAll(async () => {
  checkout = await freshCheckout();
  account = await emptyAccount(checkout.folder);
});
afterAll(async () => {
  await account.remove();
  await checkout.remove();
});

/** Pastes commands of the README, all of those below a heading or the ones that `only` matches. */
async function follow(heading: string, { only = /./, input = '' } = {}): Promise<Run> {
  const lines = (await commandsBelow(heading, checkout.folder)).split('\n').filter((line) => only.test(line));
  // Nobody is here to say yes, and the moments and keys of the README are not those of this walk.
  const commands = lines
    .join('\n')
    .replaceAll('end-all -- --remote', 'end-all -- --remote --yes')
    .replace('2026-11-25T09:30:00Z', new Date().toISOString())
    .replace('dsp_AbCd...wxyz', 'dsp_leak...ed00');
  const done = await paste(commands, { folder: checkout.folder, env: account.env, input });
  expect([commands, done.code, done.text]).toEqual([commands, 0, expect.any(String)]);
  return done;
}

const query = (sql: string, database = 'edge-accounts') => account.query(database, sql);
const count = (table: string): unknown => query(`select count(*) as count from ${table}`)[0]?.['count'];
const keys = (): string => account.workers()['edge-accounts']?.secrets['JWT_KEYS'] ?? '';

const allSecrets = (): Secrets => account.workers()['edge-accounts']?.secrets ?? {};
const secrets = (): Secrets =>
  Object.fromEntries(Object.entries(allSecrets()).filter(([name]) => isKeySetName(name)));

/** Every refresh key that was set, so that none is seen where it must not be. */
const refreshKeysSet = new Set<string>();
function refreshKeys(): string[] {
  const names = refreshKeysIn(allSecrets());
  for (const name of names) refreshKeysSet.add(allSecrets()[name] ?? '');
  return names;
}

/** Lets time pass for the keys: what is recorded of them happened so much longer ago. */
const wait = (since: 'added_at' | 'replaced_at', minutes: number): unknown =>
  query(`update signing_keys set ${since} = ${since} - ${minutes * 60_000} returning 1`);

/** Likewise for the refresh keys. */
const waitForRefreshKeys = (minutes: number): unknown =>
  query(`update signing_keys set public_jwk = json_object(
  'added_at', public_jwk ->> 'added_at' - ${minutes * 60_000},
  'signs_from', public_jwk ->> 'signs_from' - ${minutes * 60_000}) where secret_name like 'REFRESH_KEY%' returning 1`);

/** What the Worker would have stored: two logins, two keys. */
const giveOut = (): unknown =>
  query(`insert into sessions (id, user_id, created_at, expires_at, user_agent) select 'login' || value, 1, 0, 0, '' from json_each('[1, 2]');
insert into api_keys values (null, 1, 'leaked', 'digest1', 'dsp_leak...ed00', 0, null, 'own');
insert into api_keys values (null, 1, 'good', 'digest2', 'dsp_good...0000', 0, null, 'own');
select 1`);

/** Each step stands on those before it, as an operator's day does. */
describe('the walk of an operator', () => {
  it('deploys, and once more', async () => {
    const { text } = await follow('## Deploying to Cloudflare');
    expect(text).toContain('https://edge-accounts.stub.workers.dev/api/accounts/');
    expect(await parseSigningKeys([{ name: 'JWT_KEYS', text: keys() }])).toMatchObject({ valid: true });
    const first = keys();
    expect(refreshKeys()).toEqual(['REFRESH_KEY']);
    await follow('## Deploying to Cloudflare');
    expect([account.databases().length, keys() === first]).toEqual([1, true]);
    expect([...refreshKeysSet]).toEqual([allSecrets()['REFRESH_KEY']]);
  });

  it('makes the first admin, whose password the service would take', async () => {
    await follow('### Admins', { input: `${PASSWORD}\n` });
    const [admin] = query('select * from users');
    expect(admin).toMatchObject({ username: 'ada', user_level: 10, is_active: 1 });
    expect(await verifyPassword(new Secret(String(admin?.['password_hash'])), PASSWORD)).toBe(true);
  });

  it('upgrades staging before production', async () => {
    await follow('### Upgrade');
    const { 'edge-accounts-staging': staging, 'edge-accounts': production } = account.workers();
    expect([staging?.versions, production?.versions]).toEqual([1, 3]);
    expect(count('users')).toBe(1);
  });

  it('revokes a leaked API key and no other', async () => {
    giveOut();
    await follow('### After a leak', { only: /api_keys/ });
    expect(query('select name from api_keys')).toEqual([{ name: 'good' }]);
  });

  it('rotates the signing key, each step when it is safe', async () => {
    await follow('### Signing keys', { only: /keys:add/ });
    wait('added_at', 15);
    await follow('### Signing keys', { only: /keys:promote/ });
    expect(await rolesOf(secrets())).toEqual(['JWT_KEYS verifies', 'JWT_KEYS_2 signs']);
    wait('replaced_at', 24 * 60 + 15);
    await follow('### Signing keys', { only: /keys:retire/ });
    expect(await rolesOf(secrets())).toEqual(['JWT_KEYS_2 signs']);
  });

  it('replaces a leaked signing key, whose tokens are refused from then on', async () => {
    await follow('### Signing keys', { only: /keys:add/ });
    wait('added_at', 15);
    await follow('### Signing keys', { only: /keys:promote/ });
    // The key before the one that leaks verifies still.
    expect(await rolesOf(secrets())).toEqual(['JWT_KEYS_2 verifies', 'JWT_KEYS_3 signs']);
    await follow('### After a leak', { only: /npm run keys(?!.*--refresh)/ });
    expect(await rolesOf(secrets())).toEqual(['JWT_KEYS_4 signs']);
  });

  it('rotates the refresh key, each step when it is safe', async () => {
    await follow('### Refresh keys', { only: /keys:add/ });
    expect(refreshKeys()).toEqual(['REFRESH_KEY', 'REFRESH_KEY_2']);
    const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000);
    expect([signerOf(allSecrets(), inMinutes(0)), signerOf(allSecrets(), inMinutes(15.1))]).toEqual(
      refreshKeys(),
    );
    waitForRefreshKeys(15 + 24 * 60 + 15);
    await follow('### Refresh keys', { only: /keys:retire/ });
    expect(refreshKeys()).toEqual(['REFRESH_KEY_2']);
  });

  it('replaces a leaked refresh key immediately', async () => {
    const [signing, leaked] = [secrets(), refreshKeys()];
    await follow('### After a leak', { only: /--refresh.*--force/ });
    expect([leaked, refreshKeys()]).toEqual([['REFRESH_KEY_2'], ['REFRESH_KEY_3']]);
    expect(secrets()).toEqual(signing);
  });

  it('makes a refresh key by hand that the commands read', async () => {
    const { text } = await follow('### Refresh keys', { only: /^node/ });
    const signsFrom = refreshKeySignsFrom(text.trim()) ?? 0;
    expect(Math.abs(signsFrom - Date.now() / 1000 - 900)).toBeLessThan(60);
  });

  it('ends everything', async () => {
    await follow('### Ending everything');
    expect([count('sessions'), count('api_keys')]).toEqual([0, 0]);
  });

  it('lifts a lock', async () => {
    query("insert into login_attempts values (1, 'digest', '', 12, 9e15, '', 9e15);\nselect 1");
    await follow('### A locked login');
    expect(count('login_attempts')).toBe(0);
  });

  it('goes back in time, and lets nothing live that the past brings back', async () => {
    giveOut();
    await follow('### Backup and restore', { only: /time-travel info/ });
    query('delete from sessions;\ndelete from api_keys;\nselect 1');
    const restored = await follow('### Backup and restore', { only: /time-travel restore/ });
    expect(restored.text).toContain('restored back to bookmark');
    expect([count('sessions'), count('api_keys')]).toEqual([2, 2]);
    await follow('### Backup and restore', { only: /^npm run/ });
    expect([count('sessions'), count('api_keys'), count('users')]).toEqual([0, 0, 1]);
  });

  it('keeps a copy, and goes on from it in another database', async () => {
    query(
      "insert into groups values (1, 'support', '[4]');\ninsert into user_groups values (1, 1);\nselect 1",
    );
    // A user who is gone, and whom an event still names.
    query(`insert into users select 7, 'gone', '', '', '', '', 1, 1, 0, 0, 0, null, '{}', '{}', '[]', 0, null, '', 'own';
insert into audit_events (key, event, created_at, last_at, count, user_id, detail) values ('k', 'user_deleted', 0, 0, 1, 7, '{}');
delete from users where id = 7;
select 1`);
    giveOut();
    await follow('### Backup and restore', { only: /export/ });
    const restored = 'edge-accounts-restored';
    await paste(`npx wrangler d1 create ${restored} --location weur`, {
      folder: checkout.folder,
      env: account.env,
    });
    const config = join(checkout.folder, 'wrangler.toml');
    await writeFile(
      config,
      (await readFile(config, 'utf8')).replace('"edge-accounts"\nmigrations', `"${restored}"\nmigrations`),
    );
    await follow('### Backup and restore', { only: /migrations apply|execute|npm run deploy/ });
    const content = (database: string) =>
      ['users', 'groups', 'user_groups', 'signing_keys', 'audit_events'].map((table) =>
        query(`select * from ${table}`, database),
      );
    expect(content(restored)).toEqual(content('edge-accounts'));
    expect(
      query(
        `insert into users select null, 'new', '', '', '', '', 1, 1, 0, 0, 0, null, '{}', '{}', '[]', 0, null, '', 'own' returning id`,
        restored,
      ),
    ).toEqual([{ id: 8 }]);
    expect(await rolesOf(secrets())).toEqual(['JWT_KEYS_4 signs']);
    expect(query('select secret_name from signing_keys', restored)).toEqual([
      { secret_name: 'JWT_KEYS_4' },
      { secret_name: 'REFRESH_KEY_3' },
    ]);
    expect(
      query('select (select count(*) from sessions) + (select count(*) from api_keys) as alive', restored),
    ).toEqual([{ alive: 0 }]);
    const bound = account
      .databases()
      .find(({ uuid }) => uuid === account.workers()['edge-accounts']?.database);
    expect(bound?.name).toBe(restored);
  });

  it('has shown no secret on a command line, and left none in a file', () => {
    const lines = account.calls().join('\n');
    expect(lines).not.toContain(PASSWORD);
    expect(lines).not.toMatch(/pbkdf2|"d":/);
    expect(refreshKeysSet.size).toBe(3);
    for (const text of refreshKeysSet) expect(lines).not.toContain(text.split('.')[1]);
    expect(account.leftovers()).toEqual([]);
  });
});
