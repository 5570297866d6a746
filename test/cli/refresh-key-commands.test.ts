import { describe, expect, it } from 'vitest';
import { createRefreshKey } from '../../src/cli/refresh-key.ts';
import { addRefreshKey, retireRefreshKeys } from '../../src/cli/refresh-key-commands.ts';
import { refreshKeySignsFrom } from '../../src/protocol/refresh-keys.ts';
import { refreshKeyAccount, refreshKeysIn } from './support/refresh-key-account.ts';

const DAY_MINUTES = 24 * 60;
const calmly = { force: false, all: false };
const hastily = { force: true, all: false };
const ofAll = { force: true, all: true };
const ONE_MINUTE_EARLY = /^Too early\. It is safe in 1 min, from /;

const [ONE, TWO, THREE] = ['REFRESH_KEY', 'REFRESH_KEY_2', 'REFRESH_KEY_3'] as const;

/** A Worker as its first deployment leaves it. */
const deployed = (options = {}) =>
  refreshKeyAccount({ JWT_KEYS: '{}', [ONE]: createRefreshKey(new Date(0)) }, options);

/** A Worker whose second key signs, and whose first key still verifies. */
async function halfWay() {
  const account = deployed();
  await addRefreshKey(account.context, calmly);
  account.pass(15);
  return account;
}

describe('a new refresh key', () => {
  it('is an instant in seconds and 32 random bytes', () => {
    const [one, two] = [createRefreshKey(new Date(1_700_000_000_001)), createRefreshKey(new Date(0))];
    expect(one).toMatch(/^1700000001\.[\w-]{43}$/);
    expect(two).toMatch(/^0\.[\w-]{43}$/);
    expect([one, two].map(refreshKeySignsFrom)).toEqual([1_700_000_001, 0]);
    expect(Buffer.from(String(one.split('.')[1]), 'base64url')).toHaveLength(32);
    expect(one.split('.')[1]).not.toBe(two.split('.')[1]);
  });

  it.each(['', '0', '0.', '.AAAA', '-1.'.padEnd(50, 'A'), '0x1.'.padEnd(50, 'A'), '{"keys":[]}'])(
    '%j is none',
    (text) => {
      expect(refreshKeySignsFrom(text)).toBe(null);
    },
  );
});

describe('a rotation', () => {
  it('adds a key that signs after 15 minutes, and deletes the old one after its last token', async () => {
    const { context, secrets, records, said, signer, pass } = deployed();
    await addRefreshKey(context, calmly);
    expect(refreshKeysIn(secrets)).toEqual([ONE, TWO]);
    expect(said.at(-1)).toMatch(/^Next: `keys:retire --refresh`, safe from 2030-01-02 .*12:30 UTC\)? on\.$/);
    expect(signer()).toBe(ONE);
    pass(14);
    expect(signer()).toBe(ONE);
    pass(1);
    expect(signer()).toBe(TWO);

    pass(DAY_MINUTES + 14);
    await expect(retireRefreshKeys(context, calmly)).rejects.toThrow(ONE_MINUTE_EARLY);
    pass(1);
    await retireRefreshKeys(context, calmly);
    expect([refreshKeysIn(secrets), signer()]).toEqual([[TWO], TWO]);
    expect(records.map(({ secretName }) => secretName)).toEqual([TWO]);
    expect(said.at(-1)).toBe('Retired REFRESH_KEY. `keys:add --refresh` begins the next rotation.');

    await addRefreshKey(context, calmly);
    expect(refreshKeysIn(secrets)).toEqual([TWO, THREE]);
  });

  it('waits for the longest session that is stored, if that is longer than the configured lifetime', async () => {
    const { context, secrets, pass } = deployed({ longestSessionSeconds: 30 * 86_400 });
    await addRefreshKey(context, calmly);
    pass(15 + 30 * DAY_MINUTES + 14);
    await expect(retireRefreshKeys(context, calmly)).rejects.toThrow(ONE_MINUTE_EARLY);
    pass(1);
    await retireRefreshKeys(context, calmly);
    expect(refreshKeysIn(secrets)).toEqual([TWO]);
  });

  it('waits for the lifetime that is configured when the key is retired', async () => {
    const { context, pass } = await halfWay();
    pass(DAY_MINUTES + 15);
    const longer = { ...context, refreshTokenTtlSeconds: 7 * 86_400 };
    await expect(retireRefreshKeys(longer, calmly)).rejects.toThrow(/^Too early\. It is safe in 6 d, from /);
  });

  it('begins with a first key where a deployed Worker has none', async () => {
    const { context, secrets, said, signer, pass } = refreshKeyAccount({ JWT_KEYS: '{}' });
    await addRefreshKey(context, calmly);
    expect([refreshKeysIn(secrets), signer()]).toEqual([[ONE], null]);
    expect(said.at(-1)).toBe('Added REFRESH_KEY.');
    pass(15);
    expect(signer()).toBe(ONE);
  });
});

describe('a rotation after a leak', () => {
  it.each([
    ['a first deployment', 0],
    ['an upgrade', Date.UTC(2029, 11, 31)],
  ])('lets the new key sign immediately where the old one is from %s', async (_, from) => {
    const { context, secrets, said, signer } = refreshKeyAccount({
      JWT_KEYS: '{}',
      [ONE]: createRefreshKey(new Date(from)),
    });
    await addRefreshKey(context, hastily);
    expect(signer()).toBe(TWO);
    expect(said).toContain(
      'Workers that do not know REFRESH_KEY_2 yet refuse the refresh tokens that it signs.',
    );
    expect(said.at(-1)).toBe('Next: `keys:retire --refresh --force --all`, if a refresh key leaked.');
    await retireRefreshKeys(context, ofAll);
    expect([refreshKeysIn(secrets), signer()]).toEqual([[TWO], TWO]);
    expect(said).toContain(
      'Forced, 1 d early: Sessions with a refresh token that REFRESH_KEY signed have to sign in again when their access token expires.',
    );
  });

  it('deletes every key but the new one, also where a rotation was under way', async () => {
    const { context, secrets, records, signer } = await halfWay();
    await addRefreshKey(context, hastily);
    expect(signer()).toBe(THREE);
    await retireRefreshKeys(context, ofAll);
    expect([refreshKeysIn(secrets), signer()]).toEqual([[THREE], THREE]);
    expect(records.map(({ secretName }) => secretName)).toEqual([THREE]);
  });

  it.each([
    ['before', 0, THREE],
    ['after', 10, TWO],
  ])(
    'lets the new key sign immediately while another one waits, which goes %s its instant',
    async (_, minutes, signing) => {
      const { context, secrets, said, signer, pass } = deployed();
      await addRefreshKey(context, calmly);
      pass(5);
      await addRefreshKey(context, hastily);
      expect(signer()).toBe(THREE);
      pass(minutes);
      expect(signer()).toBe(signing);
      await expect(retireRefreshKeys(context, { force: false, all: true })).rejects.toThrow(/^Too early/);
      await retireRefreshKeys(context, ofAll);
      expect([refreshKeysIn(secrets), signer()]).toEqual([[THREE], THREE]);
      expect(said).toContain('REFRESH_KEY_3 (refresh-3) signs refresh tokens.');
    },
  );

  it('keeps a key that somebody added meanwhile', async () => {
    const { context, secrets, signer } = deployed();
    await addRefreshKey(context, hastily);
    await addRefreshKey(context, calmly);
    await retireRefreshKeys(context, ofAll);
    expect([refreshKeysIn(secrets), signer()]).toEqual([[TWO, THREE], TWO]);
  });

  it.each([hastily, ofAll])('never leaves a key alone that does not sign yet: %j', async (options) => {
    const { context, secrets, signer } = deployed();
    await addRefreshKey(context, calmly);
    await expect(retireRefreshKeys(context, options)).rejects.toThrow(
      /^REFRESH_KEY_2 was added already: .* After a leak, first add one that signs immediately, with --force\. Next: `keys:add --refresh`\.$/,
    );
    expect([refreshKeysIn(secrets), signer()]).toEqual([[ONE, TWO], ONE]);
  });

  it('lets the new key sign in place of one that was set by hand, if that signs already', async () => {
    const { context, secrets, records, signer } = refreshKeyAccount({
      JWT_KEYS: '{}',
      [ONE]: createRefreshKey(new Date('2029-12-31')),
    });
    records.splice(0);
    await addRefreshKey(context, hastily);
    expect([refreshKeysIn(secrets), signer()]).toEqual([[ONE, TWO], TWO]);
  });
});

describe('a step that is not possible changes nothing and says why', () => {
  it('add, before there is a Worker', async () => {
    const { context, secrets } = refreshKeyAccount({});
    for (const options of [calmly, hastily])
      await expect(addRefreshKey(context, options)).rejects.toThrow(
        /^No signing key is set: `npm run deploy`/,
      );
    expect(secrets).toEqual({});
  });

  it('add, while a key waits for its instant', async () => {
    const { context, secrets } = deployed();
    await addRefreshKey(context, calmly);
    const before = { ...secrets };
    await expect(addRefreshKey(context, calmly)).rejects.toThrow(
      /^REFRESH_KEY_2 was added already: it signs from 2030-01-01 .*12:15 UTC\)? on\.$/,
    );
    expect(secrets).toEqual(before);
  });

  it('add, where no number is left', async () => {
    const { context, secrets } = refreshKeyAccount({ REFRESH_KEY_999999999: 'x' });
    await expect(addRefreshKey(context, calmly)).rejects.toThrow(/^There is no higher number/);
    expect(Object.keys(secrets)).toHaveLength(1);
  });

  it.each([calmly, hastily, ofAll])('retire, while one key is left: %j', async (options) => {
    const { context, secrets } = deployed();
    const before = { ...secrets };
    await expect(retireRefreshKeys(context, options)).rejects.toThrow(
      'No refresh key has been replaced. Next: `keys:add --refresh`.',
    );
    expect(secrets).toEqual(before);
  });

  it('retire, before the key after it signs', async () => {
    const { context, secrets } = deployed();
    await addRefreshKey(context, calmly);
    await expect(retireRefreshKeys(context, calmly)).rejects.toThrow(/^Too early/);
    expect(refreshKeysIn(secrets)).toEqual([ONE, TWO]);
  });

  it('retire all, while the last token of one can be valid', async () => {
    const { context, secrets, pass } = await halfWay();
    pass(DAY_MINUTES);
    await addRefreshKey(context, calmly);
    pass(15);
    await expect(retireRefreshKeys(context, { force: false, all: true })).rejects.toThrow(/^Too early/);
    expect(refreshKeysIn(secrets)).toEqual([ONE, TWO, THREE]);
    await retireRefreshKeys(context, calmly);
    expect(refreshKeysIn(secrets)).toEqual([TWO, THREE]);
  });

  it('retire, where the keys were set by hand', async () => {
    const { context, secrets, records } = deployed();
    records.splice(0);
    await addRefreshKey(context, calmly);
    await expect(retireRefreshKeys(context, ofAll)).rejects.toThrow(
      /^REFRESH_KEY was not set by these commands/,
    );
    expect(refreshKeysIn(secrets)).toEqual([ONE, TWO]);
  });
});

it('an addition beside a key that was set by hand says which one can sign instead', async () => {
  const { context, records, said } = deployed();
  records.splice(0);
  await addRefreshKey(context, calmly);
  expect(said.at(-1)).toBe('REFRESH_KEY was set by hand: if its instant is later, it signs instead.');
});

describe('a step that was cut off', () => {
  it('counts for nothing where the secret did not arrive, and the next one takes another name', async () => {
    const { context, secrets, cutOff } = deployed();
    await cutOff('before put', () => addRefreshKey(context, calmly));
    await addRefreshKey(context, calmly);
    expect(refreshKeysIn(secrets)).toEqual([ONE, THREE]);
  });

  it('has added the key if the secret arrived', async () => {
    const { context, secrets, signer, cutOff, pass } = deployed();
    await cutOff('after put', () => addRefreshKey(context, calmly));
    await expect(addRefreshKey(context, calmly)).rejects.toThrow(/^REFRESH_KEY_2 was added already/);
    pass(15);
    expect([refreshKeysIn(secrets), signer()]).toEqual([[ONE, TWO], TWO]);
  });

  it('deletes no key if the addition after a leak was cut off', async () => {
    const { context, secrets, cutOff } = deployed();
    await cutOff('before put', () => addRefreshKey(context, hastily));
    await expect(retireRefreshKeys(context, ofAll)).rejects.toThrow('No refresh key has been replaced.');
    expect(refreshKeysIn(secrets)).toEqual([ONE]);
  });

  it.each(['before remove', 'after remove'] as const)(
    'retires when it is repeated, and no key more: %s',
    async (at) => {
      const { context, secrets, records, cutOff, pass } = await halfWay();
      await addRefreshKey(context, calmly);
      pass(2 * DAY_MINUTES);
      await cutOff(at, () => retireRefreshKeys(context, calmly));
      await retireRefreshKeys(context, calmly);
      expect(refreshKeysIn(secrets)).toEqual([TWO, THREE]);
      expect(records.map(({ secretName }) => secretName)).toEqual([TWO, THREE]);
    },
  );

  it.each(['before remove', 'after remove'] as const)('retires all when it is repeated: %s', async (at) => {
    const { context, secrets, records, cutOff } = await halfWay();
    await addRefreshKey(context, hastily);
    await cutOff(at, () => retireRefreshKeys(context, ofAll));
    await retireRefreshKeys(context, ofAll);
    expect(refreshKeysIn(secrets)).toEqual([THREE]);
    expect(records.map(({ secretName }) => secretName)).toEqual([THREE]);
  });

  it('leaves a record that a later retirement removes, unless its addition can be under way', async () => {
    const { context, records, cutOff, pass } = deployed();
    const recorded = () => records.map(({ secretName }) => secretName);
    await cutOff('before put', () => addRefreshKey(context, calmly));
    await expect(retireRefreshKeys(context, calmly)).rejects.toThrow('No refresh key has been replaced.');
    expect(recorded()).toEqual([ONE, TWO]);
    pass(15);
    await expect(retireRefreshKeys(context, calmly)).rejects.toThrow('No refresh key has been replaced.');
    expect(recorded()).toEqual([ONE]);
  });
});

it('of two additions at the same time each has a secret of its own, or one fails', async () => {
  const { context, secrets } = deployed();
  const done = await Promise.allSettled([addRefreshKey(context, calmly), addRefreshKey(context, calmly)]);
  expect(done.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(refreshKeysIn(secrets)).toEqual([ONE, TWO]);
});
