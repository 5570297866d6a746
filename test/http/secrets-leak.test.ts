import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/core/secrets.ts';
import type { Env } from '../../src/env.ts';
import { type Answer, type Call, call, envWith } from '../support/api.ts';
import { keepConsoleLines } from '../support/console-lines.ts';
import { env } from '../support/env.ts';
import { broken, failing, LOST } from '../support/intercepted-database.ts';
import { leaksIn, type Secrets, type Spoken } from '../support/leaks.ts';
import { FROM_PAGE, keeping, keptBy } from '../support/page-logins.ts';
import { groupOf, uniqueName } from '../support/people.ts';
import { removeAdmins } from '../support/state.ts';

const lines = keepConsoleLines();
const FROM_HERE = { 'CF-Connecting-IP': '127.0.0.1' };

/** Everything that one scenario says and keeps secret. */
type Stage = {
  spoken: Spoken[];
  secrets: Secrets;
  bindings: Env;
  /** Makes up a password and remembers that it is one. */
  password(what: string): string;
  keep(what: string, value: unknown): void;
  /** Sends a request; `carries` names the members of the answer, and the cookie, that hold secrets on purpose. */
  say(method: string, path: string, options?: Call, carries?: readonly string[]): Promise<Answer>;
};

function stageFor(bindings: Env): Stage {
  const spoken: Spoken[] = [];
  const secrets: Secrets = new Map();
  const keep = (what: string, value: unknown) => {
    if (typeof value === 'string' && value !== '') secrets.set(`${what} (${secrets.size})`, value);
  };
  async function sayOnce(method: string, path: string, options: Call, carries: readonly string[]) {
    const answer = await call(method, path, { ...options, env: bindings });
    const own = carries.flatMap((name) =>
      secretsOf(name, name === 'cookie' ? keptBy(answer) : answer.body?.[name]),
    );
    for (const [what, value] of own) keep(what, value);
    const text = `${JSON.stringify([...answer.headers])} ${answer.text}`;
    spoken.push({
      where: `${method} ${path} ${answer.status}`,
      text,
      carries: own.map(([, value]) => value),
    });
    return answer;
  }
  /** Tries a second time after a failure, as clients do, so that the scenario gets on. */
  async function say(method: string, path: string, options: Call = {}, carries: readonly string[] = []) {
    const answer = await sayOnce(method, path, options, carries);
    return answer.status < 500 ? answer : sayOnce(method, path, options, carries);
  }
  function password(what: string): string {
    const value = `pw "${crypto.randomUUID().slice(0, 12)}" \\ ok`;
    keep(what, value);
    return value;
  }
  return { spoken, secrets, bindings, password, keep, say };
}

/** A value of an answer and, of a token, also its signature alone. */
function secretsOf(name: string, value: unknown): [what: string, value: string][] {
  if (typeof value !== 'string') return [];
  const [, , signature] = value.startsWith('ey') ? value.split('.') : [];
  return [
    [name, value],
    ...(signature === undefined ? [] : ([[`signature of ${name}`, signature]] as [string, string][])),
  ];
}

/** What a life of an installation does; each step goes on whatever became of the ones before. */
async function live(stage: Stage): Promise<void> {
  const { password, say, keep } = stage;
  const [admin, user] = [uniqueName(), uniqueName()];
  const adminPassword = password('password of the first admin');
  const setUp = (body: object) => say('POST', '/initialize-superuser/', { headers: FROM_HERE, body });
  await setUp({ username: 'two words', password: password('refused set-up password'), email: '' });
  await setUp({ username: admin, password: adminPassword, email: 'x' });
  await setUp({ username: admin, password: adminPassword, email: '' });
  const login = (username: string, secret: string) =>
    say('POST', '/token/', { body: { username, password: secret } }, ['access', 'refresh']);
  const { access: token = '', refresh = '' } = (await login(admin, adminPassword)).body;
  await login(admin, password('wrong password'));
  await login('nobody', password('password for nobody'));
  await login('x'.repeat(151), password('password with a wrong name'));
  await say('POST', '/auth/login/', {
    body: `{"username":"${admin}","password":"${password('cut password')}`,
  });
  await say('POST', '/token/', {
    body: password('body of another type'),
    headers: { 'Content-Type': 'text/plain' },
  });
  await say('POST', '/token/refresh/', { body: { refresh } }, ['access']);
  await say('POST', '/token/refresh/', { body: { refresh: token } });
  const own = { body: { username: admin, password: adminPassword }, headers: FROM_PAGE };
  const kept = keptBy(await say('POST', '/auth/cookie/login/', own, ['access', 'cookie'])) ?? '';
  await say('POST', '/auth/cookie/refresh/', { headers: keeping(kept) }, ['access']);
  await say('POST', '/auth/cookie/refresh/', { headers: keeping(`${kept}x`) });
  await say('POST', '/auth/cookie/refresh/', { headers: { ...keeping(kept), Origin: 'null' } });
  await say('POST', '/auth/cookie/logout/', { headers: keeping(kept) });
  await say('POST', '/auth/cookie/refresh/', { headers: keeping(kept) });
  await say('POST', '/token/verify/', { body: { token } });
  await say('POST', '/token/verify/', { body: { token: `${token}x` } });
  await say('POST', '/token/introspect/', { token, body: { token: refresh } });
  await say('POST', '/token/introspect/', { token, body: { token: `${refresh}x` } });
  await say('POST', '/token/revoke/', { body: { token: `${refresh}x` } });
  await say('GET', '/auth/verify/', { token });
  await say('GET', '/.well-known/jwks.json');
  await say('GET', '/users/me/', { token: `${token}x` });
  await say('GET', '/users/me/', { token: refresh });
  await say('GET', '/users/me/', { headers: { Authorization: `Bearer ${token} ${token}` } });
  await say('GET', '/users/me/', { headers: { Authorization: `Basic ${btoa(adminPassword)}` } });

  const groups = [await groupOf(['view_user'])];
  const userPassword = password('password of a new user');
  await say('POST', '/users/', {
    token,
    body: { username: user, password: userPassword, email: 'no address' },
  });
  const created = await say('POST', '/users/', {
    token,
    body: { username: user, password: userPassword, groups },
  });
  await say('POST', '/users/', {
    token,
    body: { username: user, password: password('password for a taken name') },
  });
  await say('POST', '/users/', { token, body: { username: 'short', password: 'pw-777!' } });
  keep('too short password', 'pw-777!');
  const path = `/users/${created.body?.id ?? 1}/`;
  await say('PATCH', path, { token, body: { password: password('password by an admin'), user_level: 'x' } });
  await say('PUT', path, { token, body: { username: user, password: password('replaced password') } });
  await say('PATCH', '/users/me/', {
    token,
    body: { password: password('own new password'), current_password: password('wrong current password') },
  });

  const { key = '' } = (await say('POST', '/api-keys/generate/', { token }, ['key'])).body;
  keep('digest of a key', key && (await sha256Hex(key)));
  await say('GET', '/users/me/', { key });
  await say('GET', '/api-keys/', { key });
  await say('PATCH', '/users/me/', { key, body: { password: password('password by key') } });
  await say('GET', '/users/me/', { key: `${key}x` });
  await say('GET', '/users/', { token });
  await say('GET', path, { headers: { Authorization: `ApiKey ${key}` } });
  await say('POST', '/api-keys/revoke/', { token });
  await say('GET', '/users/me/', { key });
  await say('DELETE', path, { token });
  await say('POST', '/auth/logout/', { token });
  await say('GET', '/users/me/', { token });
}

async function leaksOf(bindings: Env): Promise<{ leaks: string[]; stage: Stage }> {
  const stage = stageFor(bindings);
  const before = await storedHashes();
  await live(stage);
  const { keep, secrets, spoken } = stage;
  for (const hash of [...before, ...(await storedHashes())]) {
    keep('stored password hash', hash);
    keep('stored hash without its parameters', hash.split('$').at(-1));
  }
  for (const { d } of JSON.parse(env.JWT_KEYS).keys) keep('private signing key', d);
  keep('refresh key', env.REFRESH_KEY.split('.')[1]);
  const logged = lines.map((text): Spoken => ({ where: `the log: ${text.slice(0, 80)}`, text }));
  return { leaks: leaksIn([...spoken, ...logged], secrets), stage };
}

async function storedHashes(): Promise<string[]> {
  const { results } = await env.DB.prepare('select password_hash from users').all<{
    password_hash: string;
  }>();
  return results.map(({ password_hash: hash }) => hash);
}

describe('no secret is told, in a log line or in an answer that need not carry it,', () => {
  it('when all goes well', async () => {
    await removeAdmins();
    const { leaks, stage } = await leaksOf(envWith({}));
    expect(leaks).toEqual([]);
    // The scenario is worth something only while its steps succeed and its secrets are known.
    const statuses = new Set(stage.spoken.map(({ where }) => where.split(' ').at(-1)));
    expect([...statuses].sort()).toEqual(['200', '201', '204', '400', '401', '403', '415']);
    for (const kind of [
      'access',
      'refresh',
      'cookie',
      'key',
      'digest of a key',
      'stored password hash',
      'private signing key',
      'refresh key',
    ]) {
      expect(
        [...stage.secrets.keys()].some((name) => name.startsWith(`${kind} (`)),
        kind,
      ).toBe(true);
    }
  });

  it.each([
    ['is lost', LOST],
    ['refuses the SQL', () => new Error('D1_ERROR: constraint failed: SQLITE_CONSTRAINT')],
    ['meets a mistake of ours', () => new TypeError('D1 got a value of no known type')],
  ])('when the database %s at any statement of a request', async (_, error) => {
    const every = 7;
    let failures = 0;
    for (let offset = 0; offset < every; offset++) {
      await removeAdmins();
      lines.length = 0;
      let asked = 0;
      // A failure that is repeated would heal: two in a row.
      const DB = failing(env.DB, () => (Math.floor(++asked / 2) % every === offset ? error() : undefined));
      expect((await leaksOf(envWith({ DB }))).leaks).toEqual([]);
      failures += lines.length;
    }
    expect(failures).toBeGreaterThan(30);
  });

  it.each<[string, Partial<Env>]>([
    ['the database never answers', { DB: broken(env.DB) }],
    ['the database is not bound', { DB: undefined as unknown as D1Database }],
    ['JWT_KEYS is malformed', { JWT_KEYS: env.JWT_KEYS.slice(0, -1) }],
    [
      'JWT_KEYS holds a key that cannot be imported',
      { JWT_KEYS: env.JWT_KEYS.replace(/"y":"[^"]*"/, '"y":"AA"') },
    ],
    ['REFRESH_KEY is malformed', { REFRESH_KEY: env.REFRESH_KEY.replace('.', '') }],
    ['REFRESH_KEY is cut', { REFRESH_KEY: env.REFRESH_KEY.slice(0, 30) }],
    ['REFRESH_KEY is there twice', { REFRESH_KEY_2: env.REFRESH_KEY }],
    ['JWT_KEYS holds its key twice', { JWT_KEYS: env.JWT_KEYS.replace(/\[(.*)\]/, '[$1,$1]') }],
    [
      'a var holds what belongs into a secret',
      {
        PASSWORD_MIN_LENGTH: env.JWT_KEYS,
        JWT_ISSUER: `${env.JWT_KEYS}?`,
        JWT_AUDIENCE: `${env.REFRESH_KEY}?`,
      },
    ],
  ])('when %s', async (_, vars) => {
    const { leaks } = await leaksOf(envWith(vars));
    expect(leaks).toEqual([]);
    expect(lines.length).toBeGreaterThan(0);
  });
});

describe('the scanner', () => {
  const secret = 'pw "1/2+3" \\ ok';
  const secrets: Secrets = new Map([['password', secret]]);
  const found = (text: string, carries?: string[]) =>
    leaksIn([{ where: 'here', text, ...(carries === undefined ? {} : { carries }) }], secrets);

  it.each([
    ['in plain', `a ${secret} b`],
    ['as JSON', JSON.stringify({ causes: [`Error: ${secret}`] })],
    ['in a URL', `/api/?q=${encodeURIComponent(secret)}`],
    ['in base64', btoa(secret)],
    [
      'at the beginning of something in base64url',
      btoa(`${secret}:more`).replaceAll('+', '-').replaceAll('/', '_'),
    ],
  ])('finds a secret %s', (_, text) => {
    expect(found(text)).toEqual(['password in here']);
  });

  it('passes over what has to carry it, and over everything else', () => {
    expect(found(secret, [secret])).toEqual([]);
    expect(found('pw "other" \\ ok')).toEqual([]);
  });

  it('finds what a careless log line or an echoing answer of this very run would tell', async () => {
    const stage = stageFor(envWith({}));
    const told = stage.password('password');
    console.warn('login failed', { username: 'ada', password: told });
    await stage.say('GET', '/api/schema/', {}, ['openapi']);
    const logged = lines.map((text): Spoken => ({ where: 'the log', text }));
    const echoed = stage.spoken.map((one) => ({ ...one, carries: [] }));
    const leaks = leaksIn([...logged, ...echoed], stage.secrets);
    expect(leaks).toEqual(['password (0) in the log', 'openapi (1) in GET /api/schema/ 200']);
  });
});
