import { describe, expect, it } from 'vitest';
import { del, envWith, get, post } from '../support/api.ts';
import { keepConsoleLines } from '../support/console-lines.ts';
import { env } from '../support/env.ts';
import { logInPage, logOutPage } from '../support/page-logins.ts';
import { person, type SignedIn, signedInAdmin, signedInAs, signIn } from '../support/people.ts';
import { authenticate } from '../support/rpc.ts';
import { tableNames } from '../support/tables.ts';
import { claimsOf, resigned, sessionIdOf } from '../support/wire-tokens.ts';

const lines = keepConsoleLines();

/** Every row of every table, as one text. */
async function everythingStored(): Promise<string> {
  const tables = (await tableNames()).map((name) => env.DB.prepare(`select * from "${name}"`));
  return JSON.stringify((await env.DB.batch(tables)).map(({ results }) => results));
}

const sidsOf = (...logins: SignedIn[]): string[] => logins.map(({ access }) => claimsOf(access).sid);

describe('the `sid` of a session', () => {
  it('is told by nothing but its tokens: no list, no event, no introspection, no log line and no row', async () => {
    const [admin, who] = [await signedInAdmin(), await person()];
    const [first, second, third] = [await signIn(who), await signIn(who), await signIn(who)];
    const rotating = { env: envWith({ REFRESH_ROTATION: 'on' }) };
    await post('/token/refresh/', { refresh: third.refresh }, rotating);
    const { body: paged } = await logInPage(who);
    const told = [
      await get('/sessions/', { token: second.access }),
      await get(`/sessions/?user_id=${who.id}&page=1`, { token: admin.access }),
      await post('/token/introspect/', { token: first.access }, { token: admin.access }),
      await post('/token/introspect/', { token: first.refresh }, { token: admin.access }),
      await get('/users/me/', { token: first.access }),
      await get('/auth/verify/', { token: first.access }),
      await del(`/sessions/${sessionIdOf(first.access)}/`, { token: admin.access }),
      await logOutPage(second.refresh),
      await post('/token/revoke/', { token: third.refresh }),
      await get(`/audit-events/?user_id=${who.id}`, { token: admin.access }),
    ];
    expect(told.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 204, 204, 204, 200, 200]);
    const answers = told.map(({ text, headers }) => text + JSON.stringify([...headers]));
    const verdict = JSON.stringify(await authenticate({ authorization: `Bearer ${paged.access}` }));
    const everywhere = [...answers, verdict, ...lines, await everythingStored()].join('\n');
    expect(everywhere).toContain(sessionIdOf(first.access));
    expect(lines.length).toBeGreaterThan(10);
    for (const sid of [...sidsOf(admin, first, second, third), claimsOf(paged.access).sid]) {
      expect(everywhere).not.toContain(sid);
    }
  });

  it('is no id by which a session can be ended', async () => {
    const [here, there] = await both();
    expect((await del(`/sessions/${claimsOf(there.access).sid}/`, { token: here.access })).status).toBe(404);
    expect((await del(`/sessions/${sessionIdOf(there.access)}/`, { token: here.access })).status).toBe(204);
  });

  it.each(['access', 'refresh'] as const)(
    'cannot be made of the id that lists show: %s token',
    async (kind) => {
      const who = await signedInAs();
      const [{ id }] = (await get('/sessions/', { token: who.access })).body;
      expect(id).toBe(sessionIdOf(who.access));
      const forged = await resigned(who[kind], { sid: id });
      expect((await post('/token/verify/', { token: forged })).status).toBe(401);
      expect((await post('/token/revoke/', { token: forged })).status).toBe(200);
      expect((await get('/users/me/', { token: who.access })).status).toBe(200);
    },
  );
});

const both = async (): Promise<[SignedIn, SignedIn]> => {
  const who = await person();
  return [await signIn(who), await signIn(who)];
};

it.each(['\ud800', 'é', '\u0000', '', 'x'.repeat(10_000)])(
  'a `sid` of any text names no session: %j',
  async (sid) => {
    const { access } = await signedInAs();
    expect((await get('/users/me/', { token: await resigned(access, { sid }) })).status).toBe(401);
  },
);
