import { describe, expect, it } from 'vitest';
import { del, get, patch, post, put } from '../support/api.ts';
import { groupOf, keyOf, person, signedInAdmin, signedInAs, signIn, uniqueName } from '../support/people.ts';

/** Exactly the members that the design lists. */
const USER_MEMBERS = [
  'api_key',
  'api_key_preview',
  'avatar_config',
  'channel_profiles',
  'custom_properties',
  'date_joined',
  'email',
  'first_name',
  'groups',
  'id',
  'is_active',
  'is_staff',
  'is_superuser',
  'last_login',
  'last_name',
  'stream_limit',
  'user_level',
  'username',
];
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const PASSWORD = 'long enough';

describe('POST /users/', () => {
  it('answers the new user in full, with the standard values where none are given', async () => {
    const { access: token } = await signedInAs('add_user');
    const username = uniqueName();
    const answer = await post('/users/', { username, password: PASSWORD }, { token });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.any(Number),
      username,
      email: '',
      first_name: '',
      last_name: '',
      user_level: 0,
      is_active: true,
      is_staff: false,
      is_superuser: false,
      date_joined: expect.stringMatching(INSTANT),
      last_login: null,
      api_key: null,
      api_key_preview: null,
      custom_properties: {},
      avatar_config: {},
      channel_profiles: [],
      stream_limit: 0,
      groups: [],
    });
    expect((await post('/token/', { username, password: PASSWORD })).status).toBe(200);
  });

  it('stores every member that an admin gives, numbers also as text, and ignores unknown ones', async () => {
    const { access: token } = await signedInAdmin();
    const group = await groupOf(['view_user']);
    const given = {
      email: 'Ab@EXAMPLE.Com',
      first_name: 'Ada',
      last_name: 'Łovelace',
      is_active: false,
      is_staff: true,
      is_superuser: true,
      custom_properties: { xc_password: 'x', nested: { a: [1, null] } },
      avatar_config: { style: 'square' },
    };
    const username = uniqueName();
    const numbers = {
      user_level: '1',
      stream_limit: ' 7 ',
      channel_profiles: ['3', 1, 3],
      groups: [String(group)],
    };
    const unknown = {
      id: 1,
      date_joined: 'x',
      last_login: 5,
      api_key: 'k',
      api_key_preview: 'k',
      password_hash: 'x',
    };
    const { status, body } = await post(
      '/users/',
      { ...given, ...numbers, ...unknown, username, password: PASSWORD },
      { token },
    );
    expect(status).toBe(201);
    expect(body).toMatchObject({
      ...given,
      username,
      user_level: 1,
      stream_limit: 7,
      channel_profiles: [1, 3],
      groups: [group],
    });
    expect(body).toMatchObject({ last_login: null, api_key: null, api_key_preview: null });
    expect((await get(`/users/${body.id}/`, { token })).body).toEqual(body);
  });

  it('trims the username and takes each character of the rule, case-sensitively', async () => {
    const { access: token } = await signedInAs('add_user');
    const name = `Az09._@-${uniqueName()}`;
    const create = (username: string) => post('/users/', { username, password: PASSWORD }, { token });
    expect((await create(`  ${name}\t`)).body.username).toBe(name);
    expect((await create(name.toUpperCase())).status).toBe(201);
    expect((await create(`${name} `)).body).toEqual({
      username: ['A user with that username already exists.'],
    });
    expect((await create('u'.repeat(150))).status).toBe(201);
  });

  const LETTERS =
    'Username may only contain letters, numbers, periods (.), underscores (_), at signs (@), and hyphens (-)';
  const VALID =
    'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.';
  it('tells what is wrong with several fields together, the length of a password too', async () => {
    const { access: token } = await signedInAdmin();
    const body = { username: 'bad name', password: 'short', email: 'bad', user_level: 'x' };
    const answer = await post('/users/', body, { token });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        username: [VALID],
        password: ['Ensure this field has at least 8 characters.'],
        email: ['Enter a valid email address.'],
        user_level: ['A valid integer is required.'],
      },
    });
    const short = { password: 'short', email: 'bad' };
    expect(Object.keys((await patch('/users/me/', short, { token })).body)).toEqual(['password', 'email']);
  });

  it.each<[unknown, string]>([
    ['bad name', VALID],
    ['a/b', VALID],
    ['a\nb', VALID],
    ['a+b', LETTERS],
    ['bé', LETTERS],
    ['ａｄｍｉｎ', LETTERS],
    ['u'.repeat(151), 'Ensure this field has no more than 150 characters.'],
    ['', 'This field may not be blank.'],
    [' ', 'This field may not be blank.'],
    [null, 'This field may not be null.'],
    [true, 'Not a valid string.'],
  ])('refuses the username %j at every door', async (username, sentence) => {
    const { access: token } = await signedInAdmin();
    const target = await person();
    const expected = { status: 400, body: { username: [sentence] } };
    expect(await post('/users/', { username, password: PASSWORD }, { token })).toMatchObject(expected);
    expect(await put(`/users/${target.id}/`, { username }, { token })).toMatchObject(expected);
    expect(await patch(`/users/${target.id}/`, { username }, { token })).toMatchObject(expected);
  });

  it.each<[string, unknown, string]>([
    ['user_level', true, 'A valid integer is required.'],
    ['user_level', '1e1', 'A valid integer is required.'],
    ['user_level', 2 ** 31, 'Ensure this value is less than or equal to 2147483647.'],
    ['user_level', '-2147483649', 'Ensure this value is greater than or equal to -2147483648.'],
    ['stream_limit', 1.5, 'A valid integer is required.'],
    ['is_active', 'maybe', 'Must be a valid boolean.'],
    ['is_staff', 2, 'Must be a valid boolean.'],
    ['email', 'bad', 'Enter a valid email address.'],
    ['email', null, 'This field may not be null.'],
    ['first_name', 'x'.repeat(151), 'Ensure this field has no more than 150 characters.'],
    ['channel_profiles', '1', 'Expected a list of items but got type "str".'],
    ['channel_profiles', ['abc'], 'Incorrect type. Expected pk value, received str.'],
    ['groups', [999_999], 'Invalid pk "999999" - object does not exist.'],
    ['custom_properties', [], 'custom_properties must be a dictionary'],
    ['custom_properties', { a: ['\0'] }, 'Null characters are not allowed.'],
    ['custom_properties', { '\ud800': 1 }, 'Surrogate characters are not allowed: U+D800.'],
    ['password', 'x'.repeat(1025), 'Ensure this field has no more than 1024 bytes.'],
    ['password', 'é'.repeat(513), 'Ensure this field has no more than 1024 bytes.'],
    ['password', 'short-7', 'Ensure this field has at least 8 characters.'],
    ['password', '😀😀😀😀😀😀😀', 'Ensure this field has at least 8 characters.'],
    ['password', '         ', 'This field may not be blank.'],
  ])('refuses %s %j, on creation and on change alike', async (field, value, sentence) => {
    const { access: token } = await signedInAdmin();
    const target = await person();
    const before = (await get(`/users/${target.id}/`, { token })).body;
    const expected = { status: 400, body: { [field]: [sentence] } };
    const fields = { username: uniqueName(), password: PASSWORD, [field]: value };
    expect(await post('/users/', fields, { token })).toMatchObject(expected);
    expect(
      await patch(`/users/${target.id}/`, { first_name: 'New', [field]: value }, { token }),
    ).toMatchObject(expected);
    expect((await get(`/users/${target.id}/`, { token })).body).toEqual(before);
    expect((await get(`/users/?search=${fields.username}`, { token })).body).toEqual([]);
  });

  it('takes passwords of 8 characters and of 1,024 bytes', async () => {
    const { access: token } = await signedInAs('add_user');
    for (const password of ['8 chars!', '😀'.repeat(8), 'x'.repeat(1024)]) {
      const username = uniqueName();
      expect((await post('/users/', { username, password }, { token })).status).toBe(201);
      expect((await post('/token/', { username, password })).status).toBe(200);
    }
  });
});

describe('/users/{id}/', () => {
  it('shows a user with every listed member and no other', async () => {
    const { access: token } = await signedInAs('view_user');
    const who = await signIn(await person());
    await keyOf(who);
    const { body } = await get(`/users/${who.id}/`, { token });
    expect(Object.keys(body).sort()).toEqual(USER_MEMBERS);
    expect(body.last_login).toMatch(INSTANT);
    expect(body.api_key).toBeNull();
    expect(body.api_key_preview).toMatch(/^dsp_\w{4}\.\.\.\w{4}$/);
  });

  it.each(['999999', '0', '00', '999999999999999', '9999999999999999999', '-1', '1.5', 'abc', '%20', '1%00'])(
    'answers 404 for the id %s, to each method that has the right',
    async (id) => {
      const { access: token } = await signedInAdmin();
      const path = `/users/${id}/`;
      const body = { username: uniqueName() };
      const answers = [
        await get(path, { token }),
        await put(path, body, { token }),
        await patch(path, {}, { token }),
        await del(path, { token }),
      ];
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 404, body: { detail: expect.any(String) } });
      }
    },
  );

  it('keeps what PUT does not name, the password too, and asks PUT for a username', async () => {
    const { access: token } = await signedInAdmin();
    const who = await person({ firstName: 'Ada', streamLimit: 3, customProperties: { a: 1 } });
    const { body: before } = await get(`/users/${who.id}/`, { token });
    expect((await put(`/users/${who.id}/`, {}, { token })).body).toEqual({
      username: ['This field is required.'],
    });
    const username = uniqueName();
    const after = await put(`/users/${who.id}/`, { username, last_name: 'L' }, { token });
    expect(after).toMatchObject({ status: 200, body: { ...before, username, last_name: 'L' } });
    expect((await post('/token/', { username, password: who.password })).status).toBe(200);
  });

  it('ends every session of the user, and no key, when an admin resets the password', async () => {
    const { access: token } = await signedInAdmin();
    const who = await person();
    const [one, other] = [await signIn(who), await signIn(who)];
    const key = await keyOf(one);
    await patch(`/users/${who.id}/`, { password: 'reset by admin' }, { token });
    for (const { access, refresh } of [one, other]) {
      expect((await get('/users/me/', { token: access })).status).toBe(401);
      expect((await post('/token/refresh/', { refresh })).body.detail).toBe('Token is invalid');
    }
    expect((await get('/users/me/', { key })).status).toBe(200);
    expect((await post('/token/', who)).status).toBe(401);
    expect((await post('/token/', { ...who, password: 'reset by admin' })).status).toBe(200);
  });

  it('ends sessions for good and refuses keys for as long as the user is inactive', async () => {
    const { access: token } = await signedInAdmin();
    const who = await signedInAs();
    const key = await keyOf(who);
    await put(`/users/${who.id}/`, { username: who.username, is_active: 'false' }, { token });
    const inactive = { status: 401, body: { detail: 'User inactive' } };
    expect(await get('/users/me/', { key })).toMatchObject(inactive);
    await patch(`/users/${who.id}/`, { is_active: true }, { token });
    expect((await get('/users/me/', { token: who.access })).body.code).toBe('token_not_valid');
    expect((await get('/users/me/', { key })).status).toBe(200);
  });

  it('deletes with an empty answer, and gives the id to nobody again', async () => {
    const { access: token } = await signedInAdmin();
    const { id } = await person();
    const answer = await del(`/users/${id}/`, { token });
    expect(answer).toMatchObject({ status: 204, text: '' });
    expect(answer.headers.get('Content-Type')).toBeNull();
    expect((await del(`/users/${id}/`, { token })).body).toEqual({
      detail: 'No User matches the given query.',
    });
    expect(
      (await post('/users/', { username: uniqueName(), password: PASSWORD }, { token })).body.id,
    ).toBeGreaterThan(id);
  });
});
