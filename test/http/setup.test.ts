import { beforeEach, describe, expect, it } from 'vitest';
import type { Env } from '../../src/env.ts';
import { type Answer, envWith, get, ORIGIN, post, send } from '../support/api.ts';
import { person, uniqueName } from '../support/people.ts';
import { activeAdmins, removeAdmins, storedState } from '../support/state.ts';

const PATH = '/initialize-superuser/';
const LOCAL = { 'CF-Connecting-IP': '127.0.0.1' };
const PUBLIC = '203.0.113.50';
const admin = () => ({ username: uniqueName(), password: 'long enough', email: 'Admin@EXAMPLE.com' });

type Headers = Record<string, string>;
const look = (headers: Headers, env?: Env): Promise<Answer> =>
  get(PATH, { headers, ...(env ? { env } : {}) });
const create = (headers: Headers, env?: Env, body: unknown = admin()): Promise<Answer> =>
  post(PATH, body, { headers, ...(env ? { env } : {}) });

/**
 * 403 in the shape that old clients read (`error`, and `setup_allowed` beside the address) and new ones (`detail`),
 * with nothing stored.
 */
async function expectRefused(answer: Promise<Answer>): Promise<void> {
  const { status, body } = await answer;
  expect(status).toBe(403);
  expect(Object.keys(body)).toEqual(['error', 'detail', 'client_ip', 'setup_allowed']);
  expect(body.setup_allowed).toBe(false);
  expect(body.error).toBe(body.detail);
  expect(await activeAdmins()).toBe(0);
}

beforeEach(removeAdmins);

describe('GET initialize-superuser/', () => {
  it('tells the caller’s address and whether it may create the admin, until one exists', async () => {
    expect((await look(LOCAL)).body).toEqual({
      superuser_exists: false,
      client_ip: '127.0.0.1',
      setup_allowed: true,
    });
    expect((await look({ 'CF-Connecting-IP': PUBLIC })).body).toEqual({
      superuser_exists: false,
      client_ip: PUBLIC,
      setup_allowed: false,
    });
    expect((await look({})).body).toEqual({ superuser_exists: false, client_ip: null, setup_allowed: false });
    await person({ userLevel: 10, isActive: false });
    for (const headers of [LOCAL, {}]) expect((await look(headers)).body).toEqual({ superuser_exists: true });
  });

  it('lets loopback and private addresses only', async () => {
    const allowed = [
      '127.9.9.9',
      '10.0.0.1',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.50',
      '169.254.1.1',
      '::1',
      'fd00::1',
      'FE80::1',
      '::ffff:192.168.1.50',
      '::ffff:7f00:1',
    ];
    const refused = [
      PUBLIC,
      '172.15.0.1',
      '172.32.0.1',
      '192.169.0.1',
      '11.0.0.1',
      '1.10.0.1',
      '2001:db8::1',
      '::2',
      'fc',
      'fe00::1',
      '::ffff:203.0.113.50',
      '10.evil.example',
      '127.0.0.1.example',
      'localhost',
      'unknown',
    ];
    for (const address of [...allowed, ...refused]) {
      const { body } = await look({ 'CF-Connecting-IP': address });
      expect([address, body.setup_allowed]).toEqual([address, allowed.includes(address)]);
    }
  });
});

describe('POST initialize-superuser/', () => {
  it('creates an admin that can sign in, once', async () => {
    const first = admin();
    expect(await create(LOCAL, undefined, { ...first, user_level: 1, first_name: 'ignored' })).toMatchObject({
      status: 200,
      body: { superuser_exists: true },
    });
    const { body: pair } = await post('/token/', first);
    const { body: me } = await get('/users/me/', { token: pair.access });
    const rank = {
      user_level: 10,
      is_staff: true,
      is_superuser: true,
      is_active: true,
      first_name: '',
      groups: [],
    };
    expect(me).toMatchObject({ username: first.username, email: 'Admin@example.com', ...rank });
    const before = await storedState();
    expect((await create(LOCAL)).body).toEqual({ superuser_exists: true });
    expect(await storedState()).toEqual(before);
  });

  it('takes a missing or null email', async () => {
    const { email: _, ...withoutEmail } = admin();
    expect((await create(LOCAL, undefined, withoutEmail)).status).toBe(200);
    await removeAdmins();
    expect((await create(LOCAL, undefined, { ...admin(), email: null })).status).toBe(200);
    expect(await activeAdmins()).toBe(1);
  });

  it('refuses a public address, and no address at all', async () => {
    await expectRefused(create({ 'CF-Connecting-IP': PUBLIC }));
    expect((await create({ 'CF-Connecting-IP': PUBLIC })).body.client_ip).toBe(PUBLIC);
    await expectRefused(create({}));
    expect((await create({})).body.client_ip).toBeNull();
    await expectRefused(create({ 'CF-Connecting-IP': '' }));
    await expectRefused(create({ 'CF-Connecting-IP': PUBLIC }, undefined, '{bad'));
  });

  it.each([
    'X-Forwarded-For',
    'X-Real-IP',
    'Forwarded',
    'True-Client-IP',
    'X-Client-IP',
    'CF-Connecting-IPv6',
    'X-Forwarded-Host',
    'Host',
  ])('is not moved by a forged %s', async (name) => {
    const forged = { [name]: name === 'Forwarded' ? 'for=127.0.0.1' : '127.0.0.1' };
    await expectRefused(create({ 'CF-Connecting-IP': PUBLIC, ...forged }));
    await expectRefused(create(forged));
    expect((await look({ 'CF-Connecting-IP': PUBLIC, ...forged })).body.client_ip).toBe(PUBLIC);
    expect((await look({ ...LOCAL, [name]: PUBLIC })).body.setup_allowed).toBe(true);
  });

  it('is for SETUP_ALLOWED_IP alone where that is set', async () => {
    const only = envWith({ SETUP_ALLOWED_IP: PUBLIC });
    await expectRefused(create(LOCAL, only));
    await expectRefused(create({ 'CF-Connecting-IP': '203.0.113.5' }, only));
    expect((await look(LOCAL, only)).body.setup_allowed).toBe(false);
    expect((await look({ 'CF-Connecting-IP': `::ffff:${PUBLIC}` }, only)).body.setup_allowed).toBe(true);
    expect((await create({ 'CF-Connecting-IP': PUBLIC }, only)).status).toBe(200);
    await removeAdmins();
    const v6 = envWith({ SETUP_ALLOWED_IP: '2001:DB8::1' });
    expect((await create({ 'CF-Connecting-IP': '2001:db8::1' }, v6)).status).toBe(200);
  });

  it.each<[string, Headers]>([
    ['another origin', { Origin: 'https://evil.example' }],
    ['another port', { Origin: 'http://localhost:3000' }],
    ['another scheme', { Origin: 'https://localhost:8787' }],
    ['a look-alike', { Origin: 'http://localhost:8787.evil.example' }],
    ['no origin it would name', { Origin: 'null' }],
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['the same site', { 'Sec-Fetch-Site': 'same-site' }],
    ['another site under our origin', { Origin: ORIGIN, 'Sec-Fetch-Site': 'cross-site' }],
    [
      'another origin that says same-origin',
      { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' },
    ],
  ])('refuses a page of %s, which GET foretells', async (_, headers) => {
    expect((await look({ ...LOCAL, ...headers })).body.setup_allowed).toBe(false);
    await expectRefused(create({ ...LOCAL, ...headers }));
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    await expectRefused(
      create({ ...LOCAL, ...headers, ...form }, undefined, 'username=mallory&password=long-enough'),
    );
  });

  it('takes its own page, and refuses one whose foreign name was pointed at this machine', async () => {
    const from = (origin: string) =>
      send(
        new Request(`${origin}/api/accounts/initialize-superuser/`, {
          method: 'POST',
          headers: {
            ...LOCAL,
            Origin: origin,
            'Sec-Fetch-Site': 'same-origin',
            'Content-Type': 'application/json',
          },
          body: JSON.stringify(admin()),
        }),
      );
    for (const origin of [
      'http://rebound.example:8787',
      'http://127.0.0.1.evil.example',
      'http://localhost.evil.example',
    ]) {
      expect((await from(origin)).status).toBe(403);
    }
    expect(await activeAdmins()).toBe(0);
    for (const origin of [ORIGIN, 'http://127.0.0.1:8787', 'http://[::1]:8787', 'http://nas.local']) {
      expect((await from(origin)).status).toBe(200);
      await removeAdmins();
    }
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'Username and password are required.'],
    ['no password', { username: 'root' }, 'Username and password are required.'],
    ['a blank username', { username: '', password: 'long enough' }, 'Username and password are required.'],
    ['a null password', { username: 'root', password: null }, 'Username and password are required.'],
    [
      'a short password',
      { username: 'root', password: 'short' },
      'Ensure this field has at least 8 characters.',
    ],
    ['a bad email', { username: 'root', password: 'long enough', email: 5 }, 'Enter a valid email address.'],
    [
      'a long username',
      { username: 'u'.repeat(151), password: 'long enough' },
      'Ensure this field has no more than 150 characters.',
    ],
  ])('answers %s with error and detail', async (_, body, sentence) => {
    const answer = await create(LOCAL, undefined, body ?? '');
    expect(answer).toMatchObject({ status: 400, body: { error: sentence, detail: sentence } });
    expect(await activeAdmins()).toBe(0);
  });

  it('answers malformed JSON and a username in use with error and detail', async () => {
    const { username } = await person({ userLevel: 1 });
    for (const body of [
      '{bad',
      '[]',
      'null',
      { ...admin(), username },
      { ...admin(), username: 'bad name' },
    ]) {
      const answer = await create(LOCAL, undefined, body);
      expect(answer).toMatchObject({
        status: 400,
        body: { error: expect.any(String), detail: expect.any(String) },
      });
    }
    expect(await activeAdmins()).toBe(0);
  });

  it('answers 200 to anything once an admin exists, from anywhere, and creates nothing', async () => {
    await person({ userLevel: 10 });
    const before = await storedState();
    for (const headers of [
      LOCAL,
      {},
      { 'CF-Connecting-IP': PUBLIC },
      { ...LOCAL, Origin: 'https://evil.example' },
    ]) {
      for (const body of ['{bad', '', {}, admin()]) {
        expect(await create(headers, undefined, body)).toMatchObject({
          status: 200,
          body: { superuser_exists: true },
        });
      }
    }
    expect((await create({ ...LOCAL, 'Content-Type': 'text/plain' }, undefined, 'x')).status).toBe(200);
    expect(await storedState()).toEqual(before);
  });
});
