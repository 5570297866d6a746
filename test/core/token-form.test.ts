import { base64url } from 'jose';
import { describe, expect, it } from 'vitest';
import { isCanonicalBase64url, isCanonicalToken } from '../../src/protocol/token-form.ts';
import { newJwk, parsed } from '../support/jwks.ts';
import { spellingsOf } from '../support/spellings.ts';
import { minted } from '../support/tokens.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Whether encoding what a lenient decoder reads gives the same text again. */
const roundTrips = (text: string): boolean =>
  text.length % 4 !== 1 && base64url.encode(base64url.decode(text)) === text;

describe('canonical base64url', () => {
  it('is each text that a decoder reads and an encoder writes again, and no other', () => {
    for (const first of ALPHABET) {
      for (const last of ALPHABET) {
        for (const text of [first + last, `A${first}${last}`, `AA${first}${last}`]) {
          expect([text, isCanonicalBase64url(text)]).toEqual([text, roundTrips(text)]);
        }
      }
    }
  });

  it.each([
    '',
    'A',
    'AAAAA',
    'AA==',
    'AAA=',
    'AA=',
    'AA\n',
    ' AA',
    'A A',
    'AA+/',
    'é',
    '\u212a\u212a',
    'AA\u0000',
  ])('is not %j', (text) => {
    expect(isCanonicalBase64url(text)).toBe(false);
  });
});

describe('the form of a token', () => {
  it.each(['ES256', 'EdDSA'] as const)('is that of every token that we sign with %s', async (alg) => {
    const keys = await parsed(await newJwk(alg));
    for (let i = 0; i < 20; i++) {
      const token = await minted(keys, { sid: 'a'.repeat(i) });
      expect(isCanonicalToken(token)).toBe(true);
      for (const [what, other] of spellingsOf(token))
        expect([what, isCanonicalToken(other)]).toEqual([what, false]);
    }
  });

  it.each([
    '',
    '.',
    '..',
    'AA.AA',
    'AA.AA.',
    '.AA.AA',
    'AA..AA',
    'AA.AA.AA.',
    'AA.AA.AA.AA',
    'AA.AA.AA.AA.AA',
    '\nAA.AA.AA',
  ])('is not that of %j', (text) => {
    expect(isCanonicalToken(text)).toBe(false);
  });
});
