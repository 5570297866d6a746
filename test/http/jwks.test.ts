import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { type Call, call, envWith, get, ORIGIN, send } from '../support/api.ts';
import { env } from '../support/env.ts';
import { counted } from '../support/intercepted-database.ts';
import { newJwk, publicPart, secretJwk, setOf, type TestJwk } from '../support/jwks.ts';
import { signedInAs } from '../support/people.ts';
import { envWithInterchange } from '../support/wire-tokens.ts';

const PATH = '/.well-known/jwks.json';
const CACHED = 'public, max-age=300, stale-if-error=86400';

const withKeys = (JWT_KEYS: string, further: Record<string, string> = {}) => ({
  env: envWith({ JWT_KEYS, ...further }),
});
const kidsOf = async (options: Call): Promise<string[]> =>
  (await get(PATH, options)).body.keys.map(({ kid }: TestJwk) => kid);

describe('the public keys', () => {
  it('verify the tokens that are given out', async () => {
    const { access, id } = await signedInAs();
    const { body, headers } = await get(PATH);
    const { payload, protectedHeader } = await jwtVerify(access, createLocalJWKSet(body));
    expect([payload.sub, protectedHeader.kid]).toEqual([String(id), body.keys[0].kid]);
    expect(headers.get('Content-Type')).toBe('application/json');
  });

  it('have the members that verifying takes and no other, whatever else the set holds', async () => {
    const more = {
      use: 'enc',
      key_ops: ['sign'],
      ext: true,
      x5u: 'https://x.example',
      note: 'private',
      k: 'k',
    };
    const [ec, ed] = [await newJwk('ES256'), await newJwk('EdDSA')];
    const { body, text } = await get(
      PATH,
      withKeys(setOf({ ...ec, ...more }, { ...ed, ...more, kid: 'given' })),
    );
    const { x, y } = ec;
    expect(body).toEqual({
      keys: [
        { kty: 'EC', crv: 'P-256', x, y, kid: expect.any(String), alg: 'ES256', use: 'sig' },
        { kty: 'OKP', crv: 'Ed25519', x: ed.x, kid: 'given', alg: 'EdDSA', use: 'sig' },
      ],
    });
    for (const secret of [ec.d, ed.d, 'private', 'x5u']) expect(text).not.toContain(secret);
  });

  it('have no secret among them, and are none where there are only secrets', async () => {
    const secret = secretJwk({ kid: 'shared' });
    const { text } = await get(PATH, withKeys(setOf(secret)));
    expect(text).toBe('{"keys":[]}');
    expect((await get(PATH, { env: envWithInterchange({ kid: 'origin' }) })).body.keys).toHaveLength(1);
  });

  it('are those too that stand by and those that only verify still, in the order of the sets', async () => {
    const [old, now, next] = [await newJwk('ES256'), await newJwk('ES256'), await newJwk('ES256')];
    const named = (jwk: TestJwk, kid: string) => ({ ...jwk, kid });
    const first = setOf(named(publicPart(old), 'old'), named(now, 'now'));
    const options = withKeys(first, { JWT_KEYS_2: setOf(named(next, 'next')) });
    expect(await kidsOf(options)).toEqual(['old', 'now', 'next']);
  });

  it('are read without the database and whatever credentials come along', async () => {
    const { database, trips } = counted(env.DB);
    const bad = { Authorization: 'Bearer nonsense', 'X-API-Key': 'nonsense' };
    const answer = await get(PATH, { env: envWith({ DB: database }), headers: bad });
    expect([answer.status, trips.length]).toEqual([200, 0]);
    expect(answer.text).toBe((await get(PATH)).text);
  });

  it('are 503, which nobody keeps, while there are none', async () => {
    const { status, headers } = await get(PATH, withKeys(''));
    expect([status, headers.get('Cache-Control'), headers.get('ETag')]).toEqual([503, 'no-store', null]);
    expect(headers.get('Retry-After')).toMatch(/^\d+$/);
  });
});

describe('a cache of them', () => {
  const tagOf = async (options: Call = {}): Promise<string> =>
    (await get(PATH, options)).headers.get('ETag') ?? '';
  const asked = (tag: string, method = 'GET') => call(method, PATH, { headers: { 'If-None-Match': tag } });

  it('may keep them for five minutes, and for a day where we fail', async () => {
    const [bare, slashed] = [await get(PATH), await get(`${PATH}/`)];
    expect(bare.headers.get('Cache-Control')).toBe(CACHED);
    expect(bare.headers.get('ETag')).toMatch(/^"[0-9a-f]{64}"$/);
    expect([slashed.status, slashed.text]).toEqual([200, bare.text]);
  });

  it.each([
    ['the tag', (tag: string) => tag],
    ['the tag as a weak one', (tag: string) => `W/${tag}`],
    ['the tag among others', (tag: string) => `"a,b", W/"c" ,${tag}`],
    ['anything', () => ' * '],
  ])('hears 304 when it has %s', async (_, header) => {
    const tag = await tagOf();
    for (const method of ['GET', 'HEAD']) {
      const { status, text, headers } = await asked(header(tag), method);
      expect([status, text, headers.get('ETag')]).toEqual([304, '', tag]);
      expect([headers.get('Cache-Control'), headers.get('Content-Type')]).toEqual([CACHED, null]);
    }
  });

  it.each([
    ['another tag', () => '"0"'],
    ['a tag that is not quoted', (tag: string) => tag.slice(1, -1)],
    ['a part of the tag', (tag: string) => `${tag.slice(0, -2)}"`],
    ['a star among others', () => '"0", *'],
    ['nothing', () => ''],
  ])('hears them when it has %s', async (_, header) => {
    expect((await asked(header(await tagOf()))).status).toBe(200);
  });

  it('finds another tag for other keys', async () => {
    const other = withKeys(setOf(await newJwk('ES256')));
    const [first, again] = [await tagOf(other), await tagOf(other)];
    expect(again).toBe(first);
    expect(first).not.toBe(await tagOf());
  });

  it('may give them to pages of any origin, whichever are listed and whoever asked first', async () => {
    const bindings = envWith({ CORS_ORIGINS: 'https://listed.example' });
    for (const origin of [null, 'https://other.example', 'https://listed.example']) {
      const sent = origin === null ? {} : { headers: { Origin: origin } };
      const { headers: answered } = await get(PATH, { env: bindings, ...sent });
      expect([answered.get('Access-Control-Allow-Origin'), answered.get('Vary')]).toEqual(['*', null]);
    }
  });

  it('hears of HEAD what GET says, without the body', async () => {
    const response = await send(new Request(ORIGIN + PATH, { method: 'HEAD' }));
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(response.headers.get('ETag')).toBe(await tagOf());
  });
});
