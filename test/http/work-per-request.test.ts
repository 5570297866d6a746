import { beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type Answer, type Call, envWith, get, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { counted } from '../support/intercepted-database.ts';
import { keyOf, type SignedIn, signedInAs } from '../support/people.ts';
import { authenticate } from '../support/rpc.ts';
import { schemasBuiltBy, statementsBuiltBy, type Work, workOf } from '../support/work.ts';

type Caller = SignedIn & { key: string };
type Ask = (caller: Caller, bindings: Required<Pick<Call, 'env'>>) => Promise<Answer | { valid: boolean }>;
type Budget = [what: string, ask: Ask, work: Work, statements: number];

const bodyOf = ({ username, password }: Caller) => ({ username, password });

/**
 * In an isolate that has answered the same before. A wrong password is hashed like a right one. The digest of a token is
 * the id of its session.
 */
const BUDGETS: Budget[] = [
  [
    'GET users/me/ by Bearer',
    ({ access: token }, on) => get('/users/me/', { token, ...on }),
    { verify: 1, digest: 1 },
    1,
  ],
  ['GET users/me/ by key', ({ key }, on) => get('/users/me/', { key, ...on }), { digest: 1 }, 1],
  ['GET users/me/ without either', (_, on) => get('/users/me/', on), {}, 0],
  [
    'GET auth/verify/',
    ({ access: token }, on) => get('/auth/verify/', { token, ...on }),
    { verify: 1, digest: 1 },
    1,
  ],
  [
    'POST token/verify/',
    ({ access }, on) => post('/token/verify/', { token: access }, on),
    { verify: 1, digest: 1 },
    1,
  ],
  [
    'POST token/refresh/',
    ({ refresh }, on) => post('/token/refresh/', { refresh }, on),
    { verify: 1, digest: 1, sign: 1 },
    2,
  ],
  [
    'POST token/introspect/',
    ({ access, key }, on) => post('/token/introspect/', { token: access }, { key, ...on }),
    { digest: 2, verify: 1 },
    2,
  ],
  [
    // The name's digest, the session's and two tokens; PBKDF2 takes a key that is made of each password.
    'POST token/',
    (caller, on) => post('/token/', bodyOf(caller), on),
    { importKey: 1, deriveBits: 1, digest: 1, sign: 3 },
    14,
  ],
  ['GET jwks.json', (_, on) => get('/.well-known/jwks.json', on), {}, 0],
  ['authenticate over RPC', ({ key }, on) => authenticate({ 'x-api-key': key }, on.env), { digest: 1 }, 1],
];

let caller: Caller;

beforeAll(async () => {
  const signedIn = await signedInAs('introspect_token');
  const key = await keyOf(signedIn);
  // The first use of a key is noted.
  await get('/users/me/', { key });
  caller = { ...signedIn, key };
});

describe.each(BUDGETS)('%s', (_, ask, work, statements) => {
  /** An isolate's bindings, once they have been used for this request, and the statements that go over them. */
  async function warm() {
    const { database, trips } = counted(env.DB);
    const on = { env: envWith({ DB: database }) };
    await ask(caller, on);
    trips.length = 0;
    return { on, sent: () => trips.flatMap((trip) => trip.statements) };
  }

  it('asks WebCrypto for no more than it needs, and imports no key', async () => {
    const { on } = await warm();
    expect(await workOf(() => ask(caller, on))).toEqual(work);
  });

  it('sends its statements and no others', async () => {
    const { on, sent } = await warm();
    await ask(caller, on);
    expect(sent()).toHaveLength(statements);
  });

  it('builds no schema', async () => {
    const { on } = await warm();
    expect(await schemasBuiltBy(() => ask(caller, on))).toBe(0);
  });
});

it('finds schemas and statements that are built', async () => {
  expect(await schemasBuiltBy(() => z.string())).toBe(1);
  expect(await statementsBuiltBy(() => post('/token/', bodyOf(caller)))).toBeGreaterThan(0);
});

describe('what is asked with most requests', () => {
  const often = BUDGETS.filter(([what]) => what !== 'POST token/');

  it.each(often)('has its statements from before: %s', async (_, ask) => {
    const on = { env: envWith({}) };
    await ask(caller, on);
    expect(await statementsBuiltBy(() => ask(caller, on))).toBe(0);
  });
});

describe('an isolate', () => {
  it('imports its keys once, whatever is asked of it first and after', async () => {
    const on = { env: envWith({}) };
    const first = await workOf(() => get('/users/me/', { token: caller.access, ...on }));
    // Its public and its private part, the one for digests, and the one of refresh tokens.
    expect(first.importKey).toBe(4);
    for (const [what, ask] of BUDGETS.filter(([name]) => name !== 'POST token/'))
      expect((await workOf(() => ask(caller, on))).importKey, what).toBeUndefined();
  });

  it('reads its configuration once', async () => {
    const read = vi.fn();
    const bindings = new Proxy(envWith({}), {
      ownKeys: (target) => {
        read();
        return Reflect.ownKeys(target);
      },
    });
    await get('/users/me/', { token: caller.access, env: bindings });
    const [{ length: once }] = [read.mock.calls];
    expect(once).toBeGreaterThan(0);
    await get('/users/me/', { token: caller.access, env: bindings });
    expect(read).toHaveBeenCalledTimes(once);
  });
});
