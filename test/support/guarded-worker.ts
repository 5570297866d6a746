import { env as bound } from 'cloudflare:workers';
import { Hono } from 'hono';
import type { Accounts } from '../../src/index.ts';
import { authenticated, createVerifier, requires } from '../../src/verify/index.ts';

/** Another Worker, as its author would write it: bound to the accounts service, which it knows by types alone. */
type Env = { ACCOUNTS: Service<typeof Accounts>; JWKS_URL: string };

const env = bound as unknown as Env;
const verifier = createVerifier({ binding: env.ACCOUNTS });
const offline = createVerifier({ jwks: env.JWKS_URL });
const abandoned = createVerifier({ jwks: env.JWKS_URL });
const nowhere = createVerifier({ jwks: `${env.JWKS_URL}/nothing` });

const app = new Hono<{ Bindings: Env }>();

app.get('/plain', async (c) => {
  const caller = await c.env.ACCOUNTS.authenticate(c.req.raw.headers);
  if (!caller.valid) return c.text(caller.reason, caller.reason === 'unavailable' ? 503 : 401);
  return c.text(`Hello ${caller.username}`);
});
app.get('/guarded', authenticated(verifier), (c) => c.json(c.get('caller')));
app.get('/users', authenticated(verifier), requires(verifier, 'view_user'), (c) =>
  c.text(`Hello ${c.get('caller').username}`),
);
app.get('/offline', authenticated(offline), (c) => c.json(c.get('caller')));
app.get('/abandoned', authenticated(abandoned), (c) => c.json(c.get('caller')));
/** Begins to ask and ends the request, with which the runtime ends what it waits for. */
app.get('/leave', async (c) => {
  abandoned.verify(c.req.raw.headers);
  await fetch(`${env.JWKS_URL}/nothing`);
  return c.body(null, 204);
});
app.get('/nowhere', authenticated(nowhere), (c) => c.json(c.get('caller')));

/** Calls whatever is named, however little sense it makes, and tells what came of it. */
app.post('/reach', async (c) => {
  const { path, args } = await c.req.json<{ path: string[]; args: unknown[] | null }>();
  // biome-ignore lint/suspicious/noExplicitAny: what is reached for need not be there.
  let target: any = c.env.ACCOUNTS;
  try {
    for (const name of path.slice(0, -1)) target = target[name];
    const last = path.at(-1) ?? '';
    return c.json({ reached: args === null ? await target[last] : await target[last](...args) });
  } catch (error) {
    return c.json({ refused: String(error) });
  }
});

const ODDITIES: Record<string, () => unknown> = {
  null: () => null,
  undefined: () => undefined,
  'a number': () => 7,
  'a date': () => new Date(),
  'a list': () => [['authorization', 'Bearer x']],
  'a map': () => new Map([['authorization', 'Bearer x']]),
  'a request with a body': () => new Request('https://shop.example/', { method: 'POST', body: 'x' }),
  'a function': () => () => 'Bearer x',
  'an object of functions': () => ({ authorization: () => 'Bearer x', 'x-api-key': () => 'dsp_x' }),
  'a stream': () => new ReadableStream({ type: 'bytes' }),
  'a number for a header': () => ({ authorization: 7 }),
  'a header that stands there twice': () => ({ authorization: 'Bearer x', Authorization: 'Bearer y' }),
  'a list of two for a header': () => ({ authorization: ['Bearer x', 'Bearer y'] }),
  'a header of a megabyte': () => ({ authorization: `Bearer ${'x'.repeat(1 << 20)}` }),
  'a text of thirty megabytes': () => 'x'.repeat(30 << 20),
  nothing: () => ({}),
  'nonsense headers': () => ({ constructor: 'x', toString: 'y', '': 'z' }),
  'an empty text': () => '',
};

app.post('/odd', async (c) => {
  const answers: Record<string, unknown> = {};
  for (const [name, make] of Object.entries(ODDITIES)) {
    for (const method of ['authenticate', 'verify'] as const) {
      const call = c.env.ACCOUNTS[method] as unknown as (given: unknown) => Promise<unknown>;
      answers[`${method}(${name})`] = await call(make()).catch((error: unknown) => `threw ${error}`);
    }
  }
  return c.json(answers);
});

// biome-ignore lint/style/noDefaultExport: that is where the runtime looks for what serves requests
export default app;
