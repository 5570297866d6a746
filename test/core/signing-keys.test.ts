import { base64url } from 'jose';
import { describe, expect, it } from 'vitest';
import { keysFor } from '../../src/core/signing-keys.ts';
import {
  newJwk,
  parsed,
  parsedSets,
  problemOf,
  publicPart,
  secretJwk,
  setOf,
  type TestJwk,
} from '../support/jwks.ts';

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

describe('several key sets', () => {
  it('sign with the first key that can, and verify with all', async () => {
    const [old, next, standby] = [await newJwk('ES256'), await newJwk('EdDSA'), await newJwk('ES256')];
    const keys = await parsedSets(setOf(publicPart(old)), setOf(next), setOf(standby));
    expect(keys.signer.kid).toBe(keys.all[1]?.kid);
    expect(keys.all.map(({ signWith }) => signWith !== undefined)).toEqual([false, true, true]);
    expect(keysFor(keys, { kid: await thumbprint(old) })).toEqual([keys.all[0]]);
  });

  it('name the secret and the key of it that cannot be used', async () => {
    const good = setOf(await newJwk('ES256'));
    expect(await problemOf(good, '{}')).toBe('JWT_KEYS_2 is not a JWK set: {"keys": [...]}');
    expect(await problemOf(good, good.replace('}]', '},{}]'))).toMatch(/^key 1 of JWT_KEYS_2 is of no supp/);
  });

  it('hold no key twice, so that its kid says which one is meant', async () => {
    const jwk = await newJwk('ES256');
    const problem = 'key 0 of JWT_KEYS and key 0 of JWT_KEYS_3 have one kid';
    expect(await problemOf(setOf(jwk), setOf(RFC_8037), setOf(publicPart(jwk)))).toBe(problem);
  });

  it('are needed: one at least', async () => {
    expect(await problemOf()).toBe('JWT_KEYS is not set');
  });
});

describe('the key of stored digests', () => {
  const digestWith = async (...texts: string[]): Promise<string> => {
    const { digestKey } = await parsedSets(...texts);
    const digest = await crypto.subtle.sign('HMAC', digestKey, new TextEncoder().encode('name'));
    return base64url.encode(new Uint8Array(digest));
  };

  it('changes with the signer alone: not with a standby that comes, nor with a public part that goes', async () => {
    const [first, second] = [await newJwk('ES256'), await newJwk('ES256')];
    const before = await digestWith(setOf(first));
    expect(await digestWith(setOf(first), setOf(second))).toBe(before);
    const after = await digestWith(setOf(publicPart(first)), setOf(second));
    expect(after).not.toBe(before);
    expect(await digestWith(setOf(second))).toBe(after);
  });

  it('is another for another secret that signs', async () => {
    const digests = [secretJwk({ kid: 'a' }), secretJwk({ kid: 'a' })].map((jwk) => digestWith(setOf(jwk)));
    expect(new Set(await Promise.all(digests)).size).toBe(2);
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
    ['no JSON', '{"keys": [', /^JWT_KEYS is not a JWK set/],
    ['a bare array', '[]', /^JWT_KEYS is not a JWK set/],
    ['null', 'null', /^JWT_KEYS is not a JWK set/],
    ['a number', '5', /^JWT_KEYS is not a JWK set/],
    ['without keys', '{}', /^JWT_KEYS is not a JWK set/],
    ['with no keys in it', '{"keys": []}', /^JWT_KEYS is not a JWK set/],
    ['with keys that are no list', '{"keys": {"0": {}}}', /^JWT_KEYS is not a JWK set/],
    ['a single JWK', JSON.stringify(RFC_8037), /^JWT_KEYS is not a JWK set/],
    ['with a key that is null', '{"keys": [null]}', /key 0 of JWT_KEYS is not an object/],
    ['with a key that is text', '{"keys": ["x"]}', /key 0 of JWT_KEYS is not an object/],
    ['with a key of no type', '{"keys": [{}]}', /key 0 of JWT_KEYS is of no supported kind/],
  ])('is %s', async (_, text, problem) => {
    expect(await problemOf(text)).toMatch(problem);
  });

  const bad: [string, () => Promise<unknown[]>, RegExp][] = [
    ['an RSA key', async () => [await newJwk('RS256')], /key 0 .*no supported kind/],
    ['a P-384 key', async () => [await newJwk('ES384')], /key 0 .*no supported kind/],
    [
      'public keys alone',
      async () => [publicPart(await newJwk('ES256')), publicPart(await newJwk('EdDSA'))],
      /no key has a private part/,
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
    [
      'one key twice',
      async () => [RFC_8037, publicPart(RFC_8037)],
      /^key 0 of JWT_KEYS and key 1 of JWT_KEYS have one kid$/,
    ],
    [
      'two keys of one kid',
      async () => [{ ...RFC_8037, kid: 'a' }, secretJwk({ kid: 'a' })],
      /^key 0 of JWT_KEYS and key 1 of JWT_KEYS have one kid$/,
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
