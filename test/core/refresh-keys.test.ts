import { base64url } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { publicKeysOf } from '../../src/core/public-keys.ts';
import { isRefreshKeySigning, refreshSigner } from '../../src/core/refresh-keys.ts';
import { keysFor, type SigningKeys } from '../../src/core/signing-keys.ts';
import { newJwk, parsedWith, problemWith, secretJwk, setOf, type TestJwk } from '../support/jwks.ts';
import { refreshKeyBytes, refreshKeyText } from '../support/refresh-secrets.ts';

let jwk: TestJwk;
beforeAll(async () => {
  jwk = await newJwk('ES256');
});

const keysWith = (...refresh: string[]): Promise<SigningKeys> => parsedWith([setOf(jwk)], refresh);
const problemOf = (...refresh: string[]): Promise<string> => problemWith([setOf(jwk)], refresh);
const material = (bytes: number): string => base64url.encode(crypto.getRandomValues(new Uint8Array(bytes)));
const at = (seconds: number): Date => new Date(seconds * 1000);

/** The kid of the key that signs refresh tokens at these seconds. */
const signersOf = (keys: SigningKeys, ...seconds: number[]): (string | undefined)[] =>
  seconds.map((second) => refreshSigner(keys, at(second)).kid);

describe('a refresh key', () => {
  it('is named after its secret, and imported so that nobody can read it', async () => {
    const { refreshKeys } = await keysWith(refreshKeyText(), refreshKeyText());
    expect(refreshKeys.map(({ key: { kid, alg, onlyRefresh } }) => [kid, alg, onlyRefresh])).toEqual([
      ['refresh', 'HS256', true],
      ['refresh-2', 'HS256', true],
    ]);
    for (const { key } of refreshKeys) {
      expect(key.signWith.extractable).toBe(false);
      await expect(crypto.subtle.exportKey('raw', key.signWith)).rejects.toThrow();
    }
  });

  it('is never among the keys of the sets, nor published', async () => {
    const keys = await keysWith(refreshKeyText(), refreshKeyText());
    expect(keys.all.map(({ alg }) => alg)).toEqual(['ES256']);
    expect(await publicKeysOf(keys)).toHaveLength(1);
    expect(JSON.stringify(await publicKeysOf(keys))).not.toMatch(/refresh|oct/);
  });

  it('is found by its own kid alone', async () => {
    const keys = await parsedWith([setOf(jwk, secretJwk({ interchange: true }))], [refreshKeyText()]);
    const [key] = keys.refreshKeys.map((each) => each.key);
    expect(keysFor(keys, { kid: 'refresh', alg: 'HS256' })).toEqual([key]);
    expect(keysFor(keys, { alg: 'HS256' })).toEqual([keys.all[1]]);
    for (const kid of [
      'refresh-2',
      'refresh-1',
      'refresh-01',
      'Refresh',
      'refresh ',
      '',
      null,
      ['refresh'],
    ]) {
      expect(keysFor(keys, { kid, alg: 'HS256' })).toEqual([]);
    }
  });

  it.each([32, 33, 34, 64, 100])('may have %i bytes', async (bytes) => {
    expect((await keysWith(`0.${material(bytes)}`)).refreshKeys).toHaveLength(1);
  });
});

describe('a refresh key that cannot be used', () => {
  const good = material(32);
  it.each([
    ['empty after the dot', '0.'],
    ['without an instant', `.${good}`],
    ['without a dot', good],
    ['with an instant of eleven digits', `12345678901.${good}`],
    ['with a negative instant', `-1.${good}`],
    ['with a sign', `+1.${good}`],
    ['with a fraction', `1.5.${good}`],
    ['with an exponent', `1e3.${good}`],
    ['with other digits', `١.${good}`],
    ['with an instant that is a date', `2030-01-01T00:00:00Z.${good}`],
    ['with padding', `0.${good}=`],
    ['in plain base64', `0.${'+/'.repeat(22)}`],
    ['with a blank', `0. ${good}`],
    ['with a line break', `0.${good.slice(0, 20)}\n${good.slice(20)}`],
    ['with spare bits', `0.${good.slice(0, -1)}${good.endsWith('B') ? 'C' : 'B'}`],
    ['of an impossible length', `0.${good}AA`],
    ['a JWK', JSON.stringify({ kty: 'oct', k: good })],
    ['no text', 'no text'],
  ])('is one %s', async (_, text) => {
    const problem = await problemOf(text);
    expect(problem).toBe('REFRESH_KEY is not <signs from, unix seconds>.<secret, base64url without padding>');
  });

  it.each([1, 16, 31])('is one of %i bytes', async (bytes) => {
    expect(await problemOf(refreshKeyText(), `0.${material(bytes)}`)).toBe(
      'REFRESH_KEY_2 is shorter than 32 bytes',
    );
  });

  it('is one whose secret signs something else as well, whatever HMAC makes the same key of', async () => {
    const bytes = refreshKeyBytes(refreshKeyText());
    const padded = new Uint8Array([...bytes, 0]);
    const long = crypto.getRandomValues(new Uint8Array(100));
    const hashed = new Uint8Array(await crypto.subtle.digest('SHA-256', long));
    for (const [one, other] of [
      [bytes, bytes],
      [bytes, padded],
      [padded, bytes],
      [long, hashed],
    ] as const) {
      const [first, second] = [refreshKeyText(0, one), refreshKeyText(5, other)];
      expect(await problemOf(first, second)).toBe('REFRESH_KEY_2 is also the secret of REFRESH_KEY');
      for (const members of [{ kid: 'a' }, { interchange: true }, { kid: 'b', interchange: true }]) {
        const secret = { kty: 'oct', k: base64url.encode(other), ...members };
        const sets = [setOf(jwk), setOf(secret)];
        expect(await problemWith(sets, [first])).toBe('REFRESH_KEY is also the secret of a key set');
      }
    }
  });

  it('is refused without a word of the material', async () => {
    const text = refreshKeyText();
    const secret = text.slice(2);
    const problems = [
      await problemOf(`${text}=`),
      await problemOf(text.slice(0, 30)),
      await problemOf(text, text),
      await problemWith([setOf(jwk, { kty: 'oct', k: secret, kid: 'a' })], [text]),
    ];
    for (const problem of problems) expect(problem).not.toContain(secret.slice(0, 8));
  });
});

it.each(['refresh', 'refresh-2', 'refresh-17', 'refresh-1'])(
  'no key of a set can have the kid %s',
  async (kid) => {
    const problem = 'key 1 of JWT_KEYS has a kid that only a refresh key can have';
    for (const key of [
      secretJwk({ kid }),
      secretJwk({ kid, interchange: true }),
      { ...(await newJwk('ES256')), kid },
    ]) {
      expect(await problemWith([setOf(jwk, key)], [])).toBe(problem);
    }
  },
);

describe('refresh tokens are signed', () => {
  it('by the first signing key, until the instant of a refresh key', async () => {
    const keys = await keysWith(refreshKeyText(1000));
    const { kid } = keys.signer;
    expect(signersOf(keys, 0, 999, 1000, 1001)).toEqual([kid, kid, 'refresh', 'refresh']);
    expect([999, 1000].map((second) => isRefreshKeySigning(keys, at(second)))).toEqual([false, true]);
    expect(signersOf(await keysWith(), 0)).toEqual([kid]);
    expect(isRefreshKeySigning(await keysWith(), at(1e9))).toBe(false);
  });

  it('by the key with the latest instant that has passed, whatever its number', async () => {
    const keys = await keysWith(refreshKeyText(2000), refreshKeyText(1000), refreshKeyText(3000));
    expect(signersOf(keys, 1000, 1999, 2000, 2999, 3000)).toEqual([
      'refresh-2',
      'refresh-2',
      'refresh',
      'refresh',
      'refresh-3',
    ]);
  });

  it('of two with the same instant, by the one with the higher number', async () => {
    const texts = Array.from({ length: 10 }, () => refreshKeyText(7));
    expect(signersOf(await keysWith(...texts), 7)).toEqual(['refresh-10']);
  });

  it('by the secret shared with another server, where that is the first signing key', async () => {
    const shared = secretJwk({ interchange: true, kid: 'origin' });
    const keys = await parsedWith([setOf(shared, jwk)], [refreshKeyText()]);
    expect(signersOf(keys, 1)).toEqual(['origin']);
    expect(isRefreshKeySigning(keys, at(1))).toBe(true);
    const behind = await parsedWith([setOf(jwk, shared)], [refreshKeyText()]);
    expect(signersOf(behind, 1)).toEqual(['refresh']);
  });
});
