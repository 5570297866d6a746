import { base64url } from 'jose';
import { describe, expect, it } from 'vitest';
import { keysFor } from '../../src/core/signing-keys.ts';
import { newJwk, parsed, problemOf, publicPart, secretJwk, setOf, type TestJwk } from '../support/jwks.ts';

/** RFC 8037 appendix A.1, and its thumbprint in A.3. */
const RFC_8037: TestJwk = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsERJxWl7MmkZcDusAxyuf2A0',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
};
const RFC_8037_THUMBPRINT = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k';

async function thumbprint({ crv, kty, x, y }: TestJwk): Promise<string> {
  const canonical = `{"crv":"${crv}","kty":"${kty}","x":"${x}","y":"${y}"}`;
  return base64url.encode(
    new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonical))),
  );
}

describe('a key set', () => {
  it('signs with its first key and verifies with all', async () => {
    const [es, ed] = [await newJwk('ES256'), await newJwk('EdDSA')];
    const keys = await parsed(es, ed, secretJwk({ kid: 'shared' }), publicPart(await newJwk('ES256')));
    expect(keys.all.map(({ alg }) => alg)).toEqual(['ES256', 'EdDSA', 'HS256', 'ES256']);
    expect(keys.all.map(({ signWith }) => signWith !== undefined)).toEqual([true, true, true, false]);
    expect(keys.signer.kid).toBe(await thumbprint(es));
    expect((await parsed(ed, es)).signer.alg).toBe('EdDSA');
  });

  it('names its keys by the RFC 7638 thumbprint: the example of RFC 8037', async () => {
    const { signer } = await parsed(RFC_8037);
    expect(signer).toMatchObject({ kid: RFC_8037_THUMBPRINT, alg: 'EdDSA', interchange: false });
  });

  it('names a key by the kid that it was given, and one and the same public or private', async () => {
    const es = await newJwk('ES256');
    expect((await parsed({ ...es, kid: 'mine' })).signer.kid).toBe('mine');
    const { all } = await parsed(RFC_8037, publicPart(es));
    expect(all[1]?.kid).toBe(await thumbprint(es));
  });

  it('imports public and private halves that belong together, whatever uses the JWK allows', async () => {
    const es = { ...(await newJwk('ES256')), use: 'sig', key_ops: ['sign'], alg: 'ES256' };
    const { signer } = await parsed(es);
    const data = new TextEncoder().encode('data');
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
    const signature = await crypto.subtle.sign(algorithm, signer.signWith, data);
    expect(await crypto.subtle.verify(algorithm, signer.verifyWith, signature, data)).toBe(true);
    expect(signer.signWith.extractable).toBe(false);
  });

  it('gives a shared secret no name of its own, since its thumbprint would let it be guessed', async () => {
    const { all } = await parsed(RFC_8037, secretJwk({ interchange: true }));
    expect(all[1]).toMatchObject({ kid: undefined, alg: 'HS256', interchange: true });
  });

  it.each([['true'], [1], ['yes'], [null], [{}]])(
    'takes a secret for an interchange key only if it is marked true: not %j',
    async (interchange) => {
      const { all } = await parsed(RFC_8037, secretJwk({ kid: 'shared', interchange }));
      expect(all[1]?.interchange).toBe(false);
      expect(await problemOf(setOf(RFC_8037, secretJwk({ interchange })))).toContain('without a kid');
    },
  );

  it('takes no asymmetric key for an interchange key', async () => {
    const { signer } = await parsed({ ...(await newJwk('ES256')), interchange: true });
    expect(signer.interchange).toBe(false);
  });
});

describe('keysFor', () => {
  it('finds a key by kid alone, and one without kid only among interchange keys of that algorithm', async () => {
    const es = { ...(await newJwk('ES256')), kid: 'es' };
    const keys = await parsed(es, secretJwk({ kid: 'named' }), secretJwk({ interchange: true }));
    const [first, named, shared] = keys.all;
    expect(keysFor(keys, { kid: 'es', alg: 'none' })).toEqual([first]);
    expect(keysFor(keys, { kid: 'named' })).toEqual([named]);
    expect(keysFor(keys, { alg: 'HS256' })).toEqual([shared]);
    for (const header of [
      { kid: 'unknown', alg: 'ES256' },
      { kid: '', alg: 'HS256' },
      { kid: null, alg: 'HS256' },
      { kid: ['es'], alg: 'ES256' },
      { alg: 'ES256' },
      { alg: 'none' },
      {},
    ]) {
      expect(keysFor(keys, header)).toEqual([]);
    }
  });

  it('finds an interchange key that has a kid also without it, since its issuer may write none', async () => {
    const keys = await parsed(RFC_8037, secretJwk({ kid: 'origin', interchange: true }));
    expect(keysFor(keys, { alg: 'HS256' })).toEqual([keys.all[1]]);
    expect(keysFor(keys, { alg: 'HS256', kid: 'origin' })).toEqual([keys.all[1]]);
    expect(keysFor(keys, { alg: 'HS256', kid: 'other' })).toEqual([]);
  });

  it('finds both secrets of another issuer while one replaces the other', async () => {
    const keys = await parsed(RFC_8037, secretJwk({ interchange: true }), secretJwk({ interchange: true }));
    expect(keysFor(keys, { alg: 'HS256' })).toEqual(keys.all.slice(1));
  });
});

describe('a key set that cannot be used', () => {
  it.each([
    ['missing', undefined, /not set/],
    ['empty', '', /not set/],
    ['blank', ' \n', /not set/],
    ['no JSON', '{"keys": [', /not a JWK set/],
    ['a bare array', '[]', /not a JWK set/],
    ['null', 'null', /not a JWK set/],
    ['a number', '5', /not a JWK set/],
    ['without keys', '{}', /not a JWK set/],
    ['with no keys in it', '{"keys": []}', /not a JWK set/],
    ['with keys that are no list', '{"keys": {"0": {}}}', /not a JWK set/],
    ['a single JWK', JSON.stringify(RFC_8037), /not a JWK set/],
    ['with a key that is null', '{"keys": [null]}', /key 0 of the set is not an object/],
    ['with a key that is text', '{"keys": ["x"]}', /key 0 of the set is not an object/],
    ['with a key of no type', '{"keys": [{}]}', /key 0 of the set is of no supported kind/],
  ])('is %s', async (_, text, problem) => {
    expect(await problemOf(text)).toMatch(problem);
  });

  const bad: [string, () => Promise<unknown[]>, RegExp][] = [
    ['an RSA key', async () => [await newJwk('RS256')], /key 0 .*no supported kind/],
    ['a P-384 key', async () => [await newJwk('ES384')], /key 0 .*no supported kind/],
    [
      'a public key first',
      async () => [publicPart(await newJwk('ES256')), await newJwk('ES256')],
      /first key is not a private key/,
    ],
    ['a secret without kid', async () => [RFC_8037, secretJwk()], /key 1 .*without a kid/],
    ['a secret of 31 bytes', async () => [secretJwk({ kid: 'a' }, 31)], /key 0 .*shorter than 32 bytes/],
    [
      'an interchange secret of 31 bytes',
      async () => [RFC_8037, secretJwk({ interchange: true }, 31)],
      /key 1 .*shorter than 32 bytes/,
    ],
    ['an empty secret', async () => [secretJwk({ kid: 'a', k: '' })], /shorter than 32 bytes/],
    ['no secret at all', async () => [{ kty: 'oct', kid: 'a' }], /shorter than 32 bytes/],
    ['one key twice', async () => [RFC_8037, publicPart(RFC_8037)], /two of its keys have one kid/],
    [
      'two keys of one kid',
      async () => [{ ...RFC_8037, kid: 'a' }, secretJwk({ kid: 'a' })],
      /two of its keys have one kid/,
    ],
    ['a point off the curve', async () => [{ ...(await newJwk('ES256')), x: 'AAAA' }], /cannot be imported/],
    ['a private part of the wrong length', async () => [{ ...RFC_8037, d: 'c2hvcnQ' }], /cannot be imported/],
    [
      'an EC key without coordinates',
      async () => [{ kty: 'EC', crv: 'P-256', d: 'AAAA' }],
      /cannot be imported/,
    ],
  ];

  it.each(bad)('has %s, and says so without a word of the material', async (_, keys, problem) => {
    const set = await keys();
    const text = await problemOf(setOf(...set));
    expect(text).toMatch(problem);
    for (const jwk of set) {
      const { d, k, x, y, n, p } = jwk as TestJwk;
      for (const material of [d, k, x, y, n, p]) {
        if (material) expect(text).not.toContain(material.slice(0, 8));
      }
    }
  });

  it('has a secret of exactly 32 bytes: that is enough', async () => {
    expect((await parsed(secretJwk({ kid: 'a' }, 32))).signer.alg).toBe('HS256');
  });

  it('counts bytes of a secret, not its padding or other characters', async () => {
    const k = `${base64url.encode(new Uint8Array(20))}${'='.repeat(30)}`;
    await expect(problemOf(setOf(secretJwk({ kid: 'a', k })))).resolves.toMatch(/shorter|imported/);
  });

  it.each([[5], [['a']], [{}]])(
    'has a kid that is no text, so that no token could name the key: %j',
    async (kid) => {
      await expect(problemOf(setOf({ ...RFC_8037, kid }))).resolves.toMatch(/key 0/);
    },
  );
});
