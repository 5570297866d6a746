import { describe, expect, it } from 'vitest';
import { digestOf, generateKey, isWellFormedKey, previewOf, touchOf } from '../../src/core/api-keys.ts';
import { Secret } from '../../src/core/secrets.ts';
import { servicesOf } from '../../src/services.ts';
import { env } from '../support/env.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Checksum by Node's zlib: crc32 of the 43 characters, in base 62. */
const KNOWN = 'dsp_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefg2vUM9x';

describe('generateKey', () => {
  it('makes dsp_, 43 and 6 base62 characters, without a dot', () => {
    for (let i = 0; i < 200; i++) {
      expect(generateKey().reveal()).toMatch(/^dsp_[0-9A-Za-z]{49}$/);
    }
  });

  it('makes keys that are well formed and never the same twice', () => {
    const keys = Array.from({ length: 200 }, () => generateKey().reveal());
    expect(keys.filter((key) => !isWellFormedKey(key))).toEqual([]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('spends its 256 bits over all 43 characters', () => {
    const keys = Array.from({ length: 400 }, () => generateKey().reveal().slice(4, 47));
    // The first holds what is left of 256 bits above 42 characters: 62^43 / 2^256 leaves nearly all of them.
    for (let position = 0; position < 43; position++) {
      expect(new Set(keys.map((key) => key.charAt(position))).size).toBeGreaterThan(40);
    }
  });

  it('hands the key over as a Secret', () => {
    const key = generateKey();
    expect(key).toBeInstanceOf(Secret);
    expect(JSON.stringify({ key })).toBe('{"key":"[secret]"}');
  });
});

describe('isWellFormedKey', () => {
  it.each([
    KNOWN,
    'dsp_00000000000000000000000000000000000000000002CZclj',
    // The checksum is padded with a zero.
    'dsp_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz0UsatS',
    `dsp_${'109'.padStart(43, '0')}00O43I`,
  ])('accepts %s, whose checksum another implementation computed', (key) => {
    expect(isWellFormedKey(key)).toBe(true);
  });

  it('refuses every typing error of one character', () => {
    const missed: string[] = [];
    for (let position = 0; position < KNOWN.length; position++) {
      for (const character of ALPHABET) {
        if (character === KNOWN.charAt(position)) continue;
        const typo = KNOWN.slice(0, position) + character + KNOWN.slice(position + 1);
        if (isWellFormedKey(typo)) missed.push(typo);
      }
    }
    expect(missed).toEqual([]);
  });

  it('refuses every swap of two neighbours', () => {
    const missed: string[] = [];
    for (let i = 0; i < KNOWN.length - 1; i++) {
      const swapped = KNOWN.slice(0, i) + KNOWN.charAt(i + 1) + KNOWN.charAt(i) + KNOWN.slice(i + 2);
      if (swapped !== KNOWN && isWellFormedKey(swapped)) missed.push(swapped);
    }
    expect(missed).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['the prefix alone', 'dsp_'],
    ['one character missing', KNOWN.slice(0, -1)],
    ['one character too many', `${KNOWN}0`],
    ['another prefix', KNOWN.replace('dsp_', 'dps_')],
    ['no prefix', KNOWN.slice(4)],
    ['an upper-case prefix', KNOWN.replace('dsp_', 'DSP_')],
    ['a leading blank', ` ${KNOWN}`],
    ['a trailing newline', `${KNOWN}\n`],
    ['a second line', `${KNOWN}\n${KNOWN}`],
    ['a dot', `${KNOWN.slice(0, 20)}.${KNOWN.slice(21)}`],
    ['a letter outside ASCII', `${KNOWN.slice(0, 20)}é${KNOWN.slice(21)}`],
    ['a full-width digit', `${KNOWN.slice(0, -1)}１`],
    ['lower case throughout', KNOWN.toLowerCase()],
    ['a token', 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln'],
  ])('refuses %s', (_, text) => {
    expect(isWellFormedKey(text)).toBe(false);
  });
});

describe('what is kept of a key', () => {
  it('is a preview of eight characters beside the prefix', () => {
    expect(previewOf(KNOWN)).toBe('dsp_AbCd...UM9x');
    expect(previewOf(generateKey().reveal())).toMatch(/^dsp_[0-9A-Za-z]{4}\.\.\.[0-9A-Za-z]{4}$/);
  });

  it('is the SHA-256 digest in hexadecimal', async () => {
    const zeros = `dsp_${'0'.repeat(43)}`;
    expect(await digestOf(zeros)).toBe('7852afb7ee948c40c96a283392d50264e0e50cada66ad593305a68232b41df49');
  });
});

describe('touchOf', () => {
  const now = new Date('2030-01-01T00:05:00.000Z');
  it.each([
    ['never', null, true],
    ['five minutes ago', new Date('2030-01-01T00:00:00.000Z'), true],
    ['a millisecond less than five minutes ago', new Date('2030-01-01T00:00:00.001Z'), false],
    ['just now', now, false],
    ['in the future, by another clock', new Date('2030-01-01T00:06:00.000Z'), false],
  ])('judges a key last used %s', (_, lastUsedAt, due) => {
    const proof = { kind: 'api_key' as const, keyId: 1, keyName: '', lastUsedAt };
    expect(touchOf(servicesOf(env), { proof, now }) !== null).toBe(due);
  });
});
