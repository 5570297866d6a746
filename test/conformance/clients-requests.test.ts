import { describe, expect, it } from 'vitest';
import { call, del, get, patch, post, put } from '../support/api.ts';
import { exampleOf, sendExample } from '../support/examples.ts';
import { readOperations } from '../support/openapi.ts';
import { groupOf, keyOf, person, signedInAdmin, signedInAs, uniqueName } from '../support/people.ts';
import { removeAdmins } from '../support/state.ts';

const operations = await readOperations();
const BODILESS = ['logout', 'generateApiKey', 'revokeApiKey', 'createApiKey', 'updateMe'];

describe('a request without a body', () => {
  const whole = operations.filter(
    ({ method, id }) => method === 'GET' || method === 'DELETE' || BODILESS.includes(id),
  );

  it.each(whole)('may say that it has JSON: $id', async (operation) => {
    const { body: _, ...example } = await exampleOf(operation);
    const answer = await sendExample(operation, example, { headers: { 'Content-Type': 'application/json' } });
    expect([200, 201, 204], answer.text).toContain(answer.status);
  });

  it.each(whole.filter(({ method }) => method === 'POST'))('need not have a type: $id', async (operation) => {
    const { body: _, ...example } = await exampleOf(operation);
    expect([200, 201]).toContain((await sendExample(operation, example)).status);
  });
});

describe('a number', () => {
  it('may be text: levels, limits and ids', async () => {
    const { access: token } = await signedInAdmin();
    const group = await groupOf(['view_user']);
    const texts = { user_level: '1', stream_limit: ' 3 ', channel_profiles: ['2', 1], groups: [`${group}`] };
    const made = await post(
      '/users/',
      { username: uniqueName(), password: 'long enough', ...texts },
      { token },
    );
    expect(made).toMatchObject({
      status: 201,
      body: { user_level: 1, stream_limit: 3, channel_profiles: [1, 2], groups: [group] },
    });
    const generated = await post('/api-keys/generate/', { user_id: `${made.body.id}` }, { token });
    expect(generated).toMatchObject({ status: 201, body: { user: { id: made.body.id } } });
    expect((await post('/api-keys/revoke/', { user_id: `${made.body.id}` }, { token })).status).toBe(200);
    expect((await get(`/users/0${made.body.id}/`, { token })).body.id).toBe(made.body.id);
  });
});

describe('a user that is written', () => {
  it('may have fields that the service does not know, as a client sends back what it read', async () => {
    const { access: token } = await signedInAdmin();
    const { id } = await person({ userLevel: 1 });
    const read = (await get(`/users/${id}/`, { token })).body;
    const sent = { ...read, first_name: 'Ada', password_confirmation: 'x', permissions: ['all'] };
    const { status, body } = await put(`/users/${id}/`, sent, { token });
    expect([status, body]).toEqual([200, { ...read, first_name: 'Ada' }]);
  });

  /** What the user form of a web client sends, for a new user and for one that exists. */
  const form = {
    email: '',
    first_name: 'Ada',
    last_name: '',
    user_level: '1',
    stream_limit: 0,
    channel_profiles: ['3', '5'],
    custom_properties: {
      xc_password: '',
      output_format: 'ts',
      output_profile: 7,
      allowed_networks: { UI: '10.0.0.0/8' },
      hide_adult_content: false,
      epg_days: 0,
    },
  };

  it('may be a whole form, with levels and profile ids as text', async () => {
    const { access: token } = await signedInAdmin();
    const shown = { ...form, user_level: 1, channel_profiles: [3, 5] };
    const username = uniqueName();
    const made = await post('/users/', { ...form, username, password: 'long enough' }, { token });
    expect(made).toMatchObject({ status: 201, body: { ...shown, username } });
    const cleared = { ...form.custom_properties, output_format: null, output_profile: null };
    const sent = { ...form, username, channel_profiles: [], custom_properties: cleared };
    const changed = await patch(`/users/${made.body.id}/`, sent, { token });
    const { output_format: _, output_profile: __, ...kept } = form.custom_properties;
    expect(changed.status).toBe(200);
    expect(changed.body).toEqual({ ...made.body, channel_profiles: [], custom_properties: kept });
  });

  it('may be oneself with the whole form, of which users/me/ takes what is one’s own', async () => {
    const who = await signedInAs();
    const before = (await get('/users/me/', { token: who.access })).body;
    const sent = { ...form, username: 'other', user_level: '10', email: 'ada@example.com' };
    const { status, body } = await patch('/users/me/', sent, { token: who.access });
    const { xc_password: _, allowed_networks: __, ...own } = form.custom_properties;
    const changed = { first_name: 'Ada', email: 'ada@example.com', custom_properties: own };
    expect([status, body]).toEqual([200, { ...before, ...changed }]);
  });

  it('keeps the password that PUT does not name', async () => {
    const { access: token } = await signedInAdmin();
    const { id, username, password } = await person();
    expect((await put(`/users/${id}/`, { username, first_name: 'Ada' }, { token })).status).toBe(200);
    expect((await post('/token/', { username, password })).status).toBe(200);
  });

  it('merges what PATCH names, inside custom_properties too', async () => {
    const who = await signedInAs();
    const change = (body: object) => patch('/users/me/', body, { token: who.access });
    await change({ first_name: 'Ada', custom_properties: { theme: 'dark', tables: { size: 10 } } });
    await change({ last_name: 'Lovelace' });
    const { body } = await change({ custom_properties: { tables: { size: 20 }, theme: null, zoom: 1 } });
    expect(body).toMatchObject({ first_name: 'Ada', last_name: 'Lovelace' });
    expect(body.custom_properties).toEqual({ tables: { size: 20 }, zoom: 1 });
  });

  it('is gone after DELETE, which answers 204 and nothing else', async () => {
    const { access: token } = await signedInAdmin();
    const { id } = await person();
    const { status, text, headers } = await del(`/users/${id}/`, { token });
    expect([status, text, headers.get('Content-Type')]).toEqual([204, '', null]);
    expect((await get(`/users/${id}/`, { token })).status).toBe(404);
  });
});

describe.each(['/users/', '/groups/', '/permissions/'])('the list %s', (path) => {
  it('is a bare array, and an envelope where a page is asked for', async () => {
    const { access: token } = await signedInAdmin();
    await groupOf([]);
    const { body: all } = await get(path, { token });
    expect(Array.isArray(all)).toBe(true);
    for (const query of ['?page=1', '?page_size=50', '?page=1&page_size=50']) {
      const { status, body } = await get(path + query, { token });
      expect([status, Object.keys(body)]).toEqual([200, ['count', 'next', 'previous', 'results']]);
      expect([body.count, body.results]).toEqual([all.length, all.slice(0, 50)]);
    }
  });
});

describe('logging out', () => {
  it.each<[string, Record<string, string>, unknown]>([
    ['anonymously', {}, undefined],
    ['with Bearer false, as a page does at its first load', { Authorization: 'Bearer false' }, {}],
    ['with Bearer null and no body', { Authorization: 'Bearer null' }, undefined],
    ['with an empty text for a body', { Authorization: 'Bearer undefined' }, ''],
  ])('%s is 401 as JSON', async (_, headers, body) => {
    const answer = await post('/auth/logout/', body, { headers });
    expect([answer.status, answer.headers.get('Content-Type')]).toEqual([401, 'application/json']);
    expect(answer.body.detail).toMatch(/\S/);
  });

  it.each<[string, unknown, Record<string, string>]>([
    ['no body', undefined, {}],
    ['no body and a type', undefined, { 'Content-Type': 'application/json' }],
    ['an empty text', '', {}],
    ['an empty object', {}, {}],
    ['its refresh token', { refresh: 'x' }, {}],
  ])('with %s is 200 as JSON, and the login is over', async (_, body, headers) => {
    const { access: token } = await signedInAs();
    expect(await post('/auth/logout/', body, { token, headers })).toMatchObject({
      status: 200,
      body: { message: 'Logout successful' },
    });
    expect((await get('/users/me/', { token })).status).toBe(401);
  });
});

describe('a key', () => {
  it('may be sent in both headers at once', async () => {
    const who = await signedInAs();
    const key = await keyOf(who);
    const headers = { Authorization: `ApiKey ${key}`, 'X-API-Key': key };
    expect(await get('/users/me/', { headers })).toMatchObject({ status: 200, body: { id: who.id } });
  });

  it.each(['application/octet-stream', 'text/plain', 'application/json'])(
    'is made by a POST without a body, whatever its type: %s',
    async (type) => {
      const { access: token } = await signedInAs();
      const answer = await post('/api-keys/generate/', undefined, {
        token,
        headers: { 'Content-Type': type },
      });
      expect([answer.status, answer.body.key]).toEqual([201, expect.stringMatching(/^dsp_/)]);
    },
  );

  it('of an admin creates, changes and deletes ordinary users', async () => {
    const key = await keyOf(await signedInAdmin());
    const body = { username: uniqueName(), password: 'long enough', user_level: '1' };
    const made = await post('/users/', body, { key });
    expect(made.status).toBe(201);
    const changes = { user_level: 0, channel_profiles: [4] };
    expect((await patch(`/users/${made.body.id}/`, changes, { key })).body).toMatchObject(changes);
    expect((await del(`/users/${made.body.id}/`, { key })).status).toBe(204);
  });

  it('is looked for where older servers answered it, and found to be null', async () => {
    const who = await signedInAs();
    await keyOf(who);
    expect((await get('/api-keys/', { token: who.access })).body.key).toBeNull();
    expect((await get('/users/me/', { token: who.access })).body.api_key).toBeNull();
  });
});

describe('first set-up', () => {
  it('takes no email, and says at a second try what it said at the first', async () => {
    await removeAdmins();
    const headers = { 'CF-Connecting-IP': '127.0.0.1' };
    const body = { username: uniqueName(), password: 'long enough' };
    for (let attempt = 0; attempt < 2; attempt++) {
      const answer = await post('/initialize-superuser/', body, { headers });
      expect([answer.status, answer.body]).toEqual([200, { superuser_exists: true }]);
    }
    expect((await post('/token/', body)).status).toBe(200);
  });
});

describe('an unknown path under /api/', () => {
  it.each([
    '/api/',
    '/api/core/version/',
    '/api/accounts/me/',
    '/api/accounts/auth/proxy-login/',
    '/api/accounts/nothing/',
    '/api/channels/channels/?page=1',
  ])('%s is 404 as JSON, for any method and credential', async (path) => {
    const { access: token } = await signedInAdmin();
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const options of [{}, { token }, { headers: { Accept: 'text/html' } }]) {
        const answer = await call(method, path, options);
        expect([answer.status, answer.headers.get('Content-Type')]).toEqual([404, 'application/json']);
        expect(answer.body).toEqual({ detail: 'Not found.' });
      }
    }
  });
});
