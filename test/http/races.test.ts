import { beforeEach, describe, expect, it } from 'vitest';
import type { Env } from '../../src/env.ts';
import { type Answer, type Call, call, del, envWith, get, patch, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { duringFirstHash } from '../support/hashing.ts';
import { beforeFirstBatch } from '../support/intercepted-database.ts';
import {
  groupOf,
  keyOf,
  type Person,
  person,
  type SignedIn,
  signedInAdmin,
  signedInAs,
  uniqueName,
} from '../support/people.ts';
import { activeAdmins, removeAdmins, storedState } from '../support/state.ts';

const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

const statuses = (answers: Answer[]): number[] => answers.map(({ status }) => status).sort();
const repeated = (status: number, count: number): number[] => Array(count).fill(status);
const me = (as: Call): Promise<Answer> => get('/users/me/', as);
const rowsOf = (table: string, column: string, value: unknown) =>
  env.DB.prepare(`select count(*) as n from ${table} where ${column} = ?`).bind(value).first<number>('n');

describe('of racing calls', () => {
  it.each([
    ['for oneself', (who: SignedIn) => post('/api-keys/generate/', undefined, { token: who.access })],
    ['with names', (who: SignedIn) => post('/api-keys/', { name: uniqueName() }, { token: who.access })],
  ])('one of eight generated keys lives: %s', async (_, generate) => {
    const who = await signedInAs();
    const made = await times(8, () => generate(who));
    expect(statuses(made)).toEqual(repeated(201, 8));
    expect(new Set(made.map(({ body }) => body.key)).size).toBe(8);
    const uses = await Promise.all(made.map(({ body }) => me({ key: body.key })));
    expect(statuses(uses)).toEqual([200, ...repeated(401, 7)]);
    const live = made[uses.findIndex(({ status }) => status === 200)];
    expect(uses.find(({ status }) => status === 200)?.body.api_key_preview).toBe(live?.body.key_preview);
    expect(await rowsOf('api_keys', 'user_id', who.id)).toBe(1);
  });

  it('three of eight generated keys live where three may', async () => {
    const bindings = envWith({ API_KEYS_PER_USER: '3' });
    const who = await signedInAs();
    const made = await times(8, (i) =>
      post('/api-keys/', { name: `n${i}` }, { token: who.access, env: bindings }),
    );
    expect(statuses(made)).toEqual([...repeated(201, 3), ...repeated(409, 5)]);
    const keys = made.filter(({ status }) => status === 201).map(({ body }) => body.key);
    expect(statuses(await Promise.all(keys.map((key) => me({ key }))))).toEqual(repeated(200, 3));
  });

  it('one of six first admins is stored', async () => {
    await removeAdmins();
    const from = { headers: { 'CF-Connecting-IP': '127.0.0.1' } };
    const people = Array.from({ length: 6 }, () => ({ username: uniqueName(), password: 'long enough' }));
    const answers = await Promise.all(people.map((one) => post('/initialize-superuser/', one, from)));
    expect(answers.map(({ status, body }) => [status, body])).toEqual(
      repeated(200, 6).map((status) => [status, { superuser_exists: true }]),
    );
    expect(await activeAdmins()).toBe(1);
    const logins = await Promise.all(people.map((one) => post('/token/', one)));
    expect(statuses(logins)).toEqual([200, ...repeated(401, 5)]);
  });

  it('one of six creations of one username succeeds', async () => {
    const { access } = await signedInAs('add_user');
    const username = uniqueName();
    const passwords = Array.from({ length: 6 }, (_, i) => `password ${i}`);
    const made = await Promise.all(
      passwords.map((password) => post('/users/', { username, password }, { token: access })),
    );
    expect(statuses(made)).toEqual([201, ...repeated(400, 5)]);
    const taken = { username: ['A user with that username already exists.'] };
    expect(made.filter(({ status }) => status === 400).map(({ body }) => body)).toEqual(Array(5).fill(taken));
    const logins = await Promise.all(passwords.map((password) => post('/token/', { username, password })));
    expect(logins.map(({ status }) => status === 200)).toEqual(made.map(({ status }) => status === 201));
  });

  it('one of two renamings to one username succeeds', async () => {
    const { access } = await signedInAdmin();
    const [one, other] = [await person(), await person()];
    const username = uniqueName();
    const answers = await Promise.all(
      [one, other].map(({ id }) => patch(`/users/${id}/`, { username }, { token: access })),
    );
    expect(statuses(answers)).toEqual([200, 400]);
  });

  it.each(['/users/me/', 'by id'])(
    'eight patches of custom_properties keep every member: %s',
    async (path) => {
      const who = await signedInAs();
      const admin = await signedInAdmin();
      const [url, token] = path === 'by id' ? [`/users/${who.id}/`, admin.access] : [path, who.access];
      await patch(url, { custom_properties: { kept: 1, gone: 2 } }, { token });
      const answers = await times(8, (i) =>
        patch(url, { custom_properties: { [`m${i}`]: { i }, gone: null } }, { token }),
      );
      expect(statuses(answers)).toEqual(repeated(200, 8));
      const members = Array.from({ length: 8 }, (_, i): [string, unknown] => [`m${i}`, { i }]);
      expect((await me({ token: who.access })).body.custom_properties).toEqual(
        Object.fromEntries([['kept', 1], ...members]),
      );
    },
  );

  it('twelve refreshes of one token all succeed', async () => {
    const { refresh } = await signedInAs();
    const answers = await times(12, () => post('/token/refresh/', { refresh }));
    expect(statuses(answers)).toEqual(repeated(200, 12));
    expect(statuses(await Promise.all(answers.map(({ body }) => me({ token: body.access }))))).toEqual(
      repeated(200, 12),
    );
    expect((await post('/token/refresh/', { refresh })).status).toBe(200);
  });
});

describe('every request that begins after the answer is refused', () => {
  it('once a key is revoked', async () => {
    const who = await signedInAs();
    const key = await keyOf(who);
    expect(statuses(await times(3, () => me({ key })))).toEqual(repeated(200, 3));
    await post('/api-keys/revoke/', undefined, { token: who.access });
    expect(statuses(await times(10, () => me({ key })))).toEqual(repeated(401, 10));
  });

  it('once a login has ended', async () => {
    const { access: token, refresh } = await signedInAs();
    expect(statuses(await times(3, () => me({ token })))).toEqual(repeated(200, 3));
    await post('/auth/logout/', undefined, { token });
    expect(statuses(await times(10, () => me({ token })))).toEqual(repeated(401, 10));
    expect(statuses(await times(10, () => post('/token/refresh/', { refresh })))).toEqual(repeated(401, 10));
  });
});

describe('a login whose hash is pending', () => {
  const login = ({ username, password }: Person, bindings: Env = env) =>
    post('/token/', { username, password }, { env: bindings });
  const REFUSED = { status: 401, body: { detail: 'No active account found with the given credentials' } };

  it.each<[string, (id: number, as: Call) => Promise<Answer>]>([
    ['the password changes', (id, as) => patch(`/users/${id}/`, { password: 'another password' }, as)],
    ['the user is deactivated', (id, as) => patch(`/users/${id}/`, { is_active: false }, as)],
    ['the user is deleted', (id, as) => del(`/users/${id}/`, as)],
  ])('gets no session when %s meanwhile', async (_, change) => {
    const admin = await signedInAdmin();
    const who = await person();
    const changes: number[] = [];
    const answer = await duringFirstHash(
      () => login(who),
      async () => changes.push((await change(who.id, { token: admin.access })).status),
    );
    expect(changes[0]).toBeLessThan(300);
    expect(answer).toMatchObject(REFUSED);
    expect(await rowsOf('sessions', 'user_id', who.id)).toBe(0);
  });

  it('succeeds when a parallel login has stored a stronger hash meanwhile', async () => {
    const stronger = envWith({ PASSWORD_ITERATIONS: '2000' });
    const who = await person();
    const first: Answer[] = [];
    const second = await duringFirstHash(
      () => login(who, stronger),
      async () => first.push(await login(who, stronger)),
    );
    expect(statuses([...first, second])).toEqual([200, 200]);
    const hash = await env.DB.prepare('select password_hash from users where id = ?')
      .bind(who.id)
      .first<string>('password_hash');
    expect(hash).toContain('$i=2000$');
    expect((await me({ token: second.body.access })).status).toBe(200);
  });

  it('succeeds for each of six at once that find a weak hash', async () => {
    const who = await person();
    const stronger = envWith({ PASSWORD_ITERATIONS: '2000' });
    expect(statuses(await times(6, () => login(who, stronger)))).toEqual(repeated(200, 6));
  });
});

it('refuses a password change that was hashing while its login was ended by a reset', async () => {
  const who = await signedInAs();
  const admin = await signedInAdmin();
  const answer = await duringFirstHash(
    () =>
      patch(
        '/users/me/',
        { password: 'mine, changed', current_password: who.password },
        { token: who.access },
      ),
    () => patch(`/users/${who.id}/`, { password: 'reset by admin' }, { token: admin.access }),
  );
  expect(answer).toMatchObject({ status: 401, body: { code: 'token_not_valid' } });
  expect((await post('/token/', { username: who.username, password: 'reset by admin' })).status).toBe(200);
});

describe('two admins that are the only ones leave one when each', () => {
  beforeEach(removeAdmins);

  it.each<[string, (id: number, as: Call) => Promise<Answer>]>([
    ['deletes the other', (id, as) => del(`/users/${id}/`, as)],
    ['demotes the other', (id, as) => patch(`/users/${id}/`, { user_level: 1 }, as)],
    ['deactivates the other', (id, as) => patch(`/users/${id}/`, { is_active: false }, as)],
  ])('%s', async (_, removeOne) => {
    for (let round = 0; round < 3; round++) {
      await removeAdmins();
      const [one, other] = [await signedInAdmin(), await signedInAdmin()];
      const answers = await Promise.all([
        removeOne(other.id, { token: one.access }),
        removeOne(one.id, { token: other.access }),
      ]);
      expect(await activeAdmins()).toBe(1);
      const [done, refused] = statuses(answers);
      expect(done).toBeLessThan(300);
      expect([400, 401, 403]).toContain(refused);
    }
  });

  it.each<[string, string, unknown?]>([
    ['deletes itself', 'DELETE'],
    ['demotes itself', 'PATCH', { user_level: 0 }],
    ['deactivates itself', 'PATCH', { is_active: false }],
  ])('%s', async (_, method, body) => {
    const admins = [await signedInAdmin(), await signedInAdmin()];
    const answers = await Promise.all(
      admins.map(({ id, access }) => call(method, `/users/${id}/`, { token: access, body })),
    );
    expect(statuses(answers)).toEqual([method === 'DELETE' ? 204 : 200, 400]);
    expect(await activeAdmins()).toBe(1);
  });

  it('removes the other right before its write', async () => {
    const [one, other] = [await signedInAdmin(), await signedInAdmin()];
    const DB = beforeFirstBatch(env.DB, () => del(`/users/${other.id}/`, { token: one.access }));
    const late = await del(`/users/${one.id}/`, { token: other.access, env: envWith({ DB }) });
    expect(late).toMatchObject({ status: 401, body: { code: 'user_not_found' } });
    expect(await activeAdmins()).toBe(1);
  });
});

describe('a right that the target gains between a helper’s look and its write refuses', () => {
  type Write = (target: SignedIn & { keyId: number }, as: Call) => Promise<Answer>;
  const WRITES: [string, Write][] = [
    ['a password reset', ({ id }, as) => patch(`/users/${id}/`, { password: 'a new password' }, as)],
    ['a change of email', ({ id }, as) => patch(`/users/${id}/`, { email: 'm@example.com' }, as)],
    ['a deactivation', ({ id }, as) => patch(`/users/${id}/`, { is_active: false }, as)],
    ['a deletion', ({ id }, as) => del(`/users/${id}/`, as)],
    ['a key generation', ({ id }, as) => post('/api-keys/generate/', { user_id: id }, as)],
    ['a key revocation', ({ id }, as) => post('/api-keys/revoke/', { user_id: id }, as)],
    ['the revocation of a key by its id', ({ keyId }, as) => del(`/api-keys/${keyId}/`, as)],
  ];

  it.each(WRITES)('%s', async (_, write) => {
    const admin = await signedInAdmin();
    const group = await groupOf(['view_auditevent']);
    for (const gain of [{ user_level: 10 }, { groups: [group] }]) {
      const helper = await signedInAs(
        'change_user',
        'delete_user',
        'add_apikey',
        'delete_apikey',
        'view_user',
      );
      const target = await signedInAs();
      await keyOf(target);
      const keyId = (await get('/api-keys/', { token: target.access })).body.results[0].id;
      let promoted: unknown[] = [];
      const DB = beforeFirstBatch(env.DB, async () => {
        expect((await patch(`/users/${target.id}/`, gain, { token: admin.access })).status).toBe(200);
        promoted = await storedState();
      });
      const answer = await write({ ...target, keyId }, { token: helper.access, env: envWith({ DB }) });
      expect(promoted).not.toEqual([]);
      expect(answer).toMatchObject({ status: 403, body: { detail: expect.any(String) } });
      expect(await storedState()).toEqual(promoted);
    }
  });
});
