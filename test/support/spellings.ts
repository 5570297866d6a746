import { expect } from 'vitest';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The same bytes in base64url with the lowest bit of the last character set, where it stands for no byte. */
function withSpareBit(segment: string): string | null {
  const last = ALPHABET.indexOf(segment.slice(-1));
  return segment.length % 4 === 0 ? null : segment.slice(0, -1) + ALPHABET.charAt(last + 1);
}

/** Other spellings of a segment that some decoders take for the same bytes. */
const SPELLINGS: Record<string, (segment: string) => string | null> = {
  'with a spare bit': withSpareBit,
  'with padding': (segment) =>
    segment.padEnd(segment.length + (-segment.length & 3) || segment.length + 1, '='),
  'with a blank within': (segment) => `${segment.slice(0, 4)} ${segment.slice(4)}`,
  'with a blank behind': (segment) => `${segment} `,
  'with a tab before': (segment) => `\t${segment}`,
  'with a line break within': (segment) => `${segment.slice(0, 4)}\n${segment.slice(4)}`,
  'with a line break behind': (segment) => `${segment}\n`,
  'with a carriage return': (segment) => `${segment.slice(0, 4)}\r\n${segment.slice(4)}`,
  'with a no-break space': (segment) => `${segment}\u00a0`,
  'with a NUL': (segment) => `${segment}\u0000`,
  'with one character more': (segment) => `${segment}${'A'.repeat((5 - (segment.length % 4)) % 4)}`,
  'in plain base64': (segment) =>
    /[-_]/.test(segment) ? segment.replaceAll('-', '+').replaceAll('_', '/') : null,
};

const PARTS = ['header', 'payload', 'signature'];

/** Each part of a token in each other spelling, as far as it has that one; and what is asked of all of them. */
export function spellingsOf(token: string): [what: string, token: string][] {
  const parts = token.split('.');
  const found = Object.entries(SPELLINGS).flatMap(([what, respell]) =>
    parts.flatMap((part, index): [string, string][] => {
      const other = respell(part);
      if (other === null || other === part) return [];
      return [[`${PARTS[index]} ${what}`, parts.with(index, other).join('.')]];
    }),
  );
  expect(found.length).toBeGreaterThan(2 * Object.keys(SPELLINGS).length);
  return found;
}
