import { describe, expect, it } from 'vitest';
import {
  assertAcceptable,
  chainOf,
  decoyHash,
  deriveChain,
  hashPassword,
  isWeaker,
  MAX_ITERATIONS_PER_CALL,
  MAX_PASSWORD_BYTES,
  verifyPassword,
} from '../../src/core/passwords.ts';
import { hex, Secret, utf8 } from '../../src/core/secrets.ts';

const policyOf = (passwordIterations: number) => ({ passwordIterations, passwordMinLength: 8 });
const QUICK = policyOf(2);

describe('deriveChain', () => {
  it.each([
    [
      'password',
      'salt',
      1,
      '867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce',
    ],
    [
      'password',
      'salt',
      2,
      'e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53cf76cab2868a39b9f7840edce4fef5a82be67335c77a6068e04112754f27ccf4e',
    ],
    [
      'password',
      'salt',
      4096,
      'd197b1b33db0143e018b12f3d1d1479e6cdebdcc97c5c0f87f6902e072f457b5143f30602641b3d55cd335988cb36b84376060ecd532e039b742a239434af2d5',
    ],
    [
      'passwordPASSWORDpassword',
      'saltSALTsaltSALTsaltSALTsaltSALTsalt',
      4096,
      '8c0511f4c6e597c6ac6315d8f0362e225f3c501495ba23b868c005174dc4ee71115b59f9e60cd9532fa33e0f75aefe30225c583a186cd82bd4daea9724a3d3b8',
    ],
  ])('is plain PBKDF2-HMAC-SHA512 for one link: %s, %s, %i', async (password, salt, iterations, derived) => {
    expect(hex(await deriveChain(password, utf8(salt), [iterations]))).toBe(derived);
  });

  // Made with node:crypto: pbkdf2Sync(password, salt, n, 64, 'sha512'), whose output is the next link's salt.
  it.each([
    [
      [1, 1],
      '181f877fd1d783624f3cb2103b57696475fdea8e3b70724625edfa7e55c9aba35740ac7597d87b0f1d59d70a69657ffe6ae3de5ebe6595416db7ffe4cac16703',
    ],
    [
      [2, 3, 4],
      'd26b2fa890d0e426a89629a2f9aca476edace99436949488fdf311088bdc1f353cdd21448d6f91d4126a1833ae3f9c0683a4ff6fd766f11b0e1633f2970a9c87',
    ],
    [
      [1000, 999],
      'b5f3499f8391e1e82cb058f5ab04d03d7681c7120fa8ecf13ca5488f7d63a7d1f6ed731d4991d33113be8b0db9ad0b8259efd6ee457b2cc995d1b8c6b47a93f2',
    ],
    [
      [73334, 73333, 73333],
      '8decaaada93c40aad53d20646201fa2b77825eed235b93e417809a970145f5239befd3aaa7e63375dd8adb77c39b98f51db84325cae7871ea1ef1f8f9d427208',
    ],
  ])('salts every further link with the output of the one before: %j', async (chain, derived) => {
    const salt = utf8('salt of 16 bytes');
    expect(hex(await deriveChain('correct horse battery staple', salt, chain))).toBe(derived);
  });
});

describe('chainOf', () => {
  it('splits 220,000 iterations as the format pins it', () => {
    expect(chainOf(220_000)).toEqual([73_334, 73_333, 73_333]);
  });

  it.each([1, 1000, 99_999, 100_000, 100_001, 200_000, 200_001, 999_999, 1_000_000, 10_000_000])(
    'splits %i into the fewest even links within the limit of one call, and loses none',
    (total) => {
      const chain = chainOf(total);
      expect(chain.reduce((sum, links) => sum + links, 0)).toBe(total);
      expect(chain).toHaveLength(Math.ceil(total / 100_000));
      expect(Math.max(...chain)).toBeLessThanOrEqual(MAX_ITERATIONS_PER_CALL);
      expect(Math.max(...chain) - Math.min(...chain)).toBeLessThanOrEqual(1);
    },
  );
});

describe('hashPassword', () => {
  it('writes scheme, chain, 16 bytes of salt and 64 bytes of hash, base64 without padding', async () => {
    const stored = (await hashPassword(policyOf(2000), 'password')).reveal();
    expect(stored).toMatch(/^\$pbkdf2-sha512-chain\$i=2000\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{86}$/);
    const decoy = decoyHash(policyOf(220_000)).reveal();
    expect(decoy).toMatch(
      /^\$pbkdf2-sha512-chain\$i=73334,73333,73333\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{86}$/,
    );
  });

  it('salts every hash anew', async () => {
    const [a, b] = await Promise.all([hashPassword(QUICK, 'password'), hashPassword(QUICK, 'password')]);
    expect(a.reveal().split('$')[3]).not.toBe(b.reveal().split('$')[3]);
    expect(a.reveal().split('$')[4]).not.toBe(b.reveal().split('$')[4]);
  });
});

describe('verifyPassword', () => {
  const REFERENCE = new Secret(
    '$pbkdf2-sha512-chain$i=2,3,4$c2FsdCBvZiAxNiBieXRlcw$0msvqJDQ5Caolimi+aykdu2s6ZQ2lJSI/fMRCIvcHzU83SFEjW+R1BJqGDOuP5wGg6T/b9dm8RsOFjPylwqchw',
  );

  it('accepts a hash that another implementation made', async () => {
    expect(await verifyPassword(REFERENCE, 'correct horse battery staple')).toBe(true);
    expect(await verifyPassword(REFERENCE, 'correct horse battery stapler')).toBe(false);
  });

  it.each([
    ['a trailing blank', 'password', 'password '],
    ['a leading blank', 'password', ' password'],
    ['a trailing newline', 'password', 'password\n'],
    ['case', 'password', 'Password'],
    ['composed and decomposed accents', 'caf\u00e9 au lait', 'cafe\u0301 au lait'],
    ['compatibility forms', '\ufb01nally here', 'finally here'],
    ['full-width digits', 'password１', 'password1'],
    ['a zero-width joiner', 'password', 'pass\u200dword'],
  ])('compares exact bytes: %s', async (_, password, other) => {
    const [stored, storedOther] = await Promise.all([
      hashPassword(QUICK, password),
      hashPassword(QUICK, other),
    ]);
    expect(await verifyPassword(stored, password)).toBe(true);
    expect(await verifyPassword(stored, other)).toBe(false);
    expect(await verifyPassword(storedOther, other)).toBe(true);
    expect(await verifyPassword(storedOther, password)).toBe(false);
  });

  it('counts the last of 1,024 bytes', async () => {
    expect(MAX_PASSWORD_BYTES).toBe(1024);
    const longest = 'x'.repeat(MAX_PASSWORD_BYTES);
    const stored = await hashPassword(QUICK, longest);
    expect(await verifyPassword(stored, longest)).toBe(true);
    expect(await verifyPassword(stored, `${longest.slice(0, -1)}y`)).toBe(false);
    expect(await verifyPassword(stored, longest.slice(0, -1))).toBe(false);
  });

  const [SALT, HASH] = REFERENCE.reveal().split('$').slice(3);
  it.each([
    ['nothing', ''],
    ['another scheme', 'pbkdf2_sha256$1000000$salt$aGFzaA=='],
    ['an unusable Django password', '!XyZ'],
    ['bcrypt', '$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW'],
    ['no iterations', `$pbkdf2-sha512-chain$i=$${SALT}$${HASH}`],
    ['zero iterations', `$pbkdf2-sha512-chain$i=0$${SALT}$${HASH}`],
    ['a link of zero', `$pbkdf2-sha512-chain$i=2,0,4$${SALT}$${HASH}`],
    ['negative iterations', `$pbkdf2-sha512-chain$i=-2$${SALT}$${HASH}`],
    ['a link above what one call may run', `$pbkdf2-sha512-chain$i=2,100001$${SALT}$${HASH}`],
    ['iterations beyond all numbers', `$pbkdf2-sha512-chain$i=${'9'.repeat(400)}$${SALT}$${HASH}`],
    ['an empty link', `$pbkdf2-sha512-chain$i=2,,4$${SALT}$${HASH}`],
    ['no salt', `$pbkdf2-sha512-chain$i=2,3,4$$${HASH}`],
    ['no hash', `$pbkdf2-sha512-chain$i=2,3,4$${SALT}$`],
    ['a shorter hash', `$pbkdf2-sha512-chain$i=2,3,4$${SALT}$${HASH?.slice(0, 43)}`],
    ['characters outside base64', `$pbkdf2-sha512-chain$i=2,3,4$${SALT}$${HASH?.slice(0, -1)}!`],
    ['a salt of no whole number of bytes', `$pbkdf2-sha512-chain$i=2,3,4$AAAAA$${HASH}`],
    ['a hash of no whole number of bytes', `$pbkdf2-sha512-chain$i=2,3,4$${SALT}$${HASH}AAA`],
    ['a trailing newline', `${REFERENCE.reveal()}\n`],
    ['a trailing field', `${REFERENCE.reveal()}$x`],
  ])('matches nothing, and does not throw, for a stored text with %s', async (_, stored) => {
    expect(await verifyPassword(new Secret(stored), 'correct horse battery staple')).toBe(false);
    expect(await verifyPassword(new Secret(stored), '')).toBe(false);
  });

  it('matches no password for a decoy', async () => {
    expect(await verifyPassword(decoyHash(QUICK), 'password')).toBe(false);
    expect(decoyHash(QUICK).reveal()).not.toBe(decoyHash(QUICK).reveal());
  });
});

describe('isWeaker', () => {
  const stored = (chain: string) => new Secret(`$pbkdf2-sha512-chain$i=${chain}$c2FsdA$aGFzaA`);

  it.each([
    ['1999', 2000, true],
    ['2000', 2000, false],
    ['2001', 2000, false],
    ['1000,1000', 2000, false],
    ['1000,999', 2000, true],
    ['73334,73333,73333', 220_000, false],
    ['73334,73333,73333', 220_001, true],
    ['100000', 220_000, true],
    ['100000,100000,100000', 220_000, false],
  ])('compares all links of %s together with %i', (chain, total, weaker) => {
    expect(isWeaker(stored(chain), policyOf(total))).toBe(weaker);
  });
});

describe('assertAcceptable', () => {
  const refusal = (password: string, passwordMinLength: number) => () =>
    assertAcceptable({ passwordIterations: 1000, passwordMinLength }, password);

  it.each([
    ['ASCII', '12345678', '1234567'],
    ['letters outside the first plane', '𝒜'.repeat(8), '𝒜'.repeat(7)],
    ['emoji', '🔑'.repeat(8), `${'🔑'.repeat(7)}`],
    ['combining marks', 'e\u0301'.repeat(4), `${'e\u0301'.repeat(3)}e`],
  ])('counts code points: %s', (_, enough, tooFew) => {
    expect(refusal(enough, 8)).not.toThrow();
    expect(refusal(tooFew, 8)).toThrow();
  });

  it('names the field and the least length, never the password', () => {
    const password = 'hunter2';
    try {
      assertAcceptable({ passwordIterations: 1000, passwordMinLength: 12 }, password);
    } catch (error) {
      expect(error).toMatchObject({
        code: 'invalid',
        fields: { password: ['Ensure this field has at least 12 characters.'] },
      });
      return expect(JSON.stringify(error)).not.toContain(password);
    }
    expect.unreachable('a password that is too short was accepted');
  });

  it('asks for nothing but length', () => {
    for (const password of ['aaaaaaaa', '11111111', ' a      ', '        a', 'password']) {
      expect(refusal(password, 8)).not.toThrow();
    }
  });
});
