import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import { type Answer, del, envWith, get, patch, post, put } from '../support/api.ts';
import { keepConsoleLines } from '../support/console-lines.ts';
import { env } from '../support/env.ts';
import { failingAt, lostAfterFirstBatch } from '../support/intercepted-database.ts';
import {
  groupOf,
  keyOf,
  type Person,
  person,
  type SignedIn,
  signedInAdmin,
  signedInAs,
  signIn,
  uniqueName,
} from '../support/people.ts';
import { keepRows, removeAdmins, restoreRows } from '../support/state.ts';
import { envWithInterchange, referenceToken, sessionIdOf } from '../support/wire-tokens.ts';

keepConsoleLines();

const HOME = { 'CF-Connecting-IP': '203.0.113.7' };

let auditor: SignedIn;
beforeAll(async () => {
  auditor = await signedInAs('view_auditevent');
});

type Event = Record<string, unknown>;

async function list(
  query: string,
): Promise<{ results: Event[]; next: string | null; previous: string | null }> {
  const answer = await get(`/audit-events/?${query}`, { token: auditor.access });
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
}

/** What is recorded of a user but its logins, oldest first. */
async function eventsOf({ id }: { id: number }): Promise<Event[]> {
  const { results } = await list(`user_id=${id}&page_size=200`);
  return results.toReversed().filter(({ event }) => !BESIDES.has(String(event)));
}
const BESIDES = new Set(['user_created', 'authn_login_success']);

const namesOf = async (who: { id: number }): Promise<unknown[]> =>
  (await eventsOf(who)).map(({ event }) => event);

const login = (username: string, password: string, bindings?: Env): Promise<Answer> =>
  post('/token/', { username, password }, { headers: HOME, ...(bindings && { env: bindings }) });

async function times(n: number, send: () => Promise<Answer>): Promise<void> {
  for (let i = 0; i < n; i++) await send();
}

const byMe = ({ id, username, access }: SignedIn) => ({
  actor_id: id,
  actor_username: username,
  actor_kind: 'session',
  actor_credential: sessionIdOf(access),
});

describe('a login', () => {
  it('is recorded with who, from where, and the request that it was', async () => {
    const who = await person();
    const answer = await login(who.username, who.password);
    const sessionId = sessionIdOf(answer.body.access);
    const { results } = await list(`user_id=${who.id}&event=authn_login_success`);
    expect(results).toEqual([
      {
        id: expect.any(Number),
        event: 'authn_login_success',
        created_at: expect.stringMatching(/^20\d\d-.*Z$/),
        last_at: results[0]?.['created_at'],
        count: 1,
        user_id: who.id,
        username: who.username,
        actor_id: who.id,
        actor_username: who.username,
        actor_kind: 'password',
        actor_credential: sessionId,
        address: '203.0.113.7',
        country: null,
        request_id: answer.headers.get('X-Request-Id'),
        detail: {},
      },
    ]);
  });

  it('that fails is recorded of the user, by nobody', async () => {
    const who = await person();
    const answer = await login(who.username, 'a wrong password');
    expect(await eventsOf(who)).toEqual([
      expect.objectContaining({
        event: 'authn_login_fail',
        user_id: who.id,
        actor_id: null,
        actor_kind: null,
        address: '203.0.113.7',
        request_id: answer.headers.get('X-Request-Id'),
      }),
    ]);
  });

  it('that fails for a disabled user is recorded of it', async () => {
    const who = await person({ isActive: false });
    await login(who.username, who.password);
    expect(await namesOf(who)).toEqual(['authn_login_fail']);
  });

  it('under an unknown name is one row for each network and minute, without a word of the name', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const headers = { 'CF-Connecting-IP': '203.0.113.200' };
    const typed = [1, 2, 3].map((i) => `a password ${i}`);
    for (const username of typed) await post('/token/', { username, password: 'x' }, { headers });
    vi.useRealTimers();
    const { results } = await list('address=203.0.113.200');
    expect(results).toMatchObject([{ event: 'authn_login_fail', user_id: null, username: null, count: 3 }]);
    const { results: stored } = await env.DB.prepare('select * from audit_events').all();
    for (const name of typed) expect(JSON.stringify(stored)).not.toContain(name);
  });

  it('that locks a name is recorded, and what is refused then is counted in one row', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const who = await person();
    await times(35, () => login(who.username, 'a wrong password'));
    vi.useRealTimers();
    const events = await eventsOf(who);
    expect(events.map(({ event }) => event)).toEqual([
      ...Array.from({ length: 10 }, () => 'authn_login_fail'),
      'authn_login_lock',
      'authn_login_fail_max',
    ]);
    expect(events.at(-2)).toMatchObject({ detail: { locked_seconds: 60 } });
    expect(events.at(-1)).toMatchObject({ count: 25, user_id: who.id, address: '203.0.113.7' });
    const { results } = await env.DB.prepare(
      'select key, name_digest from audit_events, login_attempts where instr(key, name_digest)',
    ).all();
    expect(results).toEqual([]);
  });

  it('that succeeds at the tenth try leaves nine failures, and no lock', async () => {
    const who = await person();
    await times(9, () => login(who.username, 'a wrong password'));
    expect((await login(who.username, who.password)).status).toBe(200);
    expect(await namesOf(who)).toEqual(Array.from({ length: 9 }, () => 'authn_login_fail'));
  });

  it('that is limited at the edge is one row a minute, and one round trip', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const who = await person();
    const full = { limit: async () => ({ success: false }) };
    const free = { limit: async () => ({ success: true }) };
    const perName = envWith({ LOGINS_PER_NETWORK: free, LOGINS_PER_NETWORK_AND_NAME: full });
    await times(5, () => login(who.username, who.password, perName));
    expect(await eventsOf(who)).toMatchObject([
      { event: 'excess_rate_limit_exceeded', count: 1, detail: { limit: 'network_and_name' } },
    ]);
    const headers = { 'CF-Connecting-IP': '203.0.113.201' };
    const perNetwork = envWith({ LOGINS_PER_NETWORK: full, LOGINS_PER_NETWORK_AND_NAME: full });
    await times(5, () => post('/token/', { ...who, username: uniqueName() }, { headers, env: perNetwork }));
    vi.useRealTimers();
    expect((await list('address=203.0.113.201')).results).toMatchObject([
      { event: 'excess_rate_limit_exceeded', user_id: null, count: 1, detail: { limit: 'network' } },
    ]);
  });

  it('whose session could not be stored is no failure', async () => {
    const who = await person();
    await login(who.username, who.password, envWith({ DB: failingAt(env.DB, [2, 3]) }));
    expect(await eventsOf(who)).toEqual([]);
  });

  it('is recorded where logins are not limited too', async () => {
    const who = await person();
    await login(who.username, who.password, envWith({ RATE_LIMITS: 'off' }));
    expect((await list(`user_id=${who.id}`)).results[0]).toMatchObject({ event: 'authn_login_success' });
  });
});

describe('the end of a login', () => {
  it.each([
    ['local', (sids: string[]) => sids.slice(-1)],
    ['others', (sids: string[]) => sids.slice(0, -1)],
    ['global', (sids: string[]) => sids],
  ])('by logout of scope %s is recorded for each session', async (scope, ended) => {
    const who = await person();
    const all = [await signIn(who), await signIn(who), await signIn(who)];
    const me = all[2] ?? (await signIn(who));
    await post(`/auth/logout/?scope=${scope}`, undefined, { token: me.access });
    const events = await eventsOf(who);
    expect(events.map(({ detail }) => detail)).toEqual(
      expect.arrayContaining(
        ended(all.map(({ access }) => sessionIdOf(access))).map((session_id) => ({ session_id })),
      ),
    );
    expect(events).toHaveLength(ended(['1', '2', '3']).length);
    for (const event of events) expect(event).toMatchObject({ event: 'authn_token_revoked', ...byMe(me) });
  });

  it.each([
    ['others', async (who: Person) => (await signIn(who)).access, {}],
    ['global', async ({ id }: Person) => referenceToken(id), { env: envWithInterchange() }],
  ])('is one event where no session ends, by logout of scope %s', async (scope, tokenOf, bindings) => {
    const who = await person();
    const token = await tokenOf(who);
    const answer = await post(`/auth/logout/?scope=${scope}`, undefined, { token, ...bindings });
    expect(answer.status).toBe(200);
    expect(await eventsOf(who)).toMatchObject([
      { event: 'authn_token_revoked', actor_id: who.id, detail: { scope } },
    ]);
  });

  it('that ends no session is counted, in one row for each minute, credential and network', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const who = await signedInAs();
    const logout = (headers = HOME) =>
      post('/auth/logout/?scope=others', undefined, { token: who.access, headers });
    await times(3, logout);
    await logout({ 'CF-Connecting-IP': '203.0.113.8' });
    vi.useRealTimers();
    expect((await eventsOf(who)).map(({ count, detail }) => [count, detail])).toEqual([
      [3, { scope: 'others' }],
      [1, { scope: 'others' }],
    ]);
  });

  it('by somebody else is recorded of the owner; one that was refused is not', async () => {
    const [who, helper, stranger] = [
      await signedInAs(),
      await signedInAs('delete_session'),
      await signedInAs(),
    ];
    const sessionId = sessionIdOf(who.access);
    await del(`/sessions/${sessionId}/`, { token: stranger.access });
    expect(await eventsOf(who)).toEqual([]);
    await del(`/sessions/${sessionId}/`, { token: helper.access });
    expect(await eventsOf(who)).toMatchObject([
      { event: 'authn_token_revoked', detail: { session_id: sessionId }, ...byMe(helper) },
    ]);
  });
});

describe('an API key', () => {
  it('is recorded when it is made, replaced and revoked, by its id', async () => {
    const who = await signedInAs();
    const first = await post('/api-keys/generate/', {}, { token: who.access });
    const second = await post('/api-keys/generate/', {}, { token: who.access });
    await post('/api-keys/revoke/', {}, { token: who.access });
    const of = ({ body }: Answer) => ({ detail: { api_key_id: body.id, name: '' }, ...byMe(who) });
    expect(await eventsOf(who)).toMatchObject([
      { event: 'authn_token_created', ...of(first) },
      { event: 'authn_token_revoked', ...of(first) },
      { event: 'authn_token_created', ...of(second) },
      { event: 'authn_token_revoked', ...of(second) },
    ]);
  });

  it('stands in what was done with it', async () => {
    const who = await signedInAs();
    const key = await keyOf(who);
    const { body } = await get('/api-keys/', { token: who.access });
    await patch('/users/me/', { first_name: 'Ada' }, { key });
    expect((await eventsOf(who)).at(-1)).toMatchObject({
      event: 'user_updated',
      actor_kind: 'api_key',
      actor_credential: String(body.results[0].id),
    });
  });

  it('that was not made for want of room is not recorded, nor anything as gone', async () => {
    const two = envWith({ API_KEYS_PER_USER: '2' });
    const who = await signedInAs();
    for (const name of ['a', 'b', 'c']) await post('/api-keys/', { name }, { token: who.access, env: two });
    expect(await namesOf(who)).toEqual(['authn_token_created', 'authn_token_created']);
  });
});

describe('a user', () => {
  it('is recorded when made, changed and deleted, without the values of the fields but name and is_active', async () => {
    const admin = await signedInAdmin();
    const username = uniqueName();
    const as = { token: admin.access };
    const { body } = await post('/users/', { username, password: 'a long password', user_level: 1 }, as);
    await patch(`/users/${body.id}/`, { email: 'private@example.com', custom_properties: { a: 'b' } }, as);
    await patch(`/users/${body.id}/`, { is_active: false }, as);
    await patch(`/users/${body.id}/`, { username: `${username}-2`, first_name: 'private@' }, as);
    await patch(`/users/${body.id}/`, { user_level: 10 }, as);
    await patch(`/users/${body.id}/`, { password: 'another long one' }, as);
    await del(`/users/${body.id}/`, as);
    const { results } = await list(`user_id=${body.id}`);
    expect(results.toReversed().map(({ event, detail }) => [event, detail])).toEqual([
      ['user_created', { username, user_level: 1, groups: [] }],
      ['user_updated', { fields: ['email', 'custom_properties'] }],
      ['user_updated', { fields: ['is_active'], is_active: false }],
      ['user_updated', { fields: ['username', 'first_name'], username: `${username}-2` }],
      ['privilege_permissions_changed', { user_level: 10 }],
      ['authn_password_change', {}],
      ['user_deleted', { username: `${username}-2` }],
    ]);
    for (const event of results) {
      expect(event).toMatchObject({ user_id: body.id, username: null, ...byMe(admin) });
    }
    expect(JSON.stringify(results)).not.toMatch(/private@|a long password|another long/);
  });

  it('that sets the same of itself is one row for each minute, credential and network, with a count', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const who = await signedInAs();
    const key = await keyOf(who);
    const set = (body: object, by: object = { token: who.access }) =>
      patch('/users/me/', body, { headers: HOME, ...by });
    await times(5, () => set({ first_name: 'same' }));
    await set({ first_name: 'Ada', last_name: 'x' });
    await set({ first_name: 'Ada' }, { key });
    await set({ first_name: 'Ada' }, { token: who.access, headers: { 'CF-Connecting-IP': '203.0.113.8' } });
    vi.setSystemTime(Date.now() + 60_000);
    await set({ first_name: 'later' });
    vi.useRealTimers();
    const events = (await eventsOf(who)).filter(({ event }) => event === 'user_updated');
    const [one, two] = [{ fields: ['first_name'] }, { fields: ['first_name', 'last_name'] }];
    expect(events.map(({ count, detail }) => [count, detail])).toEqual([
      [5, one],
      [1, two],
      [1, one],
      [1, one],
      [1, one],
    ]);
  });

  it('that is changed by another has a row for each time', async () => {
    const [admin, who] = [await signedInAdmin(), await person()];
    await times(3, () => patch(`/users/${who.id}/`, { first_name: 'same' }, { token: admin.access }));
    expect((await eventsOf(who)).map(({ event, count }) => [event, count])).toEqual(
      Array.from({ length: 3 }, () => ['user_updated', 1]),
    );
  });

  it('that is not changed is not recorded: a name that is taken, an admin that is the last, one who outranks', async () => {
    const [helper, admin] = [
      await signedInAs('add_user', 'change_user', 'delete_user'),
      await signedInAdmin(),
    ];
    const as = { token: helper.access };
    await post('/users/', { username: admin.username, password: 'a long password' }, as);
    await patch(`/users/${admin.id}/`, { first_name: 'x' }, as);
    await del(`/users/${admin.id}/`, as);
    await patch(`/users/${helper.id}/`, { username: admin.username, first_name: 'x' }, as);
    expect([...(await eventsOf(admin)), ...(await eventsOf(helper))]).toEqual([]);
    await keepRows();
    await removeAdmins();
    const last = await signedInAdmin();
    await del(`/users/${last.id}/`, { token: last.access });
    await patch(`/users/${last.id}/`, { is_active: false }, { token: last.access });
    expect(await eventsOf(last)).toEqual([]);
    await restoreRows();
  });

  it('that changes its own password is recorded; a wrong current one too, a right one not', async () => {
    const who = await signedInAs();
    const as = { token: who.access, headers: HOME };
    await patch('/users/me/', { current_password: 'a wrong one' }, as);
    await patch('/users/me/', { current_password: who.password, first_name: 'Ada' }, as);
    await patch('/users/me/', { current_password: who.password, password: 'the next password' }, as);
    const events = await eventsOf(who);
    expect(events.map(({ event }) => event)).toEqual([
      'authn_password_change_fail',
      'user_updated',
      'authn_password_change',
    ]);
    for (const event of events) expect(event).toMatchObject({ address: '203.0.113.7', ...byMe(who) });
  });

  it('that tries its own password too often is recorded with what it came with, apart from logins', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const who = await signedInAs();
    const guess = () =>
      patch('/users/me/', { current_password: 'a wrong one' }, { token: who.access, headers: HOME });
    await times(12, guess);
    await times(12, () => login(who.username, 'a wrong password'));
    vi.useRealTimers();
    const events = await eventsOf(who);
    const of = { of: 'current_password' };
    const own = events.slice(0, 12);
    expect(own).toMatchObject([
      ...Array.from({ length: 10 }, () => ({ event: 'authn_password_change_fail', detail: {} })),
      { event: 'authn_login_lock', detail: { locked_seconds: 60, ...of } },
      { event: 'authn_login_fail_max', count: 2, detail: of },
    ]);
    for (const event of own) expect(event).toMatchObject({ user_id: who.id, ...byMe(who) });
    const logins = events.slice(12);
    expect(logins.slice(-2)).toMatchObject([
      { event: 'authn_login_lock', detail: { locked_seconds: 60 } },
      { event: 'authn_login_fail_max', count: 2, detail: {} },
    ]);
    for (const event of logins) expect(event).toMatchObject({ user_id: who.id, actor_id: null });
    expect(JSON.stringify(logins)).not.toContain('current_password');
  });

  it('whose own password is limited at the edge is recorded with what it came with', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const who = await signedInAs();
    const headers = { 'CF-Connecting-IP': '203.0.113.202' };
    const limiter = (success: boolean) => ({ limit: async () => ({ success }) });
    const [full, free] = [limiter(false), limiter(true)];
    const perName = envWith({ LOGINS_PER_NETWORK: free, LOGINS_PER_NETWORK_AND_NAME: full });
    const perNetwork = envWith({ LOGINS_PER_NETWORK: full, LOGINS_PER_NETWORK_AND_NAME: full });
    for (const bindings of [perName, perNetwork]) {
      await post('/token/', { ...who }, { headers, env: bindings });
      await patch('/users/me/', { current_password: 'x' }, { token: who.access, headers, env: bindings });
    }
    vi.useRealTimers();
    const excess = (limit: string, user_id: number | null, by: object) => ({
      event: 'excess_rate_limit_exceeded',
      user_id,
      ...by,
      detail: { limit },
    });
    const nobody = { actor_id: null };
    expect((await list('address=203.0.113.202')).results.toReversed()).toMatchObject([
      excess('network_and_name', who.id, nobody),
      excess('network_and_name', who.id, byMe(who)),
      excess('network', null, nobody),
      excess('network', null, byMe(who)),
    ]);
  });

  it('is recorded once, also where the answer of the database was lost and the write sent again', async () => {
    const admin = await signedInAdmin();
    const bindings = envWith({ DB: lostAfterFirstBatch(env.DB) });
    const user = { username: uniqueName(), password: 'a long password' };
    const { body } = await post('/users/', user, { token: admin.access, env: bindings });
    expect((await list(`user_id=${body.id}`)).results).toHaveLength(1);
  });

  it('that is the first admin is recorded as made by nobody, from its address', async () => {
    await keepRows();
    await removeAdmins();
    const admin = { username: uniqueName(), password: 'a long password', email: 'a@example.com' };
    await post('/initialize-superuser/', admin, { headers: { 'CF-Connecting-IP': '127.0.0.1' } });
    const { results } = await list('event=user_created&page_size=1');
    await restoreRows();
    expect(results).toMatchObject([
      {
        actor_id: null,
        address: '127.0.0.1',
        detail: { username: admin.username, user_level: 10, groups: [] },
      },
    ]);
  });
});

it('a group is recorded when it is made, changed, renamed and deleted, with what was set', async () => {
  const admin = await signedInAdmin();
  const as = { token: admin.access };
  const name = uniqueName();
  const { body } = await post('/groups/', { name, permissions: [4] }, as);
  await post('/groups/', { name, permissions: [1] }, as);
  await put(`/groups/${body.id}/`, { name, permissions: [4, 8] }, as);
  await patch(`/groups/${body.id}/`, { name: `${name}-2` }, as);
  await patch(`/groups/${body.id}/`, { permissions: [1] }, as);
  await put(`/groups/${body.id}/`, { name: `${name}-3`, permissions: [] }, as);
  await patch(`/groups/${body.id}/`, { name: `${name}-3` }, as);
  await patch(`/groups/${body.id}/`, {}, as);
  await del(`/groups/${body.id}/`, as);
  const { results } = await list(`actor_id=${admin.id}&event=privilege_permissions_changed`);
  const group = { group_id: body.id };
  expect(results.toReversed().map(({ detail }) => detail)).toEqual([
    { group: name, permissions: [4], created: true },
    { ...group, group: name, permissions: [4, 8] },
    { ...group, group: `${name}-2`, was: name },
    { ...group, group: `${name}-2`, permissions: [1] },
    { ...group, group: `${name}-3`, was: `${name}-2`, permissions: [] },
    { ...group, group: `${name}-3`, permissions: [], deleted: true },
  ]);
});

it('the groups of a user are recorded as rights', async () => {
  const [admin, who, group] = [await signedInAdmin(), await person(), await groupOf(['view_user'])];
  await patch(`/users/${who.id}/`, { groups: [group] }, { token: admin.access });
  expect(await eventsOf(who)).toMatchObject([
    { event: 'privilege_permissions_changed', detail: { groups: [group] } },
  ]);
});

describe('the list', () => {
  /** Each from a network of its own, since those from one are counted in one row. */
  async function withEvents(n: number): Promise<SignedIn> {
    const who = await signedInAs();
    for (let i = 0; i < n; i++) {
      const headers = { 'CF-Connecting-IP': `198.51.100.${i}` };
      await patch('/users/me/', { first_name: 'x' }, { token: who.access, headers });
    }
    return who;
  }

  const idsOf = ({ results }: { results: Event[] }) => results.map(({ id }) => Number(id));
  const follow = (link: string | null) => list(new URL(link ?? '').search.slice(1));

  it('is read in pages that new events do not move, there and back', async () => {
    const who = await withEvents(6);
    const query = `user_id=${who.id}&event=user_updated&page_size=2`;
    const all = idsOf(await list(`${query}&page_size=200`));
    expect(all).toEqual(all.toSorted((a, b) => b - a));
    const first = await list(query);
    await patch('/users/me/', { first_name: 'later' }, { token: who.access });
    const second = await follow(first.next);
    const third = await follow(second.next);
    expect([first, second, third].map(idsOf)).toEqual([all.slice(0, 2), all.slice(2, 4), all.slice(4)]);
    expect([first.previous, third.next]).toEqual([null, null]);
    const back = await follow(third.previous);
    expect(idsOf(back)).toEqual(idsOf(second));
    const front = await follow(back.previous);
    expect(idsOf(front)).toEqual(idsOf(first));
    const newest = await follow(front.previous);
    expect([newest.results.length, newest.previous]).toEqual([1, null]);
    expect(idsOf(await follow(newest.next))).toEqual(idsOf(first));
  });

  it('has no neighbours where all fits on a page', async () => {
    const who = await withEvents(2);
    const page = await list(`user_id=${who.id}&event=user_updated&page_size=2`);
    expect([page.results.length, page.next, page.previous]).toEqual([2, null, null]);
    expect(await list(`user_id=${who.id}&event=user_deleted`)).toEqual({
      results: [],
      next: null,
      previous: null,
    });
  });

  it('is filtered by event, user, actor, address and time, all at once', async () => {
    const who = await withEvents(1);
    const [event] = await eventsOf(who);
    const [at] = [String(event?.['created_at'])];
    const after = new Date(new Date(at).getTime() + 1).toISOString();
    const found = async (query: string) =>
      idsOf(await list(`user_id=${who.id}&${query}`)).includes(Number(event?.['id']));
    expect(await found(`event=user_updated&actor_id=${who.id}&since=${at}&until=${after}`)).toBe(true);
    expect(await found('event=user_deleted')).toBe(false);
    expect(await found(`actor_id=${auditor.id}`)).toBe(false);
    expect(await found('address=203.0.113.99')).toBe(false);
    expect(await found(`since=${after}`)).toBe(false);
    expect(await found(`until=${at}`)).toBe(false);
  });

  it.each([
    ['event=nonsense', 400, 'event'],
    ['since=yesterday', 400, 'since'],
    ['until=2026-11-01', 400, 'until'],
    ['address=nowhere', 400, 'address'],
    ['user_id=0', 404, 'detail'],
    ['actor_id=x', 404, 'detail'],
    ['cursor=older', 404, 'detail'],
    ['cursor=older-99999999999999999', 404, 'detail'],
  ])('refuses ?%s', async (query, status, member) => {
    const answer = await get(`/audit-events/?${query}`, { token: auditor.access });
    expect([answer.status, Object.keys(answer.body)]).toEqual([status, [member]]);
  });
});
