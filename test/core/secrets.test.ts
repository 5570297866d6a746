import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  base62,
  crc32,
  equalBytes,
  hex,
  randomBytes,
  randomId,
  Secret,
  sha256Hex,
  utf8,
} from '../../src/core/secrets.ts';

describe('base62', () => {
  it.each([
    [0n, 1, '0'],
    [9n, 1, '9'],
    [10n, 1, 'A'],
    [35n, 1, 'Z'],
    [36n, 1, 'a'],
    [61n, 1, 'z'],
    [62n, 2, '10'],
    [61n, 4, '000z'],
    [2n ** 256n - 1n, 43, 'yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1'],
  ])('writes %d, padded to %i characters, as %s', (value, length, text) => {
    expect(base62(value, length)).toBe(text);
  });
});

describe('crc32', () => {
  it.each([
    ['', '0'],
    ['123456789', 'cbf43926'],
    ['The quick brown fox jumps over the lazy dog', '414fa339'],
  ])('of "%s" has the published check value %s', (text, value) => {
    expect(crc32(text).toString(16)).toBe(value);
  });
});

describe('Secret', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const VALUE = 'correct-horse-battery';
  const secret = new Secret(VALUE);
  const nested = { user: { name: 'ann', hashes: [secret] }, key: secret };

  it('reveals its value to whoever asks by name', () => {
    expect(secret.reveal()).toBe(VALUE);
  });

  it.each([
    ['String()', String(secret)],
    ['a template', `${secret}`],
    ['concatenation', `a ${secret}`],
    ['JSON.stringify', JSON.stringify(secret)],
    ['JSON.stringify of what holds it', JSON.stringify(nested, null, 2)],
    ['inspect', inspect(nested, { showHidden: true, depth: null })],
    ['inspect of an error that carries it', inspect(new Error('failed', { cause: secret }), { depth: null })],
    ['the message of an error', new Error(`failed for ${secret}`).message],
    ['a copy by spreading', JSON.stringify({ ...secret })],
    ['its properties', Reflect.ownKeys(secret).join()],
    ['a structured clone', JSON.stringify(structuredClone({ ...nested.user, hashes: [{ ...secret }] }))],
  ])('does not show it in %s', (_, printed) => {
    expect(printed).not.toContain(VALUE);
  });

  it('leaves a placeholder where it stood', () => {
    expect(JSON.parse(JSON.stringify(nested))).toEqual({
      user: { name: 'ann', hashes: ['[secret]'] },
      key: '[secret]',
    });
    expect(String(secret)).toBe('[secret]');
  });

  it('reaches no console as itself', () => {
    const lines: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((...values) => {
      lines.push(values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' '));
    });
    console.log('login of', nested, `${secret}`, secret);
    expect(lines).toHaveLength(1);
    expect(lines.join()).not.toContain(VALUE);
  });
});

describe('randomId', () => {
  it('is 32 hexadecimal characters, never the same twice', () => {
    const ids = Array.from({ length: 1000 }, randomId);
    expect(ids.filter((id) => !/^[0-9a-f]{32}$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('varies in every position', () => {
    const ids = Array.from({ length: 200 }, randomId);
    for (let position = 0; position < 32; position++) {
      expect(new Set(ids.map((id) => id.charAt(position))).size).toBeGreaterThan(8);
    }
  });
});

describe('bytes', () => {
  it('writes every byte as two lower-case hexadecimal characters', () => {
    expect(hex(new Uint8Array([0, 1, 15, 16, 171, 255]))).toBe('00010f10abff');
  });

  it('gives as many random bytes as asked, not zeros', () => {
    expect(randomBytes(32)).toHaveLength(32);
    expect(new Set(randomBytes(1024)).size).toBeGreaterThan(100);
  });

  it('encodes UTF-8 without normalising', () => {
    expect(hex(utf8('é'))).toBe('c3a9');
    expect(hex(utf8('e\u0301'))).toBe('65cc81');
  });

  it('hashes as FIPS 180-4 says', async () => {
    expect(await sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it.each([
    [[1, 2, 3], [1, 2, 3], true],
    [[1, 2, 3], [1, 2, 4], false],
    [[1, 2, 3], [1, 2], false],
    [[], [], true],
    [[], [0], false],
  ])('compares %j with %j', (a, b, equal) => {
    expect(equalBytes(new Uint8Array(a), new Uint8Array(b))).toBe(equal);
  });
});
