import { describe, expect, it } from 'vitest';
import { describeRefreshKeys, describeRotation } from '../../src/cli/key-list.ts';
import {
  forgettable,
  planAdd,
  planPromote,
  planRetire,
  type RecordedKey,
  type Rotation,
  rotationOf,
} from '../../src/cli/key-rotation.ts';
import { type RecordedRefreshKey, refreshRotationOf } from '../../src/cli/refresh-key-rotation.ts';

const AT = new Date('2030-01-01T12:00:00Z');

const live = (secretName: string): RecordedKey => ({
  secretName,
  kid: `kid of ${secretName}`,
  publicJwk: '{}',
  addedAt: AT,
  replaced: null,
});
const replaced = (secretName: string): RecordedKey => ({
  ...live(secretName),
  replaced: { at: AT, tokenTtlSeconds: 3600 },
});

const [ONE, TWO, THREE] = ['JWT_KEYS', 'JWT_KEYS_2', 'JWT_KEYS_3'] as const;
const FAR = 'JWT_KEYS_1000';

/** What is recorded, and which secrets are set. */
const STATES: Record<string, Rotation> = {
  nothing: rotationOf([], []),
  'other secrets alone': rotationOf([], ['OTHER', 'JWT_KEYS_OLD']),
  'one key': rotationOf([live(ONE)], [ONE]),
  'a standby': rotationOf([live(TWO), live(ONE)], [TWO, ONE, 'OTHER']),
  'a standby that was cut off': rotationOf([live(ONE), live(TWO)], [ONE]),
  'a replaced key': rotationOf([replaced(ONE), live(TWO)], [ONE, TWO]),
  'a replaced key and a standby': rotationOf([replaced(ONE), live(TWO), live(THREE)], [ONE, TWO, THREE]),
  'two replaced keys': rotationOf([replaced(ONE), replaced(TWO), live(THREE)], [ONE, TWO, THREE]),
  'a retirement that was cut off': rotationOf([replaced(ONE), live(TWO)], [TWO]),
  'a rotated key': rotationOf([live(TWO)], [TWO]),
  'a replaced key alone': rotationOf([replaced(ONE), live(TWO)], [ONE]),
  'a replaced key beside a shared secret': rotationOf([replaced(ONE), live(TWO)], [ONE, FAR]),
  'a replaced key beside a set by hand': rotationOf([replaced(ONE)], [ONE, TWO]),
  'a set by hand': rotationOf([], [ONE]),
  'sets by hand': rotationOf([], [ONE, TWO]),
  'a set by hand with a higher number': rotationOf([], [THREE]),
  'a set by hand with the last number': rotationOf([], ['JWT_KEYS_999', FAR]),
  'a secret shared with another server alone': rotationOf([], [FAR]),
  'a standby behind a set by hand': rotationOf([live(TWO)], [ONE, TWO]),
  'a set by hand behind': rotationOf([live(ONE)], [ONE, TWO]),
  'a set by hand far behind': rotationOf([live(ONE)], [ONE, FAR]),
  'a standby before a set by hand': rotationOf([live(ONE), live(TWO)], [ONE, TWO, FAR]),
  'a set by hand between': rotationOf([live(ONE), live(THREE)], [ONE, TWO, THREE]),
};

const shown = (plan: object): unknown => {
  if ('refused' in plan) return plan.refused;
  if ('from' in plan && 'to' in plan)
    return [plan.from, plan.to].map((key) => (key as RecordedKey).secretName);
  if ('keys' in plan) return (plan.keys as RecordedKey[]).map(({ secretName }) => secretName).join();
  return 'secretName' in plan && plan.secretName;
};

const NONE_REPLACED = 'No key has been replaced.';

describe('the steps that are possible', () => {
  const BY_HAND = (name: string) => expect.stringMatching(new RegExp(`^${name} was not set by these`));
  const NONE_SET = expect.stringMatching(/^No signing key is set/);
  const NO_NUMBER = expect.stringMatching(/^A secret with the number 999 is set/);
  const NOTHING_SIGNS = expect.stringMatching(/^No key is set that signs/);
  const NO_STANDBY = 'No key stands by.';

  it.each([
    ['nothing', NONE_SET, NONE_SET, NONE_REPLACED],
    ['other secrets alone', NONE_SET, NONE_SET, NONE_REPLACED],
    ['one key', TWO, NO_STANDBY, NONE_REPLACED],
    ['a standby', `${TWO} stands by already.`, [ONE, TWO], NONE_REPLACED],
    ['a standby that was cut off', THREE, NO_STANDBY, NONE_REPLACED],
    ['a replaced key', THREE, NO_STANDBY, ONE],
    ['a replaced key and a standby', `${THREE} stands by already.`, [TWO, THREE], ONE],
    ['two replaced keys', 'JWT_KEYS_4', NO_STANDBY, ONE],
    ['a retirement that was cut off', THREE, NO_STANDBY, NONE_REPLACED],
    ['a rotated key', THREE, NO_STANDBY, NONE_REPLACED],
    ['a replaced key alone', THREE, NOTHING_SIGNS, NOTHING_SIGNS],
    ['a replaced key beside a shared secret', THREE, NOTHING_SIGNS, NOTHING_SIGNS],
    ['a replaced key beside a set by hand', THREE, BY_HAND(TWO), ONE],
    ['a set by hand', TWO, BY_HAND(ONE), BY_HAND(ONE)],
    ['sets by hand', THREE, BY_HAND(ONE), BY_HAND(ONE)],
    ['a set by hand with a higher number', 'JWT_KEYS_4', BY_HAND(THREE), BY_HAND(THREE)],
    ['a set by hand with the last number', NO_NUMBER, BY_HAND('JWT_KEYS_999'), BY_HAND('JWT_KEYS_999')],
    ['a secret shared with another server alone', NONE_SET, NONE_SET, NONE_REPLACED],
    ['a standby behind a set by hand', BY_HAND(ONE), BY_HAND(ONE), BY_HAND(ONE)],
    ['a set by hand behind', BY_HAND(TWO), NO_STANDBY, NONE_REPLACED],
    ['a set by hand far behind', TWO, NO_STANDBY, NONE_REPLACED],
    ['a standby before a set by hand', `${TWO} stands by already.`, [ONE, TWO], NONE_REPLACED],
    ['a set by hand between', `${THREE} stands by already.`, BY_HAND(TWO), BY_HAND(TWO)],
  ])('with %s', (state, add, promote, retire) => {
    const rotation = STATES[state];
    if (rotation === undefined) throw new Error(`${state} is not in the table`);
    const plans = [planAdd(rotation), planPromote(rotation), planRetire(rotation, { all: false })];
    expect(plans.map(shown)).toEqual([add, promote, retire]);
  });

  it('are safe a quarter of an hour after the key was added, and after its tokens have expired', () => {
    expect(planPromote(rotationOf([live(ONE), live(TWO)], [ONE, TWO]))).toMatchObject({
      safeAt: new Date('2030-01-01T12:15:00Z'),
    });
    const plan = planRetire(rotationOf([replaced(ONE), live(TWO)], [ONE, TWO]), { all: false });
    expect(plan).toMatchObject({ safeAt: new Date('2030-01-01T13:15:00Z') });
  });

  it('are possible for all keys that were replaced, when the last token of any has expired', () => {
    const second: RecordedKey = { ...replaced(TWO), replaced: { at: AT, tokenTtlSeconds: 7200 } };
    const rotation = rotationOf([replaced(ONE), second, live(THREE)], [ONE, TWO, THREE]);
    const plan = planRetire(rotation, { all: true });
    expect([shown(plan), plan]).toEqual([
      `${ONE},${TWO}`,
      expect.objectContaining({ safeAt: new Date('2030-01-01T14:15:00Z') }),
    ]);
    expect(shown(planRetire(rotationOf([live(ONE)], [ONE]), { all: true }))).toBe(NONE_REPLACED);
  });
});

describe('a record without its secret', () => {
  const rotation = rotationOf([replaced(ONE), live(TWO), live(THREE)], [TWO]);
  const names = (now: Date) => forgettable(rotation, now).map(({ secretName }) => secretName);

  it('is kept for a while, since another addition may be about to set it, unless its key was replaced', () => {
    expect(names(new Date(AT.getTime() + 14 * 60_000))).toEqual([ONE]);
    expect(names(new Date(AT.getTime() + 15 * 60_000))).toEqual([ONE, THREE]);
  });
});

describe('the list', () => {
  const statesOf = (rotation: Rotation) =>
    describeRotation(rotation).map((line) => line.replace(/ {2,}/g, ' | '));

  it('tells of each secret in their order what its key does', () => {
    const records = [live('JWT_KEYS_10'), live(THREE), replaced(TWO), live('JWT_KEYS_11')];
    expect(statesOf(rotationOf(records, ['JWT_KEYS_10', THREE, TWO, FAR]))).toEqual([
      expect.stringMatching(
        /^JWT_KEYS_2 \| kid of JWT_KEYS_2 \| verifies only; may be retired from 2030-01-01 \d\d:15/,
      ),
      'JWT_KEYS_3 | kid of JWT_KEYS_3 | signs',
      expect.stringMatching(
        /^JWT_KEYS_10 \| kid of JWT_KEYS_10 \| stands by; may be promoted from 2030-01-01/,
      ),
      'JWT_KEYS_11 | kid of JWT_KEYS_11 | is recorded, but not set',
      'JWT_KEYS_1000 | was set by hand',
    ]);
  });

  it('does not say who signs where a set by hand comes first', () => {
    const lines = statesOf(rotationOf([live(TWO)], [ONE, TWO]));
    expect(lines[1]).toBe(
      'JWT_KEYS_2 | kid of JWT_KEYS_2 | signs, unless JWT_KEYS does, which was set by hand',
    );
  });

  const refreshKey = (secretName: string, minutes: number): RecordedRefreshKey => ({
    secretName,
    addedAt: AT,
    signsFrom: new Date(AT.getTime() + minutes * 60_000),
  });
  const refreshStatesOf = (records: RecordedRefreshKey[], names: string[]) =>
    describeRefreshKeys(refreshRotationOf(records, names, { now: AT, tokenTtlSeconds: 3600 })).map((line) =>
      line.replace(/ {2,}/g, ' | '),
    );

  it('tells of each refresh key in their order whether it signs', () => {
    const records = ['REFRESH_KEY_10', 'REFRESH_KEY_2', 'REFRESH_KEY', 'REFRESH_KEY_11'].map((name, index) =>
      refreshKey(name, [15, 0, -60, 15][index] ?? 0),
    );
    expect(refreshStatesOf(records, ['REFRESH_KEY_10', 'REFRESH_KEY_2', 'REFRESH_KEY', 'JWT_KEYS'])).toEqual([
      expect.stringMatching(
        /^REFRESH_KEY \| refresh \| verifies only; can be retired from 2030-01-01 \d\d:15/,
      ),
      'REFRESH_KEY_2 | refresh-2 | signs refresh tokens',
      expect.stringMatching(/^REFRESH_KEY_10 \| refresh-10 \| signs refresh tokens from 2030-01-01 .* on$/),
      'REFRESH_KEY_11 | refresh-11 | is recorded, but not set',
    ]);
  });

  it('does not say which refresh key signs where one was set by hand', () => {
    expect(refreshStatesOf([refreshKey('REFRESH_KEY_2', 0)], ['REFRESH_KEY', 'REFRESH_KEY_2'])).toEqual([
      'REFRESH_KEY | refresh | was set by hand',
      'REFRESH_KEY_2 | refresh-2 | signs refresh tokens, unless REFRESH_KEY does, which was set by hand',
    ]);
  });

  it('says that the signing key signs refresh tokens where no refresh key is set', () => {
    expect(refreshStatesOf([], ['JWT_KEYS'])).toEqual([
      'No refresh key is set: the first signing key signs refresh tokens.',
    ]);
  });
});
