import { Hono } from 'hono';
import { importJWK, jwtVerify, SignJWT } from 'jose';

type Env = { DB: D1Database; JWT_KEYS: string };
type Keys = { signWith: CryptoKey; verifyWith: CryptoKey };

/** What no implementation of the service could do without: the least that each part of a request costs here. */
export const floors = new Hono<{ Bindings: Env }>();

floors.get('/floor/hello', (c) => c.text('hello'));

floors.get('/floor/select', async (c) => c.json(await selectByKey(c.env, c.req.query('digest'))));

floors.get('/floor/verify', async (c) => c.json(await verified(c.env, c.req.header('Authorization'))));

floors.get('/floor/sign', async (c) => c.json({ access: await signed(c.env) }));

/** The parts of a request by Bearer under one route. */
floors.get('/floor/verify-select', async (c) => {
  await verified(c.env, c.req.header('Authorization'));
  return c.json(await selectByKey(c.env, c.req.query('digest')));
});

/** Those of a refresh. */
floors.get('/floor/verify-sign-select', async (c) => {
  await verified(c.env, c.req.header('Authorization'));
  await selectByKey(c.env, c.req.query('digest'));
  return c.json({ access: await signed(c.env) });
});

/** A chain of the links that production's count has. */
floors.get('/floor/pbkdf2', async (c) => {
  const password = new TextEncoder().encode('correct horse battery');
  const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
  let bits = new Uint8Array(16).buffer;
  for (const iterations of (c.req.query('chain') ?? '').split(',').map(Number)) {
    const parameters = { name: 'PBKDF2', hash: 'SHA-512', salt: bits, iterations };
    bits = await crypto.subtle.deriveBits(parameters, key, 512);
  }
  return c.text('hashed');
});

const SELECT = `select api_keys.id, api_keys.last_used_at, users.id as user_id, users.username, users.user_level
  from api_keys join users on users.id = api_keys.user_id where api_keys.digest = ?`;

const selectByKey = async ({ DB }: Env, digest = ''): Promise<unknown> =>
  (await DB.prepare(SELECT).bind(digest).all()).results[0];

const verified = async (env: Env, authorization = ''): Promise<unknown> =>
  (await jwtVerify(authorization.slice('Bearer '.length), (await keysOf(env)).verifyWith)).payload;

async function signed(env: Env): Promise<string> {
  const { signWith } = await keysOf(env);
  return new SignJWT({ sub: '1' })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuedAt()
    .setExpirationTime('30m')
    .sign(signWith);
}

let keys: Keys | undefined;

async function keysOf({ JWT_KEYS }: Env): Promise<Keys> {
  if (keys !== undefined) return keys;
  const jwk = JSON.parse(JWT_KEYS).keys[0];
  const { d: _, ...publicPart } = jwk;
  // jose gives bytes for a secret alone, and this is an elliptic curve's.
  keys = {
    signWith: (await importJWK(jwk, 'ES256')) as CryptoKey,
    verifyWith: (await importJWK(publicPart, 'ES256')) as CryptoKey,
  };
  return keys;
}
