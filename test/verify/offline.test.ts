import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccountsBinding } from '../../src/verify/caller.ts';
import { createVerifier } from '../../src/verify/verifier.ts';
import { spellingsOf } from '../support/spellings.ts';
import {
  type JwksEndpoint,
  newSigner,
  nowInSeconds,
  type Signer,
  serveJwks,
  tokenBy,
} from './support/issuer.ts';

let signer: Signer;
let endpoint: JwksEndpoint;

beforeEach(async () => {
  signer = await newSigner();
  endpoint = await serveJwks(signer);
});

afterEach(async () => {
  vi.useRealTimers();
  await endpoint.close();
});

const verifier = (options: { issuer?: string; audience?: string } = {}) =>
  createVerifier({ jwks: endpoint.url, ...options });
const verify = (given: string) => verifier().verify(given);
const refused = (reason: string) => ({ valid: false, reason });
const base64url = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

describe('an access token that is good', () => {
  it('tells the user and its end, and that nothing else is known', async () => {
    const exp = nowInSeconds() + 60;
    const expected = {
      valid: true,
      userId: 7,
      username: null,
      level: null,
      permissions: null,
      provenBy: 'session',
      expiresAt: new Date(exp * 1000),
    };
    const token = await tokenBy(signer, { exp });
    expect(await verify(token)).toEqual(expected);
    const headers = { Authorization: `Bearer ${token}` };
    for (const given of [headers, new Headers(headers)])
      expect(await verifier().verify(given)).toEqual(expected);
  });

  it('may be signed with EdDSA too', async () => {
    const other = await newSigner('EdDSA');
    endpoint.answer([signer, other]);
    expect(await verify(await tokenBy(other))).toMatchObject({ valid: true, userId: 7 });
  });

  it('is judged by keys that were given, without a request', async () => {
    const local = createVerifier({ jwks: { keys: [signer.publicJwk] } });
    expect(await local.verify(await tokenBy(signer))).toMatchObject({ valid: true, userId: 7 });
    expect(endpoint.asked()).toBe(0);
  });

  it('asks for the keys once', async () => {
    const { verify: judge } = verifier();
    for (let i = 0; i < 3; i++) expect(await judge(await tokenBy(signer))).toMatchObject({ valid: true });
    expect(endpoint.asked()).toBe(1);
  });
});

describe('is refused:', () => {
  const bad: [string, string, () => Promise<string>][] = [
    [
      'a refresh token',
      'token_wrong_type',
      () => tokenBy(signer, { token_type: 'refresh' }, { typ: 'rt+jwt' }),
    ],
    [
      'a refresh token under the other typ',
      'token_wrong_type',
      () => tokenBy(signer, { token_type: 'refresh' }),
    ],
    ['an access token under the other typ', 'token_invalid', () => tokenBy(signer, {}, { typ: 'rt+jwt' })],
    ['one without a typ', 'token_invalid', () => tokenBy(signer, {}, { typ: undefined })],
    ['a plain JWT', 'token_invalid', () => tokenBy(signer, {}, { typ: 'JWT' })],
    ['one without a type', 'token_invalid', () => tokenBy(signer, { token_type: undefined })],
    ['one of another type', 'token_wrong_type', () => tokenBy(signer, { token_type: 'sliding' })],
    ['one without a session', 'token_invalid', () => tokenBy(signer, { sid: undefined })],
    ['one without an id', 'token_invalid', () => tokenBy(signer, { jti: undefined })],
    ['one without a user', 'token_invalid', () => tokenBy(signer, { user_id: undefined })],
    ['one whose user is a number', 'token_invalid', () => tokenBy(signer, { user_id: 7 })],
    ['one of user 0', 'token_invalid', () => tokenBy(signer, { user_id: '0' })],
    ['one of no user', 'token_invalid', () => tokenBy(signer, { user_id: '7e1' })],
    ['one that has expired', 'token_expired', () => tokenBy(signer, { exp: nowInSeconds() - 1 })],
    ['one that never expires', 'token_invalid', () => tokenBy(signer, { exp: undefined })],
    ['one that ends beyond all dates', 'token_invalid', () => tokenBy(signer, { exp: 9e15 })],
    ['one that is not yet good', 'token_invalid', () => tokenBy(signer, { nbf: nowInSeconds() + 60 })],
    ['one that does not tell its age', 'token_invalid', () => tokenBy(signer, { iat: undefined })],
    [
      'one that is to last longer than a day',
      'token_invalid',
      () => tokenBy(signer, { iat: nowInSeconds(), exp: nowInSeconds() + 86_401 }),
    ],
    ['one that is to last since ever', 'token_invalid', () => tokenBy(signer, { iat: -1e300 })],
    ['one from the future', 'token_invalid', () => tokenBy(signer, { iat: nowInSeconds() + 120 })],
    ['one with an unknown kid', 'token_invalid', () => tokenBy(signer, {}, { kid: 'another' })],
    ['one without a kid', 'token_invalid', () => tokenBy(signer, {}, { kid: undefined })],
    [
      'one by another key under our kid',
      'token_invalid',
      async () => tokenBy({ ...(await newSigner()), kid: signer.kid }),
    ],
    [
      'one by EdDSA under a kid of ES256',
      'token_invalid',
      async () => tokenBy({ ...(await newSigner('EdDSA')), kid: signer.kid }),
    ],
    ['garbage', 'token_invalid', async () => 'garbage'],
    ['three parts of garbage', 'token_invalid', async () => 'a.b.c'],
    ['an API key', 'key_needs_binding', async () => 'dsp_x'],
    ['nothing', 'not_provided', async () => ''],
    ['what is larger than any token', 'malformed', async () => 'x'.repeat(1 << 20)],
  ];

  it.each(bad)('%s (%s)', async (_, reason, make) => {
    expect(await verify(await make())).toEqual(refused(reason));
  });

  it('one that is changed, in whichever part', async () => {
    const [header = '', payload = '', signature = ''] = (await tokenBy(signer)).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const forged = base64url({ ...claims, user_id: '1' });
    const other = (await tokenBy(signer, { user_id: '1' })).split('.')[2];
    for (const parts of [
      [header, forged, signature],
      [header, payload, other],
      [header, payload, ''],
    ]) {
      expect(await verify(parts.join('.'))).toEqual(refused('token_invalid'));
    }
  });

  it('another spelling of it, in whichever part, before any key is asked for', async () => {
    for (const [what, token] of spellingsOf(await tokenBy(signer)))
      expect([what, await verify(token)]).toEqual([what, refused('token_invalid')]);
    expect(endpoint.asked()).toBe(0);
  });

  it.each(['refresh', 'refresh-2', 'refresh-17'])(
    'a refresh token by its kid (%s), before any key is asked for',
    async (kid) => {
      const [, payload = '', signature] = (await tokenBy(signer)).split('.');
      for (const header of [
        { alg: 'HS256', typ: 'rt+jwt' },
        { alg: 'ES256', typ: 'at+jwt' },
        { alg: 'none' },
        {},
      ]) {
        const token = `${base64url({ ...header, kid })}.${payload}.${signature}`;
        expect(await verify(token)).toEqual(refused('token_wrong_type'));
        expect(await verify(`${token}=`)).toEqual(refused('token_invalid'));
      }
      expect(endpoint.asked()).toBe(0);
    },
  );

  it('a refresh token by its kid, whatever key the set has under it', async () => {
    const keys = [{ ...signer.publicJwk, kid: 'refresh' }];
    const token = await tokenBy({ ...signer, kid: 'refresh' });
    expect(await createVerifier({ jwks: { keys } }).verify(token)).toEqual(refused('token_wrong_type'));
  });

  it.each([
    'Refresh',
    'refresh-',
    'refresh-x',
    'xrefresh',
    ' refresh',
    ['refresh'],
    { kid: 'refresh' },
    null,
  ])('a token with the kid %j, as any that nobody knows', async (kid) => {
    const token = await tokenBy(signer, {}, { kid });
    expect(await verify(token)).toEqual(refused('token_invalid'));
  });

  it.each(['[]', '"refresh"', 'null', 'kid', '{"kid":"refresh"'])(
    'a header that is %s, before any key is asked for',
    async (text) => {
      const [, payload, signature] = (await tokenBy(signer)).split('.');
      const header = Buffer.from(text).toString('base64url');
      expect(await verify(`${header}.${payload}.${signature}`)).toEqual(refused('token_invalid'));
      expect(endpoint.asked()).toBe(0);
    },
  );

  it('`none` and HS256 with the public key as its secret, before any key is asked for', async () => {
    const [, payload = ''] = (await tokenBy(signer)).split('.');
    const unsigned = { alg: 'none', kid: signer.kid, typ: 'at+jwt' };
    const secret = Buffer.from(JSON.stringify(signer.publicJwk));
    const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, [
      'sign',
    ]);
    const input = `${base64url({ ...unsigned, alg: 'HS256' })}.${payload}`;
    const mac = Buffer.from(await crypto.subtle.sign('HMAC', key, Buffer.from(input))).toString('base64url');
    for (const token of [`${base64url(unsigned)}.${payload}.`, `${input}.${mac}`]) {
      expect(await verify(token)).toEqual(refused('token_invalid'));
    }
    expect(endpoint.asked()).toBe(0);
  });

  it('HS256, also where the set holds a secret', async () => {
    const k = Buffer.alloc(32, 1).toString('base64url');
    const jwks = { keys: [{ kty: 'oct', k, kid: 'secret', alg: 'HS256' }] };
    const key = await crypto.subtle.importKey(
      'raw',
      Buffer.alloc(32, 1),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    );
    const token = await tokenBy({ ...signer, kid: 'secret', alg: 'HS256' as 'ES256', privateKey: key });
    expect(await createVerifier({ jwks }).verify(token)).toEqual(refused('token_invalid'));
  });
});

describe('issuer and audience', () => {
  const OURS = { iss: 'https://accounts.example', aud: 'shop' };
  it.each([
    ['both right', OURS, true],
    ['no issuer', { ...OURS, iss: undefined }, false],
    ['another issuer', { ...OURS, iss: 'https://accounts.example/' }, false],
    ['no audience', { ...OURS, aud: undefined }, false],
    ['another audience', { ...OURS, aud: 'shop2' }, false],
  ])('are required where given: %s', async (_, claims, isGood) => {
    const judged = await verifier({ issuer: OURS.iss, audience: OURS.aud }).verify(
      await tokenBy(signer, claims),
    );
    expect(judged).toMatchObject(isGood ? { valid: true } : refused('token_invalid'));
  });

  it('are not looked at where not given', async () => {
    expect(await verify(await tokenBy(signer, OURS))).toMatchObject({ valid: true });
  });
});

describe('when the keys change', () => {
  it('a new one is found at its first token, half a minute after the last look at the earliest', async () => {
    const next = await newSigner();
    const { verify: judge } = verifier();
    await judge(await tokenBy(signer));
    endpoint.answer([next, signer]);
    expect(await judge(await tokenBy(next))).toEqual(refused('token_invalid'));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 });
    expect(await judge(await tokenBy(next))).toMatchObject({ valid: true });
    expect(await judge(await tokenBy(signer))).toMatchObject({ valid: true });
    expect(endpoint.asked()).toBe(2);
  });

  it('made-up kids cause no more than one request in half a minute', async () => {
    const { verify: judge } = verifier();
    for (let i = 0; i < 20; i++) await judge(await tokenBy(signer, {}, { kid: `made-up-${i}` }));
    expect(endpoint.asked()).toBe(1);
  });

  it('parallel made-up kids share one request, and so do parallel tokens before there are any keys', async () => {
    const { verify: judge } = verifier();
    const parallel = async (make: (index: number) => Promise<string>) =>
      Promise.all(Array.from({ length: 50 }, async (_, i) => judge(await make(i))));
    const [token, makeUp] = [
      await tokenBy(signer),
      (i: number) => tokenBy(signer, {}, { kid: `made-up-${i}` }),
    ];
    for (const verdict of await parallel(async () => token)) expect(verdict).toMatchObject({ valid: true });
    expect(endpoint.asked()).toBe(1);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 });
    for (const verdict of await parallel(makeUp)) expect(verdict).toEqual(refused('token_invalid'));
    expect(endpoint.asked()).toBe(2);
  });

  it('and one is found by all that wait for it', async () => {
    const next = await newSigner();
    const { verify: judge } = verifier();
    await judge(await tokenBy(signer));
    endpoint.answer([next, signer]);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 });
    const token = await tokenBy(next);
    for (const verdict of await Promise.all(Array.from({ length: 20 }, () => judge(token))))
      expect(verdict).toMatchObject({ valid: true });
    expect(endpoint.asked()).toBe(2);
  });

  it('one that is gone is forgotten after ten minutes', async () => {
    const next = await newSigner();
    const { verify: judge } = verifier();
    await judge(await tokenBy(signer));
    endpoint.answer([next]);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 601_000 });
    expect(await judge(await tokenBy(signer))).toEqual(refused('token_invalid'));
  });
});

describe('keys that cannot be had are `unavailable`, and say nothing of the token:', () => {
  it.each([
    [503, '{"keys":[]}'],
    [404, '{}'],
    [302, ''],
    [200, '<html>'],
    [200, '{}'],
    [200, '{"keys":7}'],
    [200, 'null'],
  ])('%i %s', async (status, text) => {
    endpoint.answer({ status, text });
    expect(await verify(await tokenBy(signer))).toEqual(refused('unavailable'));
  });

  it('a key that cannot be imported', async () => {
    endpoint.answer([{ ...signer, publicJwk: { ...signer.publicJwk, y: 'AA' } }]);
    expect(await verify(await tokenBy(signer))).toEqual(refused('unavailable'));
  });

  it('nobody at the address, until there is, which is tried once in half a minute', async () => {
    const { verify: judge } = verifier();
    endpoint.answer({ status: 500, text: '' });
    for (let i = 0; i < 50; i++) expect(await judge(await tokenBy(signer))).toEqual(refused('unavailable'));
    expect(endpoint.asked()).toBe(1);
    endpoint.answer([signer]);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 });
    expect(await judge(await tokenBy(signer))).toMatchObject({ valid: true });
    const nowhere = createVerifier({ jwks: 'http://127.0.0.1:1/jwks.json' });
    expect(await nowhere.verify(await tokenBy(signer))).toEqual(refused('unavailable'));
    expect(await nowhere.verify('garbage')).toEqual(refused('token_invalid'));
  });
});

const nobody = async () => ({ valid: false, reason: 'not_provided' }) as const;
const BINDING: AccountsBinding = { authenticate: nobody, verify: nobody };

describe('while the keys can be fetched no more', () => {
  const pass = (seconds: number) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });
  };
  const FAILURES = [
    { status: 503, text: '' },
    { status: 200, text: '<html>' },
  ];

  it.each(FAILURES)(
    'the last ones are good for an hour, and tried for once in half a minute (%o)',
    async (failure) => {
      const { verify: judge } = verifier();
      await judge(await tokenBy(signer));
      endpoint.answer(failure);
      pass(601);
      for (let i = 0; i < 20; i++) expect(await judge(await tokenBy(signer))).toMatchObject({ valid: true });
      expect(endpoint.asked()).toBe(2);
      pass(31);
      expect(await judge(await tokenBy(signer))).toMatchObject({ valid: true });
      expect(endpoint.asked()).toBe(3);
      pass(2960);
      expect(await judge(await tokenBy(signer))).toMatchObject({ valid: true });
      pass(10);
      expect(await judge(await tokenBy(signer))).toEqual(refused('unavailable'));
    },
  );

  it('what they do not know may be a new key: `unavailable`', async () => {
    const { verify: judge } = verifier();
    await judge(await tokenBy(signer));
    endpoint.answer({ status: 503, text: '' });
    pass(31);
    for (let i = 0; i < 20; i++)
      expect(await judge(await tokenBy(signer, {}, { kid: `made-up-${i}` }))).toEqual(refused('unavailable'));
    expect(await judge(await tokenBy(signer))).toMatchObject({ valid: true });
    expect(endpoint.asked()).toBe(2);
  });

  it('the first set that comes again takes their place', async () => {
    const next = await newSigner();
    const { verify: judge } = verifier();
    await judge(await tokenBy(signer));
    endpoint.answer({ status: 503, text: '' });
    pass(601);
    expect(await judge(await tokenBy(signer))).toMatchObject({ valid: true });
    endpoint.answer([next]);
    pass(31);
    expect(await judge(await tokenBy(signer))).toEqual(refused('token_invalid'));
    expect(await judge(await tokenBy(next))).toMatchObject({ valid: true });
    expect(endpoint.asked()).toBe(3);
  });
});

describe('createVerifier chooses by what is there:', () => {
  it('the keys, beside a binding that is not', async () => {
    const jwks = { keys: [signer.publicJwk] };
    for (const binding of [undefined, null]) {
      const chosen = createVerifier({ binding, jwks });
      expect([chosen.kind, await chosen.verify(await tokenBy(signer))]).toMatchObject([
        'jwks',
        { valid: true, userId: 7 },
      ]);
    }
  });

  it('the binding, beside keys that are not', async () => {
    const chosen = createVerifier({ binding: BINDING, jwks: undefined });
    expect([chosen.kind, await chosen.verify('x')]).toEqual([
      'binding',
      { valid: false, reason: 'not_provided' },
    ]);
  });
});

describe('createVerifier refuses at once what can never work:', () => {
  it.each<[string, object]>([
    ['nothing', {}],
    ['a binding that is not there', { binding: undefined }],
    ['keys that are not there', { jwks: undefined }],
    ['neither of them', { binding: null, jwks: undefined }],
    ['a binding and keys', { binding: BINDING, jwks: { keys: [] } }],
    ['a binding that is a text', { binding: 'ACCOUNTS' }],
    ['a binding that is a variable', { binding: { JWKS_URL: 'x' } }],
    ['half a binding', { binding: { verify: BINDING.verify } }],
    ['a binding of another kind beside keys', { binding: {}, jwks: { keys: [] } }],
    ['an address that is none', { jwks: 'jwks.json' }],
    ['a set that is none', { jwks: { keys: 7 } }],
  ])('%s', (_, options) => {
    expect(() => createVerifier(options as Parameters<typeof createVerifier>[0])).toThrow();
  });
});
