import { describe, expect, it } from 'vitest';
import { ALL_PERMISSIONS } from '../../src/core/permissions.ts';
import { type Answer, type Call, envWith, get, type JsonBody, patch, post } from '../support/api.ts';
import {
  groupOf,
  keyOf,
  person,
  type SignedIn,
  signedInAdmin,
  signedInAs,
  signIn,
  uniqueName,
} from '../support/people.ts';
import { storedState } from '../support/state.ts';

const NEW = 'a new password';
const change = (who: SignedIn, body: unknown, options: Call = {}): Promise<Answer> =>
  patch('/users/me/', body, { token: who.access, ...options });
const me = (who: SignedIn): Promise<Answer> => get('/users/me/', { token: who.access });
const properties = async (who: SignedIn, custom_properties: unknown): Promise<JsonBody> =>
  (await change(who, { custom_properties })).body.custom_properties;

describe('GET /users/me/', () => {
  it('is the caller, as the list of users shows it, and what it may do', async () => {
    const who = await signedInAs('view_user');
    await keyOf(who);
    const { body } = await me(who);
    expect(body).toMatchObject({ id: who.id, username: who.username, user_level: 1, api_key: null });
    const { permissions, ...user } = body;
    expect(permissions).toEqual(['view_user']);
    expect((await get(`/users/${who.id}/`, { token: who.access })).body).toEqual(user);
  });
});

describe('what one may do', () => {
  const rightsOf = async (who: SignedIn): Promise<string[]> => (await me(who)).body.permissions;

  it('is all of it for an admin, of one’s groups together for others, and nothing without them', async () => {
    expect(await rightsOf(await signedInAdmin())).toEqual([...ALL_PERMISSIONS]);
    expect(await rightsOf(await signedInAs())).toEqual([]);
    const groups = [
      await groupOf(['introspect_token', 'view_user', 'view_session']),
      await groupOf(['add_user', 'view_user']),
    ];
    expect(await rightsOf(await signIn(await person({ groups })))).toEqual([
      'add_user',
      'view_user',
      'view_session',
      'introspect_token',
    ]);
  });

  it('is told by a change of oneself and to a key as well', async () => {
    const who = await signedInAs('view_group', 'change_user');
    const key = await keyOf(who);
    const rights = ['change_user', 'view_group'];
    expect((await change(who, { first_name: 'Ada' })).body.permissions).toEqual(rights);
    expect((await patch('/users/me/', { first_name: 'Eve' }, { key })).body.permissions).toEqual(rights);
    expect((await get('/users/me/', { key })).body.permissions).toEqual(rights);
  });

  it('is what holds now, not at the login', async () => {
    const [boss, who] = [await signedInAdmin(), await signedInAs('view_user')];
    const give = (changes: object) => patch(`/users/${who.id}/`, changes, { token: boss.access });
    await give({ groups: [] });
    expect(await rightsOf(who)).toEqual([]);
    await give({ user_level: 10 });
    expect(await rightsOf(who)).toEqual([...ALL_PERMISSIONS]);
  });

  it('is nowhere else in what is said of a user', async () => {
    const { access: token, id } = await signedInAdmin();
    const one = await get(`/users/${id}/`, { token });
    const changed = await patch(`/users/${id}/`, { first_name: 'Ada' }, { token });
    const [listed] = (await get('/users/', { token })).body;
    const key = await post('/api-keys/generate/', {}, { token });
    for (const user of [one.body, changed.body, listed, key.body.user]) {
      expect(user).toHaveProperty('username');
      expect(user).not.toHaveProperty('permissions');
    }
  });

  it('cannot be written', async () => {
    const who = await signedInAs();
    expect((await change(who, { permissions: ['view_user'] })).body.permissions).toEqual([]);
    expect(await rightsOf(who)).toEqual([]);
  });
});

describe('PATCH /users/me/', () => {
  it('changes names, email and custom_properties, and ignores everything else', async () => {
    const who = await signedInAs();
    const { body: before } = await me(who);
    const own = {
      first_name: ' Ada ',
      last_name: '',
      email: ' a+b@example.com ',
      custom_properties: { theme: 'dark' },
    };
    const rest = {
      id: 1,
      username: uniqueName(),
      user_level: 10,
      is_active: false,
      is_staff: true,
      is_superuser: true,
      groups: [1],
      avatar_config: { style: 'square' },
      channel_profiles: [1],
      stream_limit: 9,
      date_joined: '2020-01-01T00:00:00Z',
      last_login: null,
      api_key: 'x',
      password_hash: 'x',
      permissions: [1],
    };
    const after = {
      ...before,
      first_name: 'Ada',
      email: 'a+b@example.com',
      custom_properties: { theme: 'dark' },
    };
    expect(await change(who, { ...rest, ...own })).toMatchObject({ status: 200, body: after });
    expect((await me(who)).body).toEqual(after);
  });

  it('applies every change or none', async () => {
    const who = await signedInAs();
    const { body: before } = await me(who);
    const answer = await change(who, {
      first_name: 'x'.repeat(151),
      email: 'bad',
      password: NEW,
      custom_properties: 'x',
    });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        first_name: ['Ensure this field has no more than 150 characters.'],
        email: ['Enter a valid email address.'],
        custom_properties: ['custom_properties must be a dictionary'],
      },
    });
    expect((await change(who, { first_name: 'New', password: 'short' })).status).toBe(400);
    expect((await me(who)).body).toEqual(before);
  });

  it('takes a form, custom_properties as JSON text in it', async () => {
    const who = await signedInAs();
    const body = new URLSearchParams({ first_name: 'Ada', custom_properties: '{"a":{"b":1}}' }).toString();
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect((await change(who, body, { headers })).body).toMatchObject({
      first_name: 'Ada',
      custom_properties: { a: { b: 1 } },
    });
  });
});

describe('a new own password', () => {
  it('ends all other logins, keeps the caller’s, and keeps the key', async () => {
    const who = await person();
    const [caller, other] = [await signIn(who), await signIn(who)];
    const stranger = await signedInAs();
    const key = await keyOf(caller);
    expect((await change(caller, { password: NEW })).status).toBe(200);
    expect((await me(caller)).status).toBe(200);
    expect((await post('/token/refresh/', { refresh: caller.refresh })).status).toBe(200);
    expect((await me(other)).status).toBe(401);
    expect((await post('/token/refresh/', { refresh: other.refresh })).status).toBe(401);
    expect((await get('/users/me/', { key })).status).toBe(200);
    expect((await me(stranger)).status).toBe(200);
    expect((await post('/token/', who)).status).toBe(401);
    expect((await post('/token/', { ...who, password: NEW })).status).toBe(200);
  });

  it('does the same by id, for who may change users', async () => {
    const caller = await signedInAs('change_user');
    const other = await signIn(caller);
    expect((await patch(`/users/${caller.id}/`, { password: NEW }, { token: caller.access })).status).toBe(
      200,
    );
    expect([(await me(caller)).status, (await me(other)).status]).toEqual([200, 401]);
  });

  it('ends no login when it is refused or when something else changes', async () => {
    const who = await person();
    const [caller, other] = [await signIn(who), await signIn(who)];
    for (const body of [
      { password: 'short' },
      { password: null },
      { password: '   ' },
      { password: ['x'] },
      { first_name: 'x' },
    ]) {
      await change(caller, body);
      expect((await me(other)).status).toBe(200);
    }
  });

  it('is the exact text: blanks around it count', async () => {
    const who = await signedInAs();
    await change(who, { password: ` ${NEW} ` });
    expect((await post('/token/', { ...who, password: NEW })).status).toBe(401);
    expect((await post('/token/', { ...who, password: ` ${NEW} ` })).status).toBe(200);
  });
});

describe('current_password', () => {
  const strict = envWith({ REQUIRE_CURRENT_PASSWORD: 'on' });

  it('is checked when sent, whether or not it is asked for', async () => {
    const who = await signedInAs();
    const wrong = { current_password: ['The current password is incorrect.'] };
    for (const env of [envWith({}), strict]) {
      for (const current of ['wrong password', ` ${who.password}`]) {
        const answer = await change(
          who,
          { password: NEW, current_password: current, first_name: 'x' },
          { env },
        );
        expect(answer).toMatchObject({ status: 400, body: wrong });
      }
    }
    expect((await change(who, { first_name: 'x', current_password: 'wrong password' })).status).toBe(400);
    expect((await me(who)).body.first_name).toBe('');
    expect((await post('/token/', who)).status).toBe(200);
    expect(
      (await change(who, { password: NEW, current_password: who.password }, { env: strict })).status,
    ).toBe(200);
    expect((await post('/token/', { ...who, password: NEW })).status).toBe(200);
  });

  it('can be left out by default, and not where it is required', async () => {
    const who = await signedInAs();
    expect(await change(who, { password: NEW }, { env: strict })).toMatchObject({
      status: 400,
      body: { current_password: ['This field is required.'] },
    });
    expect((await change(who, { first_name: 'x' }, { env: strict })).status).toBe(200);
    expect((await post('/token/', who)).status).toBe(200);
    expect((await change(who, { password: NEW })).status).toBe(200);
  });
});

it.each([':', '.', 'a.', 'a@', '-'])(
  'a text of 200,000 × %j is refused without a long search',
  async (part) => {
    const who = await signedInAs();
    for (const email of [`a@[${part.repeat(100_000)}`, part.repeat(100_000), `a@${part.repeat(100_000)}`]) {
      const answer = await change(who, { email });
      expect([answer.status, Object.keys(answer.body)]).toEqual([400, ['email']]);
    }
  },
);

it('a required current password cannot be passed by through the path of other users', async () => {
  const strict = envWith({ REQUIRE_CURRENT_PASSWORD: 'on' });
  const who = await signedInAs('change_user');
  const body = { password: NEW, current_password: who.password };
  const answer = await patch(`/users/${who.id}/`, body, { token: who.access, env: strict });
  expect([answer.status, Object.keys(answer.body)]).toEqual([400, ['password']]);
  expect((await post('/token/', who)).status).toBe(200);
});

describe('custom_properties', () => {
  it('merges members at the top, deletes by null, and replaces nested values whole', async () => {
    const who = await signedInAs();
    expect(await properties(who, { a: 1, b: { c: 1, d: 2 }, e: [1, 2] })).toEqual({
      a: 1,
      b: { c: 1, d: 2 },
      e: [1, 2],
    });
    expect(await properties(who, { b: { d: null, x: 3 }, f: false })).toEqual({
      a: 1,
      b: { d: null, x: 3 },
      e: [1, 2],
      f: false,
    });
    expect(await properties(who, { a: null, absent: null, e: [] })).toEqual({
      b: { d: null, x: 3 },
      e: [],
      f: false,
    });
    for (const nothing of [{}, null])
      expect(await properties(who, nothing)).toEqual({ b: { d: null, x: 3 }, e: [], f: false });
  });

  it('keeps members of any name and value through later patches', async () => {
    const who = await signedInAs();
    const odd: JsonBody = JSON.parse(
      `{"":0,"$":1,"$.a":2,"a.b":3,"a\\"b":4,"c\\\\d":5,"e'f":6,"[0]":7,"é😀":"ü😀","__proto__":{"user_level":10},
        "constructor":8,"null":"null","line\\nbreak":9,"big":9007199254740991,"small":1e-7,"minus":-0.5,"true":true}`,
    );
    expect(await properties(who, odd)).toEqual(odd);
    const later = await properties(who, { later: 1 });
    expect(JSON.stringify(later)).toContain('"__proto__":{"user_level":10}');
    expect(Object.entries(later)).toEqual([...Object.entries(odd), ['later', 1]]);
    const nulls = Object.fromEntries(Object.keys(odd).map((name) => [name, null]));
    expect(await properties(who, nulls)).toEqual({ later: 1 });
    expect((await me(who)).body.user_level).toBe(1);
  });

  it('drops the members that belong to the administration, unless an admin sets them', async () => {
    const admin = await signedInAdmin();
    const who = await signedInAs();
    const theirs = {
      xc_password: 'x',
      allowed_networks: { UI: '10.0.0.0/8' },
      catchup_enabled: true,
      dvr_access: 'all',
      vod_movies_enabled: true,
      vod_series_enabled: true,
      allowed_m3u_profile_ids: [1],
    };
    expect(await properties(who, { ...theirs, mine: 1 })).toEqual({ mine: 1 });
    await patch(`/users/${who.id}/`, { custom_properties: theirs }, { token: admin.access });
    const nulls = { ...Object.fromEntries(Object.keys(theirs).map((name) => [name, null])), mine: null };
    expect(await properties(who, nulls)).toEqual(theirs);
    expect(await properties(admin, theirs)).toEqual(theirs);
    expect(await properties(who, { nested: theirs })).toEqual({ ...theirs, nested: theirs });
  });

  it('holds 100 KB and no more, patch and result, non-ASCII characters counted as escapes', async () => {
    const who = await signedInAs();
    const TOO_LARGE = { custom_properties: ['custom_properties exceeds maximum size of 102400 bytes'] };
    const sized = (bytes: number) => ({ x: 'y'.repeat(bytes - '{"x":""}'.length) });
    expect((await change(who, { custom_properties: sized(102_401) })).body).toEqual(TOO_LARGE);
    expect((await change(who, { custom_properties: { x: 'é'.repeat(17_066) } })).body).toEqual(TOO_LARGE);
    expect((await change(who, { custom_properties: sized(102_400) })).status).toBe(200);
    const before = await storedState();
    expect((await change(who, { first_name: 'x', custom_properties: { a: 1 } })).body).toEqual(TOO_LARGE);
    expect(await storedState()).toEqual(before);
    expect(await properties(who, { x: null, a: 1 })).toEqual({ a: 1 });
  });

  it('refuses a number that would become null, which deletes', async () => {
    const who = await signedInAs();
    await properties(who, { a: 1 });
    for (const body of ['{"custom_properties":{"a":1e999}}', '{"custom_properties":{"b":[{"c":-1e999}]}}']) {
      const answer = await patch('/users/me/', body, { token: who.access });
      expect([answer.status, Object.keys(answer.body)]).toEqual([400, ['custom_properties']]);
    }
    expect((await patch('/users/me/', '{"first_name":1e999}', { token: who.access })).body).toEqual({
      first_name: ['Not a valid string.'],
    });
    expect((await me(who)).body.custom_properties).toEqual({ a: 1 });
  });

  it('refuses a value that is no object', async () => {
    const who = await signedInAs();
    for (const custom_properties of ['x', '{"a":1}', [], [1], 5, true]) {
      expect(await change(who, { custom_properties })).toMatchObject({
        status: 400,
        body: { custom_properties: ['custom_properties must be a dictionary'] },
      });
    }
  });
});
