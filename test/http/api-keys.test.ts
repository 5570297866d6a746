import { describe, expect, it } from 'vitest';
import { type Answer, BASE, type Call, del, envWith, get, ORIGIN, patch, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { keyOf, person, type SignedIn, signedInAdmin, signedInAs, signIn } from '../support/people.ts';
import { storedState } from '../support/state.ts';

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const NOT_FOUND = { status: 404, body: { detail: 'User not found.' } };
const use = (key: string): Promise<number> => get('/users/me/', { key }).then(({ status }) => status);
const list = (who: SignedIn, query = ''): Promise<Answer> => get(`/api-keys/${query}`, { token: who.access });
const preview = (key: string): string => `${key.slice(0, 8)}...${key.slice(-4)}`;
const idOfKey = async (who: SignedIn): Promise<number> => (await list(who)).body.results[0].id;

describe.each(['/api-keys/', '/api-keys/generate/'])('POST %s', (path) => {
  it('answers exactly this, and the key never again', async () => {
    const who = await signedInAs('view_user');
    const answer = await post(path, undefined, { token: who.access });
    const { key } = answer.body;
    expect(answer.status).toBe(201);
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    expect(key).toMatch(/^dsp_[0-9A-Za-z]{49}$/);
    const { body: user } = await get(`/users/${who.id}/`, { token: who.access });
    const created_at = expect.stringMatching(INSTANT);
    expect(answer.body).toEqual({
      key,
      user,
      id: expect.any(Number),
      name: '',
      key_preview: preview(key),
      created_at,
    });
    expect(user).toMatchObject({ api_key: null, api_key_preview: preview(key) });
    expect(await use(key)).toBe(200);
    const views = [
      await list(who),
      await get(`/api-keys/${answer.body.id}/`, { token: who.access }),
      await get('/users/', { token: who.access }),
    ];
    for (const view of views) {
      expect(view.text).toContain(preview(key));
      expect(view.text).not.toContain(key.slice(4, 24));
    }
    expect(JSON.stringify(await storedState())).not.toContain(key.slice(4, 24));
  });

  it('replaces the live key, also when it came with that key', async () => {
    const who = await signedInAs();
    const first = await keyOf(who);
    const second = (await post(path, {}, { key: first })).body.key;
    expect([await use(first), await use(second)]).toEqual([401, 200]);
    expect((await get('/users/me/', { key: first })).body).toEqual({ detail: 'Invalid API key' });
    expect((await list(who)).body.count).toBe(1);
  });

  it('makes a key for the user named by number or decimal text, JSON or form', async () => {
    const helper = await signedInAs('add_apikey');
    const { id, username } = await person();
    for (const user_id of [id, String(id)]) {
      const { status, body } = await post(path, { user_id }, { token: helper.access });
      expect([status, body.user.id]).toEqual([201, id]);
      expect((await get('/users/me/', { key: body.key })).body.username).toBe(username);
    }
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect((await post(path, `user_id=${id}`, { token: helper.access, headers })).body.user.id).toBe(id);
  });
});

describe.each([
  ['/api-keys/', 'add_apikey', 'Not allowed to create keys for other users.', 201],
  ['/api-keys/generate/', 'add_apikey', 'Not allowed to create keys for other users.', 201],
  ['/api-keys/revoke/', 'delete_apikey', 'Not allowed to revoke keys for other users.', 200],
] as const)('user_id in POST %s', (path, right, refusal, done) => {
  const NOBODY: unknown[] = JSON.parse(
    '[0, "", false, true, 2.9, -1, [], {}, "0", "1.0", " 1", "+1", "01", "abc", 2147483648, "99999999999"]',
  );

  it('means oneself when absent, null, or one’s own id', async () => {
    const who = await signedInAs();
    for (const body of [undefined, {}, { user_id: null }, { user_id: who.id }, { user_id: String(who.id) }]) {
      expect((await post(path, body, { token: who.access })).status).toBe(done);
    }
  });

  it('names nobody when it is anything else, and changes nothing', async () => {
    const [admin, helper, plain] = [await signedInAdmin(), await signedInAs(right), await signedInAs()];
    for (const who of [admin, helper, plain]) await keyOf(who);
    const before = await storedState();
    const ask = (who: SignedIn, user_id: unknown) => post(path, { user_id }, { token: who.access });
    for (const who of [admin, helper, plain]) {
      for (const value of NOBODY)
        expect(await ask(who, value), JSON.stringify(value)).toMatchObject(NOT_FOUND);
    }
    for (const who of [admin, helper]) expect(await ask(who, 999_999)).toMatchObject(NOT_FOUND);
    for (const id of [admin.id, helper.id, 999_999]) {
      expect(await ask(plain, id)).toMatchObject({ status: 403, body: { detail: refusal } });
    }
    expect(await storedState()).toEqual(before);
  });
});

describe('with API_KEYS_PER_USER=3', () => {
  const three = envWith({ API_KEYS_PER_USER: '3' });
  const make = (who: SignedIn, name?: string, more: Call = {}): Promise<Answer> =>
    post('/api-keys/', { name }, { token: who.access, env: three, ...more });

  it('keys live side by side by name, the same name replaces, one more is 409', async () => {
    const who = await signedInAs();
    const [personal, hass, media] = [await make(who), await make(who, ' hass '), await make(who, 'media')];
    expect([personal, hass, media].map(({ body }) => body.name)).toEqual(['', 'hass', 'media']);
    expect(await make(who, 'fourth')).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('3') },
    });
    const again = await make(who, 'hass');
    expect(again.status).toBe(201);
    const live = [personal, hass, media, again].map(({ body }) => use(body.key));
    expect(await Promise.all(live)).toEqual([200, 401, 200, 200]);
    expect((await list(who)).body.results.map(({ name }: { name: string }) => name)).toEqual([
      'hass',
      'media',
      '',
    ]);
  });

  it('generate/ and revoke/ mean the personal one', async () => {
    const who = await signedInAs();
    const [personal, named] = [await make(who), await make(who, 'hass')];
    const options = { token: who.access, env: three };
    const next = await post('/api-keys/generate/', undefined, options);
    expect([await use(personal.body.key), await use(named.body.key), await use(next.body.key)]).toEqual([
      401, 200, 200,
    ]);
    await post('/api-keys/revoke/', undefined, options);
    expect([await use(named.body.key), await use(next.body.key)]).toEqual([200, 401]);
  });

  it('a caller by key replaces that key and leaves no other behind', async () => {
    const who = await signedInAs();
    const { key } = (await make(who, 'hass')).body;
    const byKey = (name: string) => post('/api-keys/', { name }, { key, env: three });
    for (const name of ['', 'backdoor']) expect((await byKey(name)).status).toBe(403);
    const own = await post('/api-keys/', { name: 'other', user_id: who.id }, { key, env: three });
    expect([own.status, (await list(who)).body.count]).toEqual([403, 1]);
    const next = await byKey('hass');
    expect([next.status, await use(key), await use(next.body.key)]).toEqual([201, 401, 200]);
  });

  it('the user in the answer shows the preview that the next look at it shows', async () => {
    const who = await signedInAs('view_user');
    for (const name of ['one', 'two', 'one', undefined, undefined]) {
      const { body } = await make(who, name);
      const seen = await get(`/users/${who.id}/`, { token: who.access });
      expect(body.user, `after making ${name}`).toEqual(seen.body);
    }
  });

  it('a lower limit leaves the keys alive, until a new one replaces them all', async () => {
    const who = await signedInAs();
    const keys = [await make(who, 'a'), await make(who, 'b')].map(({ body }) => body.key);
    expect(await Promise.all(keys.map(use))).toEqual([200, 200]);
    const next = await keyOf(who);
    expect(await Promise.all([...keys, next].map(use))).toEqual([401, 401, 200]);
  });

  it('a name has 100 characters at most and is a text', async () => {
    const who = await signedInAs();
    expect((await make(who, 'x'.repeat(100))).status).toBe(201);
    for (const name of ['x'.repeat(101), null, [], 'a\0']) {
      expect(await post('/api-keys/', { name }, { token: who.access })).toMatchObject({
        status: 400,
        body: { name: [expect.any(String)] },
      });
    }
  });
});

describe('GET /api-keys/', () => {
  it('shows one’s own keys, each with exactly these members', async () => {
    const who = await signedInAs();
    await keyOf(await signedInAs());
    expect((await list(who)).body).toEqual({
      key: null,
      keys_per_user: 1,
      count: 0,
      next: null,
      previous: null,
      results: [],
    });
    const key = await keyOf(who);
    const { body } = await list(who);
    expect(body).toEqual({
      key: null,
      keys_per_user: 1,
      count: 1,
      next: null,
      previous: null,
      results: [
        {
          id: expect.any(Number),
          user_id: who.id,
          username: who.username,
          name: '',
          key_preview: preview(key),
          created_at: expect.stringMatching(INSTANT),
          last_used_at: null,
        },
      ],
    });
    await use(key);
    expect((await list(who)).body.results[0].last_used_at).toMatch(INSTANT);
  });

  it('shows everyone’s with view_apikey, newest first, by pages, or one user’s by user_id', async () => {
    const viewer = await signedInAs('view_apikey');
    const people = [await signedInAs(), await signedInAs()];
    for (const one of people) await keyOf(one);
    const { body } = await list(viewer);
    expect(body.count).toBe(await env.DB.prepare('select count(*) as n from api_keys').first('n'));
    expect(body.results.slice(0, 2).map((key: { user_id: number }) => key.user_id)).toEqual([
      people[1]?.id,
      people[0]?.id,
    ]);
    const paged = await list(viewer, '?page=1&page_size=1');
    expect(paged.body).toMatchObject({
      key: null,
      next: `${ORIGIN}${BASE}/api-keys/?page=2&page_size=1`,
      results: [body.results[0]],
    });
    const one = await list(viewer, `?user_id=${people[0]?.id}`);
    expect(one.body).toMatchObject({ count: 1, results: [{ user_id: people[0]?.id }] });
    expect((await list(viewer, '?user_id=999999')).body.results).toEqual([]);
    for (const id of ['0', '', 'abc', '1.5'])
      expect(await list(viewer, `?user_id=${id}`)).toMatchObject(NOT_FOUND);
  });

  it('lets others filter by their own id alone', async () => {
    const who = await signedInAs('add_apikey', 'delete_apikey', 'view_user');
    const other = await signedInAs();
    await keyOf(other);
    expect((await list(who, `?user_id=${who.id}`)).body.count).toBe(0);
    expect((await list(who, `?user_id=${other.id}`)).status).toBe(403);
  });
});

describe('/api-keys/{id}/', () => {
  it('is shown to its owner and to view_apikey, and to others is not there', async () => {
    const owner = await signedInAs();
    await keyOf(owner);
    const id = await idOfKey(owner);
    const own = await get(`/api-keys/${id}/`, { token: owner.access });
    expect(own.body).toEqual((await list(owner)).body.results[0]);
    const viewer = await signedInAs('view_apikey');
    expect((await get(`/api-keys/${id}/`, { token: viewer.access })).body).toEqual(own.body);
    const stranger = await signedInAs('add_apikey', 'delete_apikey', 'view_user', 'change_user');
    const missing = await get('/api-keys/999999/', { token: stranger.access });
    expect(missing).toMatchObject({ status: 404, body: { detail: 'No ApiKey matches the given query.' } });
    expect((await get(`/api-keys/${id}/`, { token: stranger.access })).body).toEqual(missing.body);
  });

  it('is revoked by its owner and by delete_apikey, and for others is not there', async () => {
    const owner = await signedInAs();
    const stranger = await signedInAs('view_apikey', 'add_apikey');
    for (const as of [owner, await signedInAs('delete_apikey'), await signedInAdmin()]) {
      const key = await keyOf(owner);
      const path = `/api-keys/${await idOfKey(owner)}/`;
      expect((await del(path, { token: stranger.access })).status).toBe(404);
      expect(await use(key)).toBe(200);
      expect(await del(path, { token: as.access })).toMatchObject({ status: 204, text: '' });
      expect(await use(key)).toBe(401);
      expect((await del(path, { token: as.access })).status).toBe(404);
    }
    const key = await keyOf(owner);
    expect((await del(`/api-keys/${await idOfKey(owner)}/`, { key })).status).toBe(204);
    expect(await use(key)).toBe(401);
  });
});

describe('POST /api-keys/revoke/', () => {
  it('refuses the key from then on and succeeds also when there is none', async () => {
    const who = await signedInAs();
    const helper = await signedInAs('delete_apikey');
    for (const as of [{ token: who.access }, { token: helper.access }, undefined]) {
      const key = await keyOf(who);
      const revoke = (by: Call) => post('/api-keys/revoke/', { user_id: who.id }, by);
      expect(await revoke(as ?? { key })).toMatchObject({ status: 200, body: { success: true } });
      expect(await use(key)).toBe(401);
      expect(await revoke({ token: who.access })).toMatchObject({ status: 200, body: { success: true } });
    }
    expect((await get('/users/me/', { token: who.access })).body.api_key_preview).toBeNull();
  });
});

it('keeps a key through a password change, its owner’s or an admin’s', async () => {
  const [who, admin] = [await signedInAs(), await signedInAdmin()];
  const key = await keyOf(who);
  await patch('/users/me/', { password: 'a new password' }, { token: who.access });
  await patch(`/users/${who.id}/`, { password: 'another password' }, { token: admin.access });
  expect(await use(key)).toBe(200);
  const again = await signIn({ ...who, password: 'another password' });
  expect((await list(again)).body.results[0].key_preview).toBe(preview(key));
});
