import { base64url } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SigningKey, SigningKeys } from '../../src/core/signing-keys.ts';
import { verifyToken } from '../../src/core/tokens.ts';
import { newJwk, parsed, publicPart, secretJwk, type TestJwk } from '../support/jwks.ts';
import { spellingsOf } from '../support/spellings.ts';
import {
  compact,
  encoded,
  hmacKey,
  minted,
  NOW,
  nowSeconds,
  type Part,
  POLICY,
  partsOf,
  signedInput,
} from '../support/tokens.ts';

let jwk: TestJwk;
let keys: SigningKeys;
let header: Part;
let payload: Part;
beforeAll(async () => {
  jwk = await newJwk('ES256');
  // Every kind of key is in the set, so that each forgery may pick the one that helps it most.
  keys = await parsed(
    jwk,
    await newJwk('EdDSA'),
    secretJwk({ kid: 'secret' }),
    secretJwk({ interchange: true }),
  );
  ({ header, payload } = partsOf(await minted(keys)));
});

const check = (token: string, now = NOW) => verifyToken(keys, POLICY, { token, kind: 'access', now });
const INVALID = { valid: false, reason: 'invalid' };

function keyAt(index: number): SigningKey {
  const key = keys.all[index];
  if (key === undefined) throw new Error(`the set has no key ${index}`);
  return key;
}

it('accepts the token that the forgeries below are made from', async () => {
  expect(await check(await compact(header, payload, keys.signer))).toMatchObject({ valid: true });
});

describe('an algorithm that is not the key’s', () => {
  it.each(['none', 'None', 'NONE', 'nOnE', ''])(
    'refuses alg "%s" with and without a signature',
    async (alg) => {
      const input = `${encoded({ ...header, alg })}.${encoded(payload)}`;
      expect(await check(`${input}.`)).toEqual(INVALID);
      expect(await check(input)).toEqual(INVALID);
      expect(await check(await compact({ ...header, alg }, payload, keys.signer))).toEqual(INVALID);
      expect(await check(`${encoded({ alg, typ: 'at+jwt' })}.${encoded(payload)}.`)).toEqual(INVALID);
    },
  );

  it('refuses HS256 with the bytes of the public key as the secret, in every encoding', async () => {
    const publicKey = await crypto.subtle.importKey(
      'jwk',
      publicPart(jwk) as JsonWebKey,
      { name: 'ECDSA', namedCurve: 'P-256' },
      true,
      ['verify'],
    );
    const spki = new Uint8Array((await crypto.subtle.exportKey('spki', publicKey)) as ArrayBuffer);
    const raw = new Uint8Array((await crypto.subtle.exportKey('raw', publicKey)) as ArrayBuffer);
    const pem = `-----BEGIN PUBLIC KEY-----\n${btoa(String.fromCharCode(...spki))}\n-----END PUBLIC KEY-----\n`;
    const json = JSON.stringify(publicPart(jwk));
    const secrets = [spki, raw, ...[pem, json].map((text) => new Uint8Array(new TextEncoder().encode(text)))];
    for (const secret of secrets) {
      const forged = await compact({ ...header, alg: 'HS256' }, payload, await hmacKey(secret));
      expect(await check(forged)).toEqual(INVALID);
    }
  });

  it.each([
    ['ES256 under the EdDSA key', 1, 'ES256'],
    ['EdDSA under the ES256 key', 0, 'EdDSA'],
    ['HS512 under the secret', 2, 'HS512'],
    ['RS256 under the ES256 key', 0, 'RS256'],
    ['another name of EdDSA', 1, 'Ed25519'],
  ])('refuses %s', async (_, index, alg) => {
    const key = keyAt(index);
    expect(await check(await compact({ ...header, kid: key.kid, alg }, payload, key))).toEqual(INVALID);
    const right = { ...header, kid: key.kid, alg: key.alg };
    expect(await check(await compact(right, payload, key))).toMatchObject({ valid: true });
  });
});

describe('a key that is not ours', () => {
  it('refuses another key’s signature under our kid', async () => {
    const { signer } = await parsed(await newJwk('ES256'));
    expect(await check(await compact(header, payload, signer))).toEqual(INVALID);
    const secret = await parsed(secretJwk({ kid: 'secret' }));
    expect(await check(await minted(secret))).toEqual(INVALID);
  });

  it('refuses the signature of one of our keys under the kid of another', async () => {
    const ed = keyAt(1);
    expect(await check(await compact({ ...header, kid: ed.kid }, payload, keys.signer))).toEqual(INVALID);
  });

  it.each([['unknown'], [''], [null], [0], [[]], [{}]])('refuses kid %j', async (kid) => {
    expect(await check(await compact({ ...header, kid }, payload, keys.signer))).toEqual(INVALID);
  });

  it('refuses a token without kid, unless an interchange key made it', async () => {
    const { kid: _, ...anonymous } = header;
    expect(await check(await compact(anonymous, payload, keys.signer))).toEqual(INVALID);
    const secret = { ...anonymous, alg: 'HS256' };
    expect(await check(await compact(secret, payload, keyAt(2)))).toEqual(INVALID);
    expect(await check(await compact(secret, payload, keyAt(3)))).toMatchObject({ valid: true });
  });

  it.each(['jwk', 'jku', 'x5u', 'x5c'])('takes no key from the header: %s', async (member) => {
    const foreign = await newJwk('ES256');
    const { signer } = await parsed(foreign);
    const offered = member === 'jwk' ? publicPart(foreign) : ['https://evil.example/keys'];
    const forged = await compact({ ...header, kid: signer.kid, [member]: offered }, payload, signer);
    expect(await check(forged)).toEqual(INVALID);
    expect(await check(await compact({ ...header, [member]: offered }, payload, signer))).toEqual(INVALID);
  });
});

describe('a changed token', () => {
  it('refuses every claim that was changed after signing', async () => {
    const [head, , signature] = (await compact(header, payload, keys.signer)).split('.');
    const changes: Part[] = [{ user_id: '1', sub: '1' }, { exp: nowSeconds + 9_999_999 }, { sid: 'other' }];
    for (const change of changes) {
      expect(await check(`${head}.${encoded({ ...payload, ...change })}.${signature}`)).toEqual(INVALID);
    }
  });

  it('refuses a header that was changed after signing', async () => {
    const [, body, signature] = (await compact(header, payload, keys.signer)).split('.');
    expect(await check(`${encoded({ ...header, typ: 'rt+jwt' })}.${body}.${signature}`)).toEqual(INVALID);
  });

  it.each([0, 1, 2, 3])(
    'refuses a signature cut, lengthened, emptied or not base64url: key %i',
    async (index) => {
      const key = keyAt(index);
      const kid = key.kid === undefined ? {} : { kid: key.kid };
      const token = await compact({ ...kid, typ: 'at+jwt', alg: key.alg }, payload, key);
      expect(await check(token)).toMatchObject({ valid: true });
      const [head, body, signature = ''] = token.split('.');
      const bytes = base64url.decode(signature);
      const flipped = bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
      for (const other of [
        '',
        'A',
        '!!!!',
        'é',
        signature.slice(0, -4),
        `${signature}AAAA`,
        base64url.encode(flipped),
        base64url.encode(new Uint8Array(bytes.length)),
      ]) {
        expect(await check(`${head}.${body}.${other}`)).toEqual(INVALID);
      }
    },
  );
});

describe('another spelling of a token', () => {
  it.each([0, 1, 2, 3])('is refused, in whichever part: key %i', async (index) => {
    const key = keyAt(index);
    const kid = key.kid === undefined ? {} : { kid: key.kid };
    const token = await compact({ ...kid, typ: 'at+jwt', alg: key.alg }, payload, key);
    expect(await check(token)).toMatchObject({ valid: true });
    for (const [what, other] of spellingsOf(token))
      expect([what, await check(other)]).toEqual([what, INVALID]);
  });

  it.each(['eyJhbGci OiJ9', 'e30', '{}'])('is refused also where it was signed so: %j', async (head) => {
    const [, body] = (await compact(header, payload, keys.signer)).split('.');
    for (const input of [`${head}.${body}`, `${encoded(header)}.${body}=`]) {
      expect(await check(await signedInput(input, keys.signer))).toEqual(INVALID);
    }
  });
});

describe('claims that make no token of ours, under our own signature', () => {
  const signed = (changes: Part, headerChanges: Part = {}) =>
    compact({ ...header, ...headerChanges }, { ...payload, ...changes }, keys.signer);

  it.each([
    ['no token_type', { token_type: undefined }, 'no_type'],
    ['another token_type', { token_type: 'sliding' }, 'wrong_type'],
    ['a token_type that is no text', { token_type: 1 }, 'wrong_type'],
    ['no jti', { jti: undefined }, 'no_id'],
    ['a jti that is no text', { jti: 7 }, 'no_id'],
    ['no sid', { sid: undefined }, 'invalid'],
    ['a sid that is null', { sid: null }, 'invalid'],
    ['a sid that is no text', { sid: 5 }, 'invalid'],
    ['no exp', { exp: undefined }, 'invalid'],
    ['an exp that is text', { exp: String(nowSeconds + 1800) }, 'invalid'],
    ['an exp that is null', { exp: null }, 'invalid'],
    ['nbf in the future', { nbf: nowSeconds + 1 }, 'invalid'],
    ['nbf that is text', { nbf: '0' }, 'invalid'],
    ['no iat', { iat: undefined }, 'invalid'],
    ['iat that is text', { iat: 'now' }, 'invalid'],
    ['iat that is null', { iat: null }, 'invalid'],
    ['iat more than 10 seconds ahead', { iat: nowSeconds + 11 }, 'invalid'],
    ['iat before all dates', { iat: -1e300 }, 'invalid'],
  ])('refuses %s', async (_, changes, reason) => {
    expect(await check(await signed(changes))).toEqual({ valid: false, reason });
  });

  it('refuses iat and exp that JSON can hold and no number can', async () => {
    const times = [`"iat":1e999,"exp":${nowSeconds + 60}`, `"iat":-1e999,"exp":${nowSeconds + 60}`];
    for (const time of [...times, `"iat":${nowSeconds},"exp":1e999`]) {
      const { iat: _, exp: __, ...rest } = payload;
      const text = `{${time},${JSON.stringify(rest).slice(1)}`;
      const token = await signedInput(`${encoded(header)}.${base64url.encode(text)}`, keys.signer);
      expect(await check(token)).toEqual(INVALID);
    }
  });

  it('accepts iat up to 10 seconds ahead', async () => {
    expect(await check(await signed({ iat: nowSeconds + 10 }))).toMatchObject({ valid: true });
  });

  it('accepts nbf that has come', async () => {
    expect(await check(await signed({ nbf: nowSeconds }))).toMatchObject({ valid: true });
  });

  it.each([['rt+jwt'], ['JWT'], ['AT+JWT'], ['application/at+jwt'], [undefined], [null], [['at+jwt']]])(
    'refuses typ %j in an access token',
    async (typ) => {
      expect(await check(await signed({}, { typ }))).toEqual(INVALID);
    },
  );

  it.each(['access', 'any'] as const)(
    'refuses a refresh token dressed as an access token (%s)',
    async (kind) => {
      const forms: [Part, Part][] = [
        [{ token_type: 'refresh' }, { typ: 'at+jwt' }],
        [{ token_type: 'access' }, { typ: 'rt+jwt' }],
      ];
      for (const [claims, head] of forms) {
        const token = await signed(claims, head);
        expect(await verifyToken(keys, POLICY, { token, kind, now: NOW })).toMatchObject({ valid: false });
      }
    },
  );

  it('refuses critical header members that it does not understand (RFC 7515 section 4.1.11)', async () => {
    expect(await check(await signed({}, { crit: ['exp'], exp: nowSeconds }))).toEqual(INVALID);
    expect(await check(await signed({}, { crit: ['b64'], b64: false }))).toEqual(INVALID);
  });

  it.each([['text'], [5], [null], [[1, 2]], [true]])('refuses a payload that is %j', async (claims) => {
    expect(await check(await compact(header, claims, keys.signer))).toEqual(INVALID);
  });
});

it.each([
  '',
  '.',
  '..',
  '...',
  'null',
  'not a token',
  'eyJhbGciOiJFUzI1NiJ9',
  'eyJhbGciOiJFUzI1NiJ9.e30',
  '!.!.!',
  'bnVsbA.bnVsbA.bnVsbA',
  'W10.e30.e30',
  'IjEi.e30.e30',
  'e30.e30.e30',
  'e30.e30.e30.e30.e30',
  '\u0000.\u0000.\u0000',
  'é.é.é',
  '🔑.🔑.🔑',
  'dsp_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefg2vUM9x',
  'a'.repeat(100_000),
  `${'{"a":'.repeat(1000)}.x.y`,
])('refuses what is no token, and does not throw: %j', async (text) => {
  expect(await check(text)).toEqual(INVALID);
});
