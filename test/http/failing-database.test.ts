import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Answer, call, envWith, get, post } from '../support/api.ts';
import { isProblem, keepConsoleLines } from '../support/console-lines.ts';
import { env } from '../support/env.ts';
import { exampleOf, sendExample } from '../support/examples.ts';
import { broken, counted, failing, LOST } from '../support/intercepted-database.ts';
import { pathWith, readOperations } from '../support/openapi.ts';
import { keyOf, person, signedInAs } from '../support/people.ts';

const operations = await readOperations();
const lines = keepConsoleLines(isProblem);

const INTERNALS =
  /d1|sql|select|insert|drizzle|network|error:|\.ts\b|\bat \w|undefined|typeerror|jwt_keys|PASSWORD_/i;

function expectUnavailable({ status, headers, body, text }: Answer): void {
  expect(status, text).toBe(503);
  expect(headers.get('Retry-After')).toMatch(/^[1-9]\d*$/);
  expect(headers.get('Content-Type')).toMatch(/^application\/json/);
  expect(body).toMatchObject({ detail: expect.stringMatching(/\S/) });
  expect(text).not.toMatch(INTERNALS);
}

function expectFault({ status, headers, body }: Answer): void {
  expect(status).toBe(500);
  expect(headers.get('Content-Type')).toMatch(/^application\/json/);
  const { error, ...shown } = body;
  expect(shown).toEqual({ detail: 'Internal server error.', request_id: headers.get('X-Request-Id') });
  expect([undefined, shown.detail]).toContain(error);
}

describe('while the database does not answer', () => {
  it.each(operations)(
    '$id answers 503 at each of its round trips, and tells nothing of what is inside',
    async (operation) => {
      const { database, trips } = counted(env.DB);
      const healthy = await sendExample(operation, await exampleOf(operation), {
        env: envWith({ DB: database }),
      });
      expect(healthy.status, healthy.text).toBeLessThan(300);
      expect(trips.length).toBeGreaterThan(0);
      for (let failed = 1; failed <= trips.length; failed++) {
        const DB = failing(env.DB, (trip) => (trip >= failed ? LOST() : undefined));
        expectUnavailable(await sendExample(operation, await exampleOf(operation), { env: envWith({ DB }) }));
      }
      expect(lines).toHaveLength(trips.length);
    },
  );

  it.each(operations.filter(({ isPublic }) => !isPublic))(
    '$id answers 503 to a key too',
    async (operation) => {
      const key = await keyOf(await signedInAs());
      const answer = await call(operation.method, pathWith(operation), {
        key,
        env: envWith({ DB: broken(env.DB) }),
      });
      expectUnavailable(answer);
    },
  );

  it('the first set-up says so in `error` too', async () => {
    const { body } = await get('/initialize-superuser/', { env: envWith({ DB: broken(env.DB) }) });
    expect(body).toEqual({ error: expect.stringMatching(/\S/), detail: body.error });
  });

  it('the log has one line with the request id and the reason', async () => {
    const { headers } = await get('/api/health/', { env: envWith({ DB: broken(env.DB) }) });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'error',
      requestId: headers.get('X-Request-Id'),
      status: 503,
      causes: [expect.any(String), expect.stringContaining('Network connection lost')],
    });
  });

  it.each(['/', '/api/schema/', '/api/swagger/', '/.well-known/jwks.json', '/api/nothing/'])(
    '%s answers as ever',
    async (path) => {
      const { status } = await get(path, { env: envWith({ DB: broken(env.DB) }) });
      expect(status).toBe((await get(path)).status);
    },
  );

  it('a request afterwards is served', async () => {
    let isDown = true;
    const bindings = { env: envWith({ DB: failing(env.DB, () => (isDown ? LOST() : undefined)) }) };
    const { access: token } = await signedInAs();
    expectUnavailable(await get('/users/me/', { token, ...bindings }));
    isDown = false;
    expect((await get('/users/me/', { token, ...bindings })).status).toBe(200);
  });
});

describe('while JWT_KEYS cannot be used', () => {
  const unusable: [string, string | undefined][] = [
    ['missing', undefined],
    ['empty', ''],
    ['no JSON', 'private-material'],
    ['no set', '{"kty":"EC","d":"private-material"}'],
    ['an empty set', '{"keys":[]}'],
    ['of an unknown kind', '{"keys":[{"kty":"RSA","d":"private-material"}]}'],
    ['cut', '{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"private-material"}]}'],
    ['null', '{"keys":[null]}'],
  ];

  it.each(unusable)(
    '(%s) whatever needs it answers 503, and one log line names it but not what it holds',
    async (_, JWT_KEYS) => {
      const { username, password } = await person();
      const caller = await signedInAs();
      const bindings = { env: { ...env, JWT_KEYS } as typeof env };
      for (const request of [
        () => post('/token/', { username, password }, bindings),
        () => post('/token/refresh/', { refresh: caller.refresh }, bindings),
        () => post('/token/verify/', { token: caller.access }, bindings),
        () => get('/users/me/', { token: caller.access, ...bindings }),
        () => get('/auth/verify/', { token: caller.access, ...bindings }),
        () => post('/token/revoke/', { token: caller.access }, bindings),
        () => get('/.well-known/jwks.json', bindings),
      ]) {
        lines.length = 0;
        expectUnavailable(await request());
        expect(lines).toHaveLength(1);
        expect(lines[0]).toMatch(/JWT_KEYS.*wrangler secret put JWT_KEYS/);
        expect(lines[0]).not.toContain('private-material');
      }
    },
  );

  it.each(unusable)('(%s) API keys and public routes work', async (_, JWT_KEYS) => {
    const owner = await signedInAs();
    const key = await keyOf(owner);
    const bindings = { env: { ...env, JWT_KEYS } as typeof env };
    expect((await get('/users/me/', { key, ...bindings })).body.id).toBe(owner.id);
    expect((await get('/api/health/', bindings)).status).toBe(200);
    expect((await get('/initialize-superuser/', bindings)).status).toBe(200);
    expect((await get('/users/me/', bindings)).status).toBe(401);
    expect(lines).toEqual([]);
  });
});

describe('while a var is wrong', () => {
  const wrong = {
    PASSWORD_MIN_LENGTH: 'abc',
    PASSWORD_ITERATIONS: '10',
    ACCESS_TOKEN_TTL_SECONDS: '-1',
    REFRESH_TOKEN_TTL_SECONDS: '1.5',
    REFRESH_ROTATION: 'true',
    REQUIRE_CURRENT_PASSWORD: 'yes-please',
    CORS_ORIGINS: 'frontend.example',
    SETUP_ALLOWED_IP: 'not/an/address',
    API_KEYS_PER_USER: '0',
    JWT_ISSUER: 'what?',
    JWT_AUDIENCE: 'a~b',
  };

  it.each(Object.entries(wrong))(
    '(%s=%s) every operation answers 503, and the log names it',
    async (name, value) => {
      const { access: token } = await signedInAs();
      const bindings = { env: envWith({ [name]: value }) };
      for (const path of ['/users/me/', '/api/health/', '/initialize-superuser/']) {
        lines.length = 0;
        expectUnavailable(await get(path, { token, ...bindings }));
        expect(lines).toHaveLength(1);
        expect(lines[0]).toContain(name);
      }
    },
  );

  it('what needs no configuration is served', async () => {
    const bindings = { env: envWith(wrong) };
    const statuses = [
      get('/api/schema/', bindings),
      get('/api/swagger/', bindings),
      get('/api/nothing/', bindings),
      call('PUT', '/token/', bindings),
    ];
    expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([200, 200, 404, 405]);
    expect(lines).toEqual([]);
  });

  it('a page can read that there is a 503', async () => {
    const options = {
      env: envWith({ PASSWORD_MIN_LENGTH: 'abc' }),
      headers: { Origin: 'https://page.example' },
    };
    const { status, headers } = await get('/users/me/', options);
    expect([status, headers.get('Access-Control-Allow-Origin')]).toEqual([503, '*']);
  });

  it('all wrong vars are named together', async () => {
    await get('/api/health/', { env: envWith(wrong) });
    for (const name of Object.keys(wrong)) expect(lines[0]).toContain(name);
  });
});

describe('a fault of ours', () => {
  const faults: [string, () => D1Database][] = [
    ['a missing binding', () => undefined as unknown as D1Database],
    ['a TypeError', () => failing(env.DB, () => new TypeError('secret reason'))],
    [
      'SQL that is wrong',
      () => failing(env.DB, () => new Error('D1_ERROR: near "secret reason": syntax error: SQLITE_ERROR')),
    ],
  ];

  it.each(faults)(
    '(%s) answers a fixed text and the request id, whatever the operation',
    async (_, database) => {
      for (const operation of operations) {
        const example = await exampleOf(operation);
        lines.length = 0;
        const answer = await sendExample(operation, example, { env: envWith({ DB: database() }) });
        expectFault(answer);
        expect(answer.text).not.toMatch(/secret reason/);
        expect(lines).toHaveLength(1);
        expect(lines[0]).toContain(answer.body.request_id);
        expect(lines[0]).not.toMatch(/\\n|\bat \w+ \(/);
      }
    },
  );
});

describe('a request that was cancelled', () => {
  afterEach(() => vi.restoreAllMocks());

  it.each([
    ['importing the keys', 'importKey'],
    ['signing', 'sign'],
  ] as const)('while %s does not make the next one hang', async (_, name) => {
    const { username, password } = await person();
    const bindings = { env: envWith({}) };
    let isStuck: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => {
      isStuck = resolve;
    });
    vi.spyOn(crypto.subtle, name).mockImplementationOnce(() => {
      isStuck();
      return new Promise<never>(() => undefined);
    });
    void post('/token/', { username, password }, bindings);
    await stuck;
    expect((await post('/token/', { username, password }, bindings)).status).toBe(200);
  });
});
