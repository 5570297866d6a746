import { expect, it } from 'vitest';
import { isCanonicalToken } from '../../src/protocol/token-form.ts';
import { MAX_CREDENTIAL_CHARACTERS } from '../../src/verify/headers.ts';

// Here and not beside the other tests of it: the clock of a Worker stands still while it computes.
it.each([
  ['one long segment', (length: number) => 'A'.repeat(length)],
  ['a long segment that ends badly', (length: number) => `${'A'.repeat(length)}!`],
  [
    'three segments of an impossible length',
    (length: number) => segments('A'.repeat(4 * Math.floor(length / 12) + 1)),
  ],
  [
    'three segments, the last of which ends badly',
    (length: number) => `${segments('A'.repeat(length / 3))}=`,
  ],
  ['dots', (length: number) => '.'.repeat(length)],
  ['short segments', (length: number) => 'AA.'.repeat(length / 3)],
])('a hostile text takes time in proportion to its length: %s', (_, make) => {
  const text = make(MAX_CREDENTIAL_CHARACTERS);
  const longer = make(MAX_CREDENTIAL_CHARACTERS * 32);
  const [once, many] = [millisecondsFor(text, 32), millisecondsFor(longer, 1)];
  // 32 times the length takes as long as 32 texts; with backtracking over both it would take 32 times that.
  expect(many).toBeLessThan(8 * once + 20);
  expect(once / 32).toBeLessThan(20);
});

const segments = (segment: string): string => Array(3).fill(segment).join('.');

function millisecondsFor(text: string, times: number): number {
  const started = performance.now();
  for (let i = 0; i < times; i++) expect(isCanonicalToken(text)).toBe(false);
  return performance.now() - started;
}
