import { describe, expect, it } from 'vitest';
import { call, del, get, post, requestOf, send } from '../support/api.ts';
import { keyOf, person, type SignedIn, signedInAdmin, signedInAs, signIn } from '../support/people.ts';
import {
  envWithInterchange,
  referenceToken,
  sessionIdOf,
  tokensOfExpiredSession,
} from '../support/wire-tokens.ts';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0';
const idOf = ({ access }: SignedIn): string => sessionIdOf(access);
const isGood = async ({ access }: SignedIn): Promise<boolean> =>
  (await get('/users/me/', { token: access })).status === 200;
const times = async (n: number, who: Parameters<typeof signIn>[0]): Promise<SignedIn[]> => {
  const logins: SignedIn[] = [];
  for (let i = 0; i < n; i++) logins.push(await signIn(who));
  return logins;
};

describe('GET sessions/', () => {
  it('shows one’s live logins, newest first, with where they come from and which one this is', async () => {
    const who = await person();
    const headers = { 'CF-Connecting-IP': '2001:DB8::7', 'User-Agent': FIREFOX };
    const request = requestOf('POST', '/token/', { body: who, headers });
    Object.defineProperty(request, 'cf', { value: { country: 'CH' } });
    expect((await send(request)).status).toBe(200);
    const current = await signIn(who);
    await tokensOfExpiredSession(who);
    const { status, body } = await get('/sessions/', { token: current.access });
    const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const common = { user_id: who.id, username: who.username, created_at: instant, expires_at: instant };
    expect([status, body]).toEqual([
      200,
      [
        {
          ...common,
          id: idOf(current),
          device: '',
          user_agent: '',
          address: null,
          country: null,
          last_seen_at: body[0].created_at,
          current: true,
        },
        {
          ...common,
          id: expect.stringMatching(/^[0-9a-f]{32}$/),
          device: 'Firefox on Linux',
          user_agent: FIREFOX,
          address: '2001:db8::7',
          country: 'CH',
          last_seen_at: body[1].created_at,
          current: false,
        },
      ],
    ]);
  });

  it.each(['ch', 'CHE', '<b>', '', 7, null])('takes %j for no country', async (country) => {
    const who = await person();
    const request = requestOf('POST', '/token/', { body: who });
    Object.defineProperty(request, 'cf', { value: { country } });
    await send(request);
    const { body } = await get('/sessions/', { token: (await signIn(who)).access });
    expect(body.map((session: { country: unknown }) => session.country)).toEqual([null, null]);
  });

  it('notes when a login was last refreshed', async () => {
    const who = await signedInAs();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await post('/token/refresh/', { refresh: who.refresh });
    const [session] = (await get('/sessions/', { token: who.access })).body;
    expect(Date.parse(session.last_seen_at)).toBeGreaterThan(Date.parse(session.created_at));
  });

  it('pages through them', async () => {
    const [first] = await times(3, await person());
    const token = first?.access ?? '';
    const { body: all } = await get('/sessions/', { token });
    const { body: page } = await get('/sessions/?page=2&page_size=2', { token });
    expect([page.count, page.results, page.next]).toEqual([3, all.slice(2), null]);
  });

  it('shows those of another to who may view sessions, and to nobody else', async () => {
    const other = await signedInAs();
    const viewer = await signedInAs('view_session');
    const { body } = await get(`/sessions/?user_id=${other.id}`, { token: viewer.access });
    expect(body).toMatchObject([{ id: idOf(other), user_id: other.id, current: false }]);
    expect((await get('/sessions/', { token: viewer.access })).body).toMatchObject([{ id: idOf(viewer) }]);
    const outsider = await signedInAs('view_user', 'delete_session');
    expect((await get(`/sessions/?user_id=${other.id}`, { token: outsider.access })).status).toBe(403);
    expect((await get('/sessions/?user_id=999999', { token: viewer.access })).body).toEqual([]);
    for (const id of ['0', 'x', '', '1.5']) {
      expect((await get(`/sessions/?user_id=${id}`, { token: viewer.access })).status).toBe(404);
    }
  });
});

describe('DELETE sessions/{id}/', () => {
  it('ends one login and no other, both its tokens at the next request', async () => {
    const [here, there, third] = await times(3, await person());
    if (here === undefined || there === undefined || third === undefined) throw new Error('no logins');
    const answer = await del(`/sessions/${idOf(there)}/`, { token: here.access });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await post('/token/refresh/', { refresh: there.refresh })).status).toBe(401);
    expect([await isGood(here), await isGood(there), await isGood(third)]).toEqual([true, false, true]);
    expect((await del(`/sessions/${idOf(there)}/`, { token: here.access })).status).toBe(404);
  });

  it('ends the one that it comes with, too', async () => {
    const who = await signedInAs();
    expect((await del(`/sessions/${idOf(who)}/`, { token: who.access })).status).toBe(204);
    expect(await isGood(who)).toBe(false);
  });

  it('ends another’s for who may delete sessions, unless the owner holds a right that the caller lacks', async () => {
    const [plain, admin, helper] = [await signedInAs(), await signedInAdmin(), await signedInAs('add_user')];
    const ender = await signedInAs('delete_session');
    const end = (of: SignedIn, by: SignedIn) => del(`/sessions/${idOf(of)}/`, { token: by.access });
    expect((await end(plain, await signedInAs('view_session'))).status).toBe(404);
    expect([(await end(admin, ender)).status, (await end(helper, ender)).status]).toEqual([403, 403]);
    expect([await isGood(plain), await isGood(admin), await isGood(helper)]).toEqual([true, true, true]);
    expect((await end(plain, ender)).status).toBe(204);
    expect((await end(ender, admin)).status).toBe(204);
  });

  it.each(['0', 'x', '00000000000000000000000000000000', '%20', "' or 1=1 --"])(
    'knows no login %j',
    async (id) => {
      const { access: token } = await signedInAdmin();
      const answer = await del(`/sessions/${encodeURIComponent(id)}/`, { token });
      expect(answer).toMatchObject({ status: 404, body: { detail: 'No Session matches the given query.' } });
    },
  );

  it('is not for a caller with an API key, not even with an admin’s', async () => {
    const [admin, who] = [await signedInAdmin(), await signedInAs()];
    const key = await keyOf(admin);
    expect((await del(`/sessions/${idOf(who)}/`, { key })).status).toBe(403);
    expect((await del(`/sessions/${idOf(admin)}/`, { key })).status).toBe(403);
    expect((await get(`/sessions/?user_id=${who.id}`, { key })).body).toHaveLength(1);
    expect([await isGood(who), await isGood(admin)]).toEqual([true, true]);
  });
});

describe('POST auth/logout/', () => {
  const logout = (scope: string, options: Parameters<typeof call>[2]) =>
    call('POST', `/auth/logout/${scope === '' ? '' : `?scope=${scope}`}`, options);

  it.each([
    ['', [false, true, true]],
    ['local', [false, true, true]],
    ['others', [true, false, false]],
    ['global', [false, false, false]],
  ])('with scope %j leaves these logins', async (scope, left) => {
    const who = await person();
    const [stranger, logins] = [await signedInAs(), await times(3, who)];
    const key = await keyOf(logins[0] as SignedIn);
    const answer = await logout(scope, { token: logins[0]?.access ?? '' });
    expect(answer).toMatchObject({ status: 200, body: { message: 'Logout successful' } });
    expect(await Promise.all(logins.map(isGood))).toEqual(left);
    expect(await isGood(stranger)).toBe(true);
    expect((await get('/users/me/', { key })).status).toBe(200);
  });

  it('with scope others or global ends tokens of the origin too, which have no session', async () => {
    for (const scope of ['others', 'global']) {
      const who = await signedInAs();
      const foreign = { token: await referenceToken(who.id), env: envWithInterchange() };
      expect((await get('/users/me/', foreign)).status).toBe(200);
      await logout(scope, { token: who.access });
      expect((await get('/users/me/', foreign)).status).toBe(401);
    }
  });

  it('with another scope is 400, and ends nothing', async () => {
    const who = await signedInAs();
    for (const scope of ['all', 'LOCAL', 'x']) {
      const answer = await logout(scope, { token: who.access });
      expect([answer.status, answer.body]).toEqual([400, { scope: [`"${scope}" is not a valid choice.`] }]);
    }
    expect(await isGood(who)).toBe(true);
  });

  it('with an API key ends nothing, and is refused where it would end others', async () => {
    const who = await signedInAs();
    const key = await keyOf(who);
    const statuses = [];
    for (const scope of ['', 'local', 'others', 'global'])
      statuses.push((await logout(scope, { key })).status);
    expect(statuses).toEqual([200, 200, 403, 403]);
    expect(await isGood(who)).toBe(true);
  });
});
