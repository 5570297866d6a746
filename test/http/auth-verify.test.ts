import { describe, expect, it } from 'vitest';
import { ALL_PERMISSIONS } from '../../src/core/permissions.ts';
import { type Answer, type Call, call, envWith, get } from '../support/api.ts';
import { keepConsoleLines } from '../support/console-lines.ts';
import { env } from '../support/env.ts';
import { broken, counted } from '../support/intercepted-database.ts';
import { keyOf, person, signedInAdmin, signedInAs, signIn } from '../support/people.ts';

keepConsoleLines();

const verify = (query: string, caller: Call): Promise<Answer> => get(`/auth/verify/${query}`, caller);

const toldBy = ({ headers }: Answer): (string | null)[] =>
  ['User-Id', 'Username', 'Level', 'Permissions'].map((name) => headers.get(`X-Auth-${name}`));

describe('a proxy that asks who is calling', () => {
  it('is told in headers, by token and by key, in one round trip', async () => {
    const who = await signedInAs('view_user', 'add_user');
    const key = await keyOf(who);
    await get('/users/me/', { key });
    const { authorization } = { authorization: `ApiKey ${key}` };
    for (const caller of [{ token: who.access }, { key }, { headers: { Authorization: authorization } }]) {
      const { database, trips } = counted(env.DB);
      const answer = await verify('', { ...caller, env: envWith({ DB: database }) });
      expect([answer.status, answer.text, trips.length]).toEqual([204, '', 1]);
      expect(toldBy(answer)).toEqual([String(who.id), who.username, '1', 'add_user,view_user']);
      expect(answer.headers.get('Cache-Control')).toBe('no-store');
    }
  });

  it('is told all permissions of an admin, and of who has none that there are none', async () => {
    const [admin, nobody] = [await signedInAdmin(), await signedInAs()];
    const [first, second] = [
      await verify('', { token: admin.access }),
      await verify('', { token: nobody.access }),
    ];
    expect(toldBy(first).slice(2)).toEqual(['10', [...ALL_PERMISSIONS].join()]);
    expect(toldBy(second).slice(2)).toEqual(['1', '']);
  });

  it('is answered 401 without credentials or with bad ones, and told nobody', async () => {
    const { refresh } = await signedInAs();
    for (const caller of [{}, { token: 'nonsense' }, { token: refresh }, { key: 'nonsense' }]) {
      const answer = await verify('?permission=view_user', caller);
      expect([answer.status, ...toldBy(answer)]).toEqual([401, null, null, null, null]);
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer realm="api"');
    }
  });

  it('has its use of a key noted', async () => {
    const who = await signedInAs();
    await verify('', { key: await keyOf(who) });
    const { body } = await get('/api-keys/', { token: who.access });
    expect(body.results[0].last_used_at).not.toBeNull();
  });

  it('is judged by its own method and path, whatever it says of the original', async () => {
    const { access: token } = await signedInAs();
    const headers = {
      'X-Original-URI': '/api/accounts/token/',
      'X-Original-Method': 'POST',
      'X-Forwarded-Method': 'DELETE',
      'X-Forwarded-Uri': '/?permission=view_user',
      'X-HTTP-Method-Override': 'PUT',
      'X-Auth-User-Id': '1',
      'X-Auth-Level': '10',
    };
    const answer = await verify('', { token, headers });
    expect([answer.status, answer.headers.get('X-Auth-Level')]).toEqual([204, '1']);
    for (const method of ['POST', 'PUT', 'DELETE']) {
      expect((await call(method, '/auth/verify/', { token })).status).toBe(405);
    }
  });

  it('hears 503 while the database does not answer', async () => {
    const { access: token } = await signedInAs();
    const answer = await verify('', { token, env: envWith({ DB: broken(env.DB) }) });
    expect([answer.status, ...toldBy(answer)]).toEqual([503, null, null, null, null]);
  });
});

describe('the permissions that it asks for', () => {
  it('are all required', async () => {
    const { access: token } = await signedInAs('view_user', 'add_user');
    const statusOf = async (query: string) => (await verify(query, { token })).status;
    expect(await statusOf('?permission=view_user')).toBe(204);
    expect(await statusOf('?permission=view_user&permission=add_user')).toBe(204);
    expect(await statusOf('?permission=view_user&permission=delete_user')).toBe(403);
    expect(await statusOf('?permission=delete_user&permission=view_user')).toBe(403);
    const { access } = await signedInAdmin();
    expect((await verify('?permission=delete_user', { token: access })).status).toBe(204);
  });

  it('tell nobody where one is lacking', async () => {
    const { access: token } = await signedInAs();
    expect(toldBy(await verify('?permission=view_user', { token }))).toEqual([null, null, null, null]);
  });

  it.each([
    '?permission=view_users',
    '?permission=',
    '?permission',
    '?permission=View_user',
    '?permission=view_user,add_user',
    '?permission=view_user&permission=nothing',
    '?permissions=view_user',
    '?permission[]=view_user',
    '?Permission=view_user',
    '?constructor=1',
    '?toString=1',
    '?__proto__=x',
    '?permission=view_user&hasOwnProperty=1',
  ])('let nobody in where they are misspelt: %s', async (query) => {
    const { access: token } = await signedInAdmin();
    const answer = await verify(query, { token });
    expect([answer.status, ...toldBy(answer)]).toEqual([400, null, null, null, null]);
  });
});

describe('a username of older times', () => {
  it.each([
    ['Zoë Ångström', 'Zo%C3%AB%20%C3%85ngstr%C3%B6m'],
    ['a\r\nX-Auth-Level: 10', 'a%0D%0AX-Auth-Level:%2010'],
    ['100%25', '100%2525'],
    ['a\u007f\t\u0000', 'a%7F%09%00'],
    ['☃'.repeat(150), '%E2%98%83'.repeat(150)],
  ])('comes as visible ASCII: %j', async (username, told) => {
    const who = await signIn(await person());
    await env.DB.prepare('update users set username = ? where id = ?').bind(username, who.id).run();
    const answer = await verify('', { token: who.access });
    expect(toldBy(answer)).toEqual([String(who.id), told, '1', '']);
    expect(decodeURIComponent(told)).toBe(username);
  });
});
