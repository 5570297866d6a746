import { beforeAll, describe, expect, it } from 'vitest';
import type { SigningKeys } from '../../src/core/signing-keys.ts';
import { verifyToken } from '../../src/core/tokens.ts';
import { newJwk, parsed, secretJwk } from '../support/jwks.ts';
import { compact, minted, NOW, nowSeconds, type Part, POLICY, partsOf } from '../support/tokens.ts';

/** What Dispatcharr's SimpleJWT writes, and nothing more. */
const CLAIMS: Part = {
  token_type: 'access',
  exp: nowSeconds + 1800,
  iat: nowSeconds,
  jti: '0f0e0d0c',
  user_id: '7',
};

const shared = secretJwk({ interchange: true });
let keys: SigningKeys;
beforeAll(async () => {
  keys = await parsed(await newJwk('ES256'), shared, secretJwk({ kid: 'ours' }));
});

const check = (token: string, kind: 'access' | 'refresh' | 'any' = 'access', set = keys) =>
  verifyToken(set, POLICY, { token, kind, now: NOW });

async function foreign(changes: Part = {}, header: Part = { alg: 'HS256', typ: 'JWT' }): Promise<string> {
  const [key] = (await parsed(shared)).all;
  if (key === undefined) throw new Error('the set is empty');
  return compact(header, { ...CLAIMS, ...changes }, key);
}

describe('a token of the origin under the interchange key', () => {
  it('is accepted with no more than its own claims, and has no session', async () => {
    expect(await check(await foreign())).toEqual({
      valid: true,
      claims: {
        kind: 'access',
        id: '0f0e0d0c',
        userId: 7,
        sid: null,
        isOurs: false,
        issuedAt: NOW,
        expiresAt: new Date(NOW.getTime() + 1_800_000),
        key: keys.all[1],
      },
    });
  });

  it.each([
    ['no typ', { alg: 'HS256' }],
    ['typ JWT', { alg: 'HS256', typ: 'JWT' }],
    ['typ at+jwt', { alg: 'HS256', typ: 'at+jwt' }],
  ])('is accepted with %s', async (_, header) => {
    expect(await check(await foreign({}, header))).toMatchObject({ valid: true });
  });

  it('is accepted without kid or with its own, where the key has one', async () => {
    const named = await parsed(await newJwk('ES256'), { ...shared, kid: 'origin' });
    const header = { alg: 'HS256', typ: 'JWT' };
    expect(await check(await foreign({}, header), 'access', named)).toMatchObject({ valid: true });
    expect(await check(await foreign({}, { ...header, kid: 'origin' }), 'access', named)).toMatchObject({
      valid: true,
    });
    expect(await check(await foreign({}, { ...header, kid: 'x' }), 'access', named)).toEqual({
      valid: false,
      reason: 'invalid',
    });
  });

  it.each([
    [7, 7],
    ['7', 7],
    ['123456789', 123_456_789],
    [2 ** 31 - 1, 2 ** 31 - 1],
    [null, null],
    [undefined, null],
    [true, null],
    [false, null],
    [1.5, null],
    ['1.5', null],
    [0, null],
    ['0', null],
    [-7, null],
    ['-7', null],
    ['07', null],
    ['+7', null],
    [' 7', null],
    ['7\n', null],
    ['7e0', null],
    ['0x7', null],
    ['７', null],
    ['', null],
    [1e300, null],
    [2 ** 53, null],
    ['9'.repeat(40), null],
    [[7], null],
    [['7'], null],
    [{ id: 7 }, null],
  ])('names by user_id %j the user %j', async (claim, userId) => {
    expect(await check(await foreign({ user_id: claim }))).toMatchObject({
      valid: true,
      claims: { userId },
    });
  });

  it.each([
    ['a refresh token where access is wanted', { token_type: 'refresh' }, 'wrong_type'],
    ['no token_type', { token_type: undefined }, 'no_type'],
    ['no jti', { jti: undefined }, 'no_id'],
    ['no exp', { exp: undefined }, 'invalid'],
    ['exp that is now', { exp: nowSeconds }, 'expired'],
    ['nbf in the future', { nbf: nowSeconds + 1 }, 'invalid'],
    ['no iat', { iat: undefined }, 'invalid'],
    ['iat that is null', { iat: null }, 'invalid'],
    ['iat 11 seconds ahead', { iat: nowSeconds + 11 }, 'invalid'],
  ])('is refused with %s', async (_, changes, reason) => {
    expect(await check(await foreign(changes))).toEqual({ valid: false, reason });
  });

  it('is a refresh token if it says so', async () => {
    expect(await check(await foreign({ token_type: 'refresh' }), 'refresh')).toMatchObject({ valid: true });
    expect(await check(await foreign(), 'refresh')).toEqual({ valid: false, reason: 'wrong_type' });
  });

  it('expires one refresh lifetime after its iat, if its exp is later', async () => {
    const { refreshTokenTtlSeconds: ttl } = POLICY;
    const endOf = async (iat: number, exp: number, claims: Part = {}) => {
      const result = await check(await foreign({ iat, exp, ...claims }));
      return result.valid ? result.claims.expiresAt.getTime() / 1000 - nowSeconds : result.reason;
    };
    expect(await endOf(nowSeconds, nowSeconds + ttl)).toBe(ttl);
    expect(await endOf(nowSeconds, nowSeconds + ttl + 1)).toBe(ttl);
    expect(await endOf(nowSeconds - 60, nowSeconds + 10 * ttl)).toBe(ttl - 60);
    expect(await endOf(nowSeconds - ttl + 1, nowSeconds + 10 * ttl)).toBe(1);
    expect(await endOf(nowSeconds - ttl, nowSeconds + 10 * ttl)).toBe('expired');
    expect(await endOf(0, nowSeconds + 10 * ttl)).toBe('expired');
    expect(await endOf(-1e300, nowSeconds + 10 * ttl)).toBe('invalid');
    // A session has an end of its own.
    expect(await endOf(nowSeconds - ttl, nowSeconds + 10 * ttl, { sid: 'a1' })).toBe(10 * ttl);
  });

  it.each(['JWT', 'at+jwt'])('belongs to the session that it names, with typ %s', async (typ) => {
    // The origin copies `sid` when it renews a token of ours, and writes its own `typ`.
    const token = await foreign({ sid: 'a1' }, { alg: 'HS256', typ });
    expect(await check(token)).toMatchObject({
      valid: true,
      claims: { sid: 'a1', isOurs: typ !== 'JWT' },
    });
  });

  it.each([
    ['the typ of a refresh token', { typ: 'rt+jwt' }, {}],
    ['a typ of something else', { typ: 'dpop+jwt' }, {}],
    ['a sid that is no text', { typ: 'JWT' }, { sid: 1 }],
    ['a sid of null', { typ: 'JWT' }, { sid: null }],
  ])('is refused with %s', async (_, header, claims) => {
    const token = await foreign(claims, { alg: 'HS256', ...header });
    expect(await check(token)).toEqual({ valid: false, reason: 'invalid' });
  });
});

describe('the same claims under a key of our own', () => {
  it.each([
    ['ES256', 0],
    ['HS256, a secret that is not marked', 2],
  ])('are refused: %s', async (_, index) => {
    const key = keys.all[index];
    if (key === undefined) throw new Error(`the set has no key ${index}`);
    const headers: Part[] = [
      { alg: key.alg, kid: key.kid, typ: 'at+jwt' },
      { alg: key.alg, kid: key.kid, typ: 'JWT' },
      { alg: key.alg, kid: key.kid },
      { alg: key.alg, typ: 'JWT' },
    ];
    for (const header of headers) {
      expect(await check(await compact(header, CLAIMS, key))).toEqual({ valid: false, reason: 'invalid' });
    }
  });
});

describe('an interchange key that signs', () => {
  it('mints tokens that it accepts, with no kid in them when it has none', async () => {
    const set = await parsed(shared);
    const token = await minted(set);
    expect(partsOf(token).header).toEqual({ alg: 'HS256', typ: 'at+jwt' });
    expect(await check(token, 'access', set)).toMatchObject({
      valid: true,
      claims: { sid: 'a1b2', isOurs: true },
    });
  });

  it('signs a token without a session when asked to, though another key comes first', async () => {
    const token = await minted(keys, { sid: null }, POLICY, keys.all[1]);
    expect(Object.keys(partsOf(token).payload)).not.toContain('sid');
    expect(await check(token)).toMatchObject({ valid: true, claims: { sid: null } });
    const ours = await minted(keys, { sid: null });
    expect(await check(ours)).toEqual({ valid: false, reason: 'invalid' });
  });
});
