import { describe, expect, it } from 'vitest';
import { type Answer, type Call, call, envWith, get, ORIGIN, post, send } from '../support/api.ts';
import { keepConsoleLines } from '../support/console-lines.ts';
import { env } from '../support/env.ts';
import { exampleOf, sendExample } from '../support/examples.ts';
import { broken } from '../support/intercepted-database.ts';
import { pathWith, readDocument, readOperations } from '../support/openapi.ts';
import { keyOf, signedInAs } from '../support/people.ts';

const operations = await readOperations();
const described = Object.entries((await readDocument()).paths).map(([path, item]) => ({
  path: path.replace('{id}', '1'),
  methods: Object.keys(item).map((method) => method.toUpperCase()),
}));
/** What serves the document, which is not in the document. */
const documents = ['/', '/api/schema/', '/api/swagger.json', '/api/swagger/', '/.well-known/jwks.json'].map(
  (path) => ({
    path,
    methods: ['GET'],
  }),
);
const paths = [...described, ...documents];

/** Pages of other origins may ask all but these, which take a cookie. */
const forAnyPage = paths.filter(({ path }) => !path.includes('/auth/cookie/'));

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'PURGE'];
const PAGE = 'https://frontend.example';

const listOf = ({ headers }: Answer, name: string): string[] => (headers.get(name) ?? '').split(', ').sort();
const allowOf = (methods: string[]): string[] =>
  [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort();

keepConsoleLines();

/** A request whose URL nobody has parsed yet: a bare workerd gives what a client wrote. */
const asItCame = (url: string): Request => Object.defineProperty(new Request(ORIGIN), 'url', { value: url });

describe('every path', () => {
  it.each(operations)(
    'of $id is served with and without its trailing slash, never by redirect',
    async (operation) => {
      const path = pathWith(operation);
      const withSlash = await call(operation.method, path);
      const without = await call(operation.method, path.slice(0, -1));
      expect([without.status, without.text]).toEqual([withSlash.status, withSlash.text]);
      expect([200, 400, 401, 403]).toContain(withSlash.status);
    },
  );

  const atPaths = documents.filter(({ path }) => path !== '/');

  it.each(atPaths)('$path is served with and without its trailing slash', async ({ path }) => {
    const bare = path.replace(/\/$/, '');
    const [withSlash, without] = [await get(`${bare}/`), await get(bare)];
    expect([withSlash.status, without.status]).toEqual([200, 200]);
    expect(without.text).toBe(withSlash.text);
  });

  it('keeps its query without the trailing slash', async () => {
    const { access: token } = await signedInAs('view_user');
    expect((await get('/users?page=1&page_size=1', { token })).body.results).toHaveLength(1);
  });

  it.each(['/swagger', '/swagger/'])('%s leads to Swagger UI', async (path) => {
    const { status, headers } = await get(path);
    expect([status, headers.get('Location')]).toEqual([302, '/api/swagger/']);
  });

  it.each([
    ['/api/health', 200],
    ['/api/health/?a=/b#/c', 200],
    ['/api/health#/c', 200],
    ['/api/./health', 200],
    ['/api/nothing/../health/', 200],
    ['/api/nothing/%2E%2e/health', 200],
    ['/api\\health', 200],
    ['?/api/health/', 200],
    ['/.well-known/jwks.json', 200],
    ['/api/health/..', 404],
    ['/api/health/../', 404],
    ['/api/h%65alth', 404],
    ['//api/health', 404],
    ['/api/health/.', 200],
    ['/api/.health', 404],
    ['/api/health.', 404],
  ])('%s is read as a parser of URLs reads it, who has not been before us: %d', async (path, status) => {
    expect((await send(asItCame(`${ORIGIN}${path}`))).status).toBe(status);
  });

  it('is answered where no parser takes the URL, whose host is none', async () => {
    expect((await send(asItCame('http://a b/api/nothing/'))).status).toBe(404);
  });

  it.each([
    '/api/',
    '/api/accounts/',
    '/api/nothing/',
    '/api/accounts/users/1/more/',
    '/api/accounts//users/',
    '/api/accounts/Users/',
    '/api/accounts/token/refresh/x',
    '/api/schema/x/',
    '/api/%00/',
    '/api/%ff/',
  ])('%s does not exist, which is said in JSON', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const { status, headers, body } = await call(method, path);
      expect([status, body]).toEqual([404, { detail: expect.stringMatching(/\S/) }]);
      expect(headers.get('Content-Type')).toMatch(/^application\/json/);
    }
  });
});

describe('a method', () => {
  it.each(paths)(
    'that $path does not know is refused before any look at credentials',
    async ({ path, methods }) => {
      for (const method of METHODS.filter((one) => !methods.includes(one))) {
        const answer = await call(method, path, { headers: { Authorization: 'Bearer nonsense' } });
        expect(answer.status, `${method} ${answer.text}`).toBe(405);
        expect(listOf(answer, 'Allow'), method).toEqual(allowOf(methods));
        expect(answer.body.detail, method).toBe(`Method "${method}" not allowed.`);
        expect(answer.headers.get('WWW-Authenticate'), method).toBeNull();
      }
    },
  );

  it.each(paths)('OPTIONS of $path answers with the others, whoever asks', async ({ path, methods }) => {
    const answer = await call('OPTIONS', path, { headers: { Authorization: 'Bearer nonsense' } });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(listOf(answer, 'Allow')).toEqual(allowOf(methods));
  });

  it.each(operations.filter(({ method }) => method === 'GET'))(
    'HEAD of $id is GET without a body',
    async (operation) => {
      const example = await exampleOf(operation);
      for (const sent of [example, {}]) {
        const whole = await sendExample(operation, { ...sent, id: example.id ?? 1 });
        const head = await sendExample({ ...operation, method: 'HEAD' }, { ...sent, id: example.id ?? 1 });
        expect([head.status, head.text]).toEqual([whole.status, '']);
        expect(head.headers.get('Content-Type')).toBe(whole.headers.get('Content-Type'));
        expect(head.headers.get('WWW-Authenticate')).toBe(whole.headers.get('WWW-Authenticate'));
      }
    },
  );

  it.each(paths.filter(({ methods }) => !methods.includes('GET')))(
    'HEAD is refused at $path',
    async ({ path, methods }) => {
      const answer = await call('HEAD', path);
      expect([answer.status, answer.text]).toEqual([405, '']);
      expect(listOf(answer, 'Allow')).toEqual(allowOf(methods));
    },
  );
});

/** One request for each kind of answer. */
const answersOfEachKind = async (
  headers: Record<string, string>,
  vars: object = {},
): Promise<[number, Answer][]> => {
  const { access: token } = await signedInAs();
  const send = (method: string, path: string, options: Call = {}) =>
    call(method, path, {
      ...options,
      headers: { ...headers, ...options.headers },
      env: envWith({ ...options.env, ...vars }),
    });
  return [
    [200, await send('GET', '/users/me/', { token })],
    [201, await send('POST', '/api-keys/generate/', { token })],
    [204, await send('OPTIONS', '/users/me/')],
    [400, await send('POST', '/token/', { body: {} })],
    [401, await send('GET', '/users/me/')],
    [403, await send('GET', '/users/', { token })],
    [404, await send('GET', '/api/nothing/')],
    [405, await send('PUT', '/token/')],
    [413, await send('POST', '/token/', { body: {}, headers: { 'Content-Length': '999999' } })],
    [415, await send('POST', '/token/', { body: 'x', headers: { 'Content-Type': 'text/plain' } })],
    [500, await send('GET', '/api/health/', { env: envWith({ DB: undefined as unknown as D1Database }) })],
    [503, await send('GET', '/api/health/', { env: envWith({ DB: broken(env.DB) }) })],
    [200, await send('GET', '/api/schema/')],
    [302, await send('GET', '/swagger/')],
  ];
};

describe('every kind of answer', () => {
  it('has a request id of its own, and not the one that the client sent', async () => {
    const answers = await answersOfEachKind({ 'X-Request-Id': 'chosen-by-the-client' });
    const ids = answers.map(([status, answer]) => {
      expect(answer.status, answer.text).toBe(status);
      return answer.headers.get('X-Request-Id') ?? '';
    });
    expect(ids.filter((id) => !/^[0-9a-f-]{36}$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('can be read by a page of any origin', async () => {
    for (const [status, { headers }] of await answersOfEachKind({ Origin: PAGE })) {
      expect(headers.get('Access-Control-Allow-Origin'), `${status}`).toBe('*');
      expect(headers.get('Access-Control-Expose-Headers'), `${status}`).toBe('Retry-After, X-Request-Id');
      expect(headers.get('Access-Control-Allow-Credentials'), `${status}`).toBeNull();
    }
  });

  it('can be read by pages of the listed origins alone, and says that it depends on the origin', async () => {
    const CORS_ORIGINS = `https://other.example, ${PAGE}`;
    for (const [origin, allowed] of [
      [PAGE, PAGE],
      ['https://evil.example', null],
      ['null', null],
      [`${PAGE}.evil.example`, null],
    ] as const) {
      for (const [status, { headers }] of await answersOfEachKind({ Origin: origin }, { CORS_ORIGINS })) {
        expect(headers.get('Access-Control-Allow-Origin'), `${status} to ${origin}`).toBe(allowed);
        expect(headers.get('Vary'), `${status} to ${origin}`).toMatch(/\bOrigin\b/);
      }
    }
  });

  it('depends on the origin too where none was sent, so that no cache keeps it for pages', async () => {
    const { headers } = await get('/api/schema/', { env: envWith({ CORS_ORIGINS: PAGE }) });
    expect(headers.get('Vary')).toMatch(/\bOrigin\b/);
    expect((await get('/api/schema/')).headers.get('Vary')).toBeNull();
  });

  it('is not to be sniffed for another type, tells no other site where it came from, and shows no page', async () => {
    for (const [status, { headers }] of await answersOfEachKind({})) {
      expect(headers.get('X-Content-Type-Options'), `${status}`).toBe('nosniff');
      expect(headers.get('Referrer-Policy'), `${status}`).toBe('no-referrer');
      expect(headers.get('Content-Security-Policy'), `${status}`).toBe(
        "default-src 'none'; frame-ancestors 'none'",
      );
    }
  });

  it('asks browsers for https, where it was asked over https', async () => {
    const over = async (scheme: string) =>
      (await send(new Request(`${scheme}://accounts.example/api/nothing/`))).headers.get(
        'Strict-Transport-Security',
      );
    expect([await over('https'), await over('http')]).toEqual(['max-age=31536000', null]);
  });
});

describe('a preflight', () => {
  it.each(forAnyPage)(
    'of $path lets in its methods and our headers for two hours',
    async ({ path, methods }) => {
      const headers = {
        Origin: PAGE,
        'Access-Control-Request-Method': methods[0] ?? '',
        'Access-Control-Request-Headers': 'authorization,content-type,x-api-key',
      };
      const answer = await call('OPTIONS', path, { headers });
      expect(answer.status).toBe(204);
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('*');
      expect(listOf(answer, 'Access-Control-Allow-Methods')).toEqual(expect.arrayContaining(methods));
      expect(listOf(answer, 'Access-Control-Allow-Headers')).toEqual([
        'authorization',
        'content-type',
        'x-api-key',
      ]);
      expect(answer.headers.get('Access-Control-Max-Age')).toBe('7200');
    },
  );

  it('succeeds for a path that nobody serves, so that the page can read the 404', async () => {
    const headers = { Origin: PAGE };
    const preflight = await call('OPTIONS', '/nothing-here/', { headers });
    expect([preflight.status, preflight.headers.get('Access-Control-Allow-Origin')]).toEqual([204, '*']);
    const answer = await call('GET', '/nothing-here/', { headers });
    expect([answer.status, answer.headers.get('Access-Control-Allow-Origin')]).toEqual([404, '*']);
  });

  it('is not answered for an origin that is not listed', async () => {
    const narrowed = { env: envWith({ CORS_ORIGINS: PAGE }), headers: { Origin: 'https://evil.example' } };
    const { headers } = await call('OPTIONS', '/token/', narrowed);
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('what holds a token or a key', () => {
  it.each([
    'createToken',
    'login',
    'refreshToken',
    'logInPage',
    'refreshPage',
    'generateApiKey',
    'createApiKey',
  ])('is not kept by caches: %s', async (id) => {
    const [operation] = operations.filter((one) => one.id === id);
    if (operation === undefined) throw new Error(`${id} is not in the document`);
    const answer = await sendExample(operation, await exampleOf(operation));
    expect(answer.status).toBeLessThan(300);
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
  });

  it('is not kept either when it is refused', async () => {
    const key = await keyOf(await signedInAs());
    const refused = await post('/token/', { username: 'nobody', password: 'a wrong one' });
    expect(refused.headers.get('Cache-Control')).toBe('no-store');
    expect((await get('/users/', { key })).headers.get('Cache-Control')).toBe('no-store');
  });
});

it('serves Swagger UI from its own origin, without a script in the page', async () => {
  const { status, headers, text } = await get('/api/swagger/');
  expect([status, headers.get('Content-Type')]).toEqual([200, expect.stringMatching(/^text\/html/)]);
  expect(headers.get('Content-Security-Policy')).toMatch(/script-src 'self'(;|$)/);
  const sources = [...text.matchAll(/(?:src|href)="([^"]*)"/g)].map(
    ([, url]) => new URL(url ?? '', ORIGIN).origin,
  );
  expect(sources.length).toBeGreaterThan(2);
  expect(new Set(sources)).toEqual(new Set([ORIGIN]));
  expect([...text.matchAll(/<script[^>]*>([^<]*)/g)].map(([, inline]) => inline)).toEqual(['', '']);
});
