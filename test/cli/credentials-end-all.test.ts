import { afterAll, beforeAll, expect, it } from 'vitest';
import { emptyAccount, type StubAccount } from './support/account.ts';

let account: StubAccount;
beforeAll(async () => {
  account = await emptyAccount();
  await account.run('deploy');
  account.query(
    'edge-accounts',
    `insert into users select value, 'user' || value, '', '', '', '', 1, 1, 0, 0, 0, null, '{}', '{}', '[]', 0, null, '', 'own'
  from json_each('[1, 2]');
insert into sessions (id, user_id, created_at, expires_at, user_agent) select 's' || id, id, 0, 0, '' from users;
insert into api_keys values (null, 1, '', 'digest', 'preview', 0, null, 'own');
select 1`,
  );
});
afterAll(() => account.remove());

const left = () =>
  account.query(
    'edge-accounts',
    `select (select count(*) from sessions) as sessions, (select count(*) from api_keys) as keys,
    (select count(*) from users where logins_ended_at is null) as standing`,
  )[0];

it('ends nothing without a Yes', async () => {
  const { code, text } = await account.run('credentials-end-all', ['--remote']);
  expect([code, text]).toEqual([1, 'Nobody is here to confirm it: add --yes.\n']);
  expect(left()).toEqual({ sessions: 2, keys: 1, standing: 2 });
});

it('ends every login and key, also the logins without a session, and says how many', async () => {
  const { code, text } = await account.run('credentials-end-all', ['--remote', '--yes']);
  expect([code, text]).toEqual([
    0,
    'Ended 2 logins and 1 API key in the database edge-accounts at Cloudflare.\n',
  ]);
  expect(left()).toEqual({ sessions: 0, keys: 0, standing: 0 });
  const [event] = account.query('edge-accounts', 'select * from audit_events');
  expect(event).toMatchObject({ event: 'authn_token_revoked', user_id: null, actor_id: null, count: 1 });
  expect(JSON.parse(String(event?.['detail']))).toEqual({ by: 'operator', sessions: 2, api_keys: 1 });
});
