import { describe, expect, it } from 'vitest';
import { type Answer, type Call, call, envWith, ORIGIN } from '../support/api.ts';
import { keepConsoleLines } from '../support/console-lines.ts';
import { env } from '../support/env.ts';
import { broken, counted } from '../support/intercepted-database.ts';
import { FROM_PAGE, keeping } from '../support/page-logins.ts';
import { keyOf, type SignedIn, signedInAs } from '../support/people.ts';
import { storedState } from '../support/state.ts';

keepConsoleLines();

const ACTIONS = ['login', 'refresh', 'logout'];
const PATHS = ACTIONS.flatMap((action) => [`/auth/cookie/${action}/`, `/auth/cookie/${action}`]);
const ask = (path: string, who: SignedIn, { headers, ...options }: Call): Promise<Answer> =>
  call('POST', path, {
    body: { username: who.username, password: who.password },
    ...options,
    headers: { Cookie: `refresh=${who.refresh}`, ...headers },
  });

/** What CORS would let another page do. */
const corsHeadersOf = ({ headers }: Answer): string[] =>
  [...headers.keys()].filter((name) => name.startsWith('access-control-') || name === 'vary');

const { Origin: _origin, ...withoutOrigin } = FROM_PAGE;
const FOREIGN: [string, Record<string, string>][] = [
  ['another site', { ...FROM_PAGE, Origin: 'https://evil.example' }],
  ['an origin that is hidden', { ...FROM_PAGE, Origin: 'null' }],
  ['an origin that is not told', withoutOrigin],
  ['an empty origin', { ...FROM_PAGE, Origin: '' }],
  ['another port', { ...FROM_PAGE, Origin: 'http://localhost:8788' }],
  ['no port', { ...FROM_PAGE, Origin: 'http://localhost' }],
  ['another scheme', { ...FROM_PAGE, Origin: 'https://localhost:8787' }],
  ['a subdomain', { ...FROM_PAGE, Origin: 'http://x.localhost:8787' }],
  ['another name of this machine', { ...FROM_PAGE, Origin: 'http://127.0.0.1:8787' }],
  ['a longer origin', { ...FROM_PAGE, Origin: `${ORIGIN}.evil.example` }],
  ['an origin with a path', { ...FROM_PAGE, Origin: `${ORIGIN}/` }],
  ['two origins', { ...FROM_PAGE, Origin: `${ORIGIN}, https://evil.example` }],
  ['an origin in capitals', { ...FROM_PAGE, Origin: ORIGIN.toUpperCase() }],
  ['a page that tells where it is otherwise', { ...withoutOrigin, Referer: `${ORIGIN}/` }],
  ['a form of our own origin', { Origin: ORIGIN }],
  ['an empty X-Requested-With', { Origin: ORIGIN, 'X-Requested-With': '' }],
  ['a blank X-Requested-With', { Origin: ORIGIN, 'X-Requested-With': ' ' }],
  ['a program that sends the cookie alone', {}],
];

describe.each(FOREIGN)('%s', (_, headers) => {
  it('may ask none of them, and nothing happens', async () => {
    const who = await signedInAs();
    const before = await storedState();
    const { database, trips } = counted(env.DB);
    for (const path of PATHS) {
      const answer = await ask(path, who, { headers, env: envWith({ DB: database }) });
      expect([answer.status, Object.keys(answer.body)]).toEqual([403, ['detail']]);
      expect(answer.body.detail).toMatch(/^Only the page of this service itself may ask this: .*\.$/);
      expect(answer.headers.get('Set-Cookie')).toBeNull();
      expect(corsHeadersOf(answer)).toEqual([]);
    }
    expect([trips, await storedState()]).toEqual([[], before]);
  });

  it('is refused before its body or its credentials are judged', async () => {
    const who = await signedInAs();
    const key = await keyOf(who);
    const bodies = ['{cut', '', 'x'.repeat(1024 * 1024), new Uint8Array([0xff])];
    for (const body of bodies) {
      const answer = await ask('/auth/cookie/login/', who, { headers, body });
      expect(answer.status).toBe(403);
    }
    const plain = { ...headers, 'Content-Type': 'text/plain' };
    expect((await ask('/auth/cookie/login/', who, { headers: plain })).status).toBe(403);
    expect((await ask('/auth/cookie/refresh/', who, { headers, token: who.access, key })).status).toBe(403);
  });
});

describe('our own page', () => {
  it.each(['XMLHttpRequest', 'fetch', '0', 'false'])('may send X-Requested-With: %s', async (value) => {
    for (const action of ACTIONS) {
      const who = await signedInAs();
      const headers = { ...FROM_PAGE, 'X-Requested-With': value };
      expect((await ask(`/auth/cookie/${action}/`, who, { headers })).status).toBeLessThan(300);
    }
  });

  it('may send a megabyte where no body is read, and may not where one is', async () => {
    const who = await signedInAs();
    const body = 'x'.repeat(1024 * 1024);
    const statuses: number[] = [];
    for (const action of ACTIONS) {
      statuses.push((await ask(`/auth/cookie/${action}/`, who, { headers: FROM_PAGE, body })).status);
    }
    expect(statuses).toEqual([413, 200, 204]);
  });

  it('is asked for nothing else than POST', async () => {
    const { refresh } = await signedInAs();
    for (const path of PATHS) {
      for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']) {
        const answer = await call(method, path, { headers: keeping(refresh) });
        expect([answer.status, answer.headers.get('Allow')]).toEqual([405, 'POST, OPTIONS']);
        expect([answer.headers.get('Set-Cookie'), corsHeadersOf(answer)]).toEqual([null, []]);
      }
    }
  });
});

describe('CORS opens none of them', () => {
  const PAGE = 'https://frontend.example';
  const configured = ['*', PAGE, `${PAGE},${ORIGIN}`, ORIGIN];

  it.each(configured)('to a preflight, with CORS_ORIGINS=%s', async (CORS_ORIGINS) => {
    for (const path of PATHS) {
      for (const Origin of [PAGE, ORIGIN, 'null']) {
        const headers = {
          Origin,
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'content-type,x-requested-with',
        };
        const answer = await call('OPTIONS', path, { headers, env: envWith({ CORS_ORIGINS }) });
        expect([answer.status, answer.text, answer.headers.get('Allow')]).toEqual([204, '', 'POST, OPTIONS']);
        expect(corsHeadersOf(answer)).toEqual([]);
      }
    }
  });

  it.each(configured)('in any kind of answer, with CORS_ORIGINS=%s', async (CORS_ORIGINS) => {
    const who = await signedInAs();
    const ours = async (status: number, action: string, options: Call = {}) => {
      const bindings = { env: envWith({ CORS_ORIGINS, ...options.env }) };
      const headers = { ...FROM_PAGE, ...options.headers };
      const answer = await ask(`/auth/cookie/${action}/`, who, { ...options, headers, ...bindings });
      expect([answer.status, corsHeadersOf(answer)]).toEqual([status, []]);
    };
    await ours(400, 'login', { body: {} });
    await ours(401, 'login', { body: { username: 'nobody', password: 'a wrong one' } });
    await ours(403, 'refresh', { headers: { Origin: PAGE } });
    await ours(415, 'login', { headers: { 'Content-Type': 'text/plain' } });
    await ours(500, 'refresh', { env: envWith({ DB: undefined as unknown as D1Database }) });
    await ours(503, 'refresh', { env: envWith({ DB: broken(env.DB) }) });
    await ours(200, 'refresh');
    await ours(204, 'logout');
    await ours(401, 'refresh');
    await ours(200, 'login');
  });

  it('while the configuration is wrong either', async () => {
    const who = await signedInAs();
    const bindings = { env: envWith({ CORS_ORIGINS: 'no origin' }) };
    const answer = await ask('/auth/cookie/refresh/', who, { headers: FROM_PAGE, ...bindings });
    expect([answer.status, corsHeadersOf(answer)]).toEqual([503, []]);
  });
});
