import { timingSafeEqual } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyPassword } from '../../src/core/passwords.ts';
import { Secret } from '../../src/core/secrets.ts';
import { emptyAccount, type StubAccount } from './support/account.ts';

// Node has it in another place than Workers.
Object.assign(crypto.subtle, { timingSafeEqual });

const PASSWORD = 'correct horse battery';

let account: StubAccount;
beforeAll(async () => {
  account = await emptyAccount();
  await account.run('deploy');
});
afterAll(() => account.remove());

const createAdmin = (args: string[], input = `${PASSWORD}\n`) =>
  account.run('admin-create', ['--remote', ...args], { input });

const userOf = (name: string) => {
  const [user] = account.query('edge-accounts', `select * from users where username = '${name}'`);
  return user;
};

const count = (what: string): unknown =>
  account.query('edge-accounts', `select count(*) as count from ${what}`)[0]?.['count'];

const hasPassword = (name: string, password: string): Promise<boolean> =>
  verifyPassword(new Secret(String(userOf(name)?.['password_hash'])), password);

it('makes an admin whose password is the line that was piped in, to the byte', async () => {
  const exact = '  o\'Neil \\ "🙂" ; --  ';
  const { code, text } = await createAdmin(['ada'], `${exact}\n`);
  expect([code, text]).toEqual([0, 'Created the admin ada in the database edge-accounts at Cloudflare.\n']);
  expect(userOf('ada')).toMatchObject({ user_level: 10, is_active: 1, is_staff: 1, is_superuser: 1 });
  expect(userOf('ada')?.['password_hash']).toContain('$i=73334,73333,73333$');
  expect([await hasPassword('ada', exact), await hasPassword('ada', exact.trim())]).toEqual([true, false]);
});

it('rescues a user: admin, active, with a new password, signed out, and not locked out', async () => {
  await createAdmin(['bob']);
  await createAdmin(['eve']);
  const { id, date_joined: joined } = userOf('bob') ?? {};
  const soon = Date.now() + 60_000;
  account.query(
    'edge-accounts',
    `update users set user_level = 1, is_active = 0, email = 'bob@example.com' where id = ${id};
insert into sessions (id, user_id, created_at, expires_at, user_agent) select 's' || id, id, 0, ${soon}, '' from users where username in ('bob', 'eve');
insert into known_networks select id, '192.0.2.1', 0 from users where username in ('bob', 'eve');
insert into api_keys values (null, ${id}, '', 'digest', 'preview', 0, null, 'own');
insert into api_keys values (null, ${id}, 'planted', 'another digest', 'preview', 0, null, 'other');
insert into login_attempts values (1, 'locked', '', 12, ${soon}, '', ${soon});
insert into login_attempts values (2, 'counted', '', 3, 0, '', ${soon});
select 1`,
  );
  const { text } = await createAdmin(['bob'], 'another password\n');
  expect(text).toContain(
    'bob has a new password, is an admin now, is active again, was signed out (1), lost the API keys that others had made for it (1) in',
  );
  expect(text).toContain('API keys survive this');
  expect(userOf('bob')).toMatchObject({
    id,
    date_joined: joined,
    user_level: 10,
    is_active: 1,
    email: 'bob@example.com',
  });
  expect(Number(userOf('bob')?.['logins_ended_at'])).toBeGreaterThan(soon - 60_000);
  expect(userOf('bob')?.['password_set_by']).toBe('admin');
  expect(await hasPassword('bob', 'another password')).toBe(true);
  expect(account.query('edge-accounts', 'select id from sessions')).toEqual([
    { id: `s${userOf('eve')?.['id']}` },
  ]);
  expect(account.query('edge-accounts', 'select id from login_attempts')).toEqual([{ id: 2 }]);
  expect([count('known_networks'), count('api_keys')]).toEqual([2, 1]);
});

it('leaves in the audit log what it did, by nobody who signed in', async () => {
  const eventsOf = (name: string) =>
    account
      .query(
        'edge-accounts',
        `select * from audit_events where user_id = ${userOf(name)?.['id']} order by id`,
      )
      .map(({ event, detail, actor_id }) => [event, JSON.parse(String(detail)), actor_id]);
  const by = 'operator';
  expect(eventsOf('ada')).toEqual([['user_created', { by, username: 'ada', user_level: 10 }, null]]);
  expect(eventsOf('bob').slice(1)).toEqual([
    ['authn_password_change', { by }, null],
    ['privilege_permissions_changed', { by, user_level: 10 }, null],
    ['user_updated', { by, fields: ['is_active', 'is_staff', 'is_superuser'], is_active: true }, null],
    ['authn_token_revoked', { by, api_key_id: expect.any(Number), name: 'planted' }, null],
  ]);
});

it('keeps the level of an admin above 10', async () => {
  account.query('edge-accounts', "update users set user_level = 11 where username = 'ada';\nselect 1");
  await createAdmin(['ada']);
  expect(userOf('ada')?.['user_level']).toBe(11);
});

it('generates a password and shows it once', async () => {
  const { text } = await createAdmin(['gen', '--generate-password'], '');
  const [, password = ''] = /The password, shown this once: (\S{24,})\n/.exec(text) ?? [];
  expect(await hasPassword('gen', password)).toBe(true);
});

it('puts neither password nor hash on a command line, and leaves no file', async () => {
  await createAdmin(['sly']);
  const lines = account.calls().join('\n');
  expect(lines).toContain('--file');
  expect(lines).not.toContain(PASSWORD);
  expect(lines).not.toContain('pbkdf2');
  expect(account.leftovers()).toEqual([]);
});

it('leaves no file where the database refuses, and says so', async () => {
  const { code, text } = await account.run('admin-create', ['--remote', 'late'], {
    input: PASSWORD,
    env: { EDGE_ACCOUNTS_STUB_FAILS: 'before d1 execute' },
  });
  expect([code, text]).toEqual([
    1,
    expect.stringContaining('edge-accounts at Cloudflare refused it: A request'),
  ]);
  expect([userOf('late'), account.leftovers()]).toEqual([undefined, []]);
});

it.each([
  ['a short password', ['tim'], 'short', 'password: Ensure this field has at least 8 characters.'],
  ['a long one', ['tim'], 'x'.repeat(1025), 'password: Ensure this field has no more than 1024 bytes.'],
  ['none', ['tim'], '', 'Pipe in the password as one line.'],
  ['several lines', ['tim'], 'correct horse\nbattery\n', 'Pipe in the password as one line.'],
  ['a wrong username', ["tim'"], PASSWORD, 'username: Enter a valid username.'],
  ['no username', [], PASSWORD, 'Which name?'],
  ['a word too many', ['tim', 'hunter22'], PASSWORD, 'A password is never given as one.'],
  ['an option that is none', ['tim', '--password=hunter22'], '', 'There is no option --password here.'],
])('refuses %s, changes nothing, and repeats no password', async (_what, args, input, sentence) => {
  const before = count('users');
  const { code, text } = await createAdmin(args, input);
  expect([code, text]).toEqual([1, expect.stringContaining(sentence)]);
  expect(text).not.toMatch(/hunter22|correct horse|^ +at /m);
  expect(count('users')).toBe(before);
});

it.each([
  [['ada', '--remote', '--env', 'staging'], 'Deploy first: npm run deploy'],
  [['ada', '--env', 'staging'], '--env is for --remote'],
  [['ada', '--remote', '--persist-to', 'x'], '--persist-to is for the local database'],
])('refuses %j', async (args, sentence) => {
  const { code, text } = await account.run('admin-create', args, { input: PASSWORD });
  expect([code, text]).toEqual([1, expect.stringContaining(sentence)]);
});
