import { describe, expect, it } from 'vitest';
import { addKey, promoteKey, retireKeys } from '../../src/cli/key-commands.ts';
import { createKey } from '../../src/cli/key-set.ts';
import { keyAccount, keysOfWorker, rolesOf } from './support/key-account.ts';

const DAY_MINUTES = 24 * 60;
const calmly = { force: false, all: false };
const hastily = { force: true, all: false };
const ofAll = { force: true, all: true };
const ONE_MINUTE_EARLY = /^Too early\. It is safe in 1 min, from /;

describe('a rotation', () => {
  it('adds a standby, lets it sign when all know it, and takes the old key away after its last token', async () => {
    const { context, secrets, records, said, first, pass } = await keyAccount();
    await addKey(context);
    expect(await rolesOf(secrets)).toEqual(['JWT_KEYS signs', 'JWT_KEYS_2 stands by']);
    expect(said.at(-1)).toMatch(/^Next: `keys:promote`, safe from 2030-01-01 .*12:15 UTC\)? on\.$/);

    pass(14);
    await expect(promoteKey(context, calmly)).rejects.toThrow(ONE_MINUTE_EARLY);
    pass(1);
    await promoteKey(context, calmly);
    expect(await rolesOf(secrets)).toEqual(['JWT_KEYS verifies', 'JWT_KEYS_2 signs']);
    expect((await keysOfWorker(secrets)).all[0]?.kid).toBe(first.kid);
    expect(said.at(-1)).toMatch(/^Next: `keys:retire`, safe from 2030-01-02 .*12:30 UTC\)? on\.$/);

    pass(DAY_MINUTES + 14);
    await expect(retireKeys(context, calmly)).rejects.toThrow(ONE_MINUTE_EARLY);
    pass(1);
    await retireKeys(context, calmly);
    expect(await rolesOf(secrets)).toEqual(['JWT_KEYS_2 signs']);
    expect(records.map(({ secretName }) => secretName)).toEqual(['JWT_KEYS_2']);

    await addKey(context);
    expect(await rolesOf(secrets)).toEqual(['JWT_KEYS_2 signs', 'JWT_KEYS_3 stands by']);
  });
});

describe('the wait before a key is retired', () => {
  it.each([
    ['the lifetime that is configured', 3600, DAY_MINUTES],
    ['a longer one that a login was stored with', 30 * 86_400, 30 * DAY_MINUTES],
  ])('is a quarter of an hour more than %s', async (_, longestLoginSeconds, minutes) => {
    const { context, secrets, pass } = await keyAccount({ longestLoginSeconds });
    await addKey(context);
    pass(15);
    await promoteKey(context, calmly);
    pass(minutes + 14);
    await expect(retireKeys(context, calmly)).rejects.toThrow(ONE_MINUTE_EARLY);
    pass(1);
    await retireKeys(context, calmly);
    expect(await rolesOf(secrets)).toEqual(['JWT_KEYS_2 signs']);
  });

  it('is that of the promotion, whatever has been configured since', async () => {
    const { context, pass } = await keyAccount();
    await addKey(context);
    pass(15);
    await promoteKey({ ...context, refreshTokenTtlSeconds: 7 * 86_400 }, calmly);
    pass(DAY_MINUTES + 15);
    await expect(retireKeys(context, calmly)).rejects.toThrow(/^Too early\. It is safe in 6 d, from /);
  });
});

it('a rotation after a leak waits for nothing, and says what that costs', async () => {
  const { context, secrets, said } = await keyAccount();
  await addKey(context);
  await promoteKey(context, hastily);
  expect(said).toContain('Forced, 15 min early: Workers that do not know JWT_KEYS_2 yet refuse new logins.');
  await retireKeys(context, hastily);
  expect(said).toContain(
    'Forced, 1 d early: Access tokens of JWT_KEYS are refused, and sessions whose refresh token JWT_KEYS signed end.',
  );
  expect(await rolesOf(secrets)).toEqual(['JWT_KEYS_2 signs']);
});

describe('with a key that still verifies from the rotation before', () => {
  /** The second key signs, and the first one verifies. */
  async function halfWay() {
    const made = await keyAccount();
    await addKey(made.context);
    await promoteKey(made.context, hastily);
    return made;
  }

  it('a rotation after a leak takes the key that leaked away, too', async () => {
    const { context, secrets, said, records } = await halfWay();
    await addKey(context);
    await promoteKey(context, hastily);
    await expect(retireKeys(context, { ...ofAll, force: false })).rejects.toThrow(/^Too early/);
    expect(await rolesOf(secrets)).toEqual(['JWT_KEYS verifies', 'JWT_KEYS_2 verifies', 'JWT_KEYS_3 signs']);
    await retireKeys(context, ofAll);
    expect(await rolesOf(secrets)).toEqual(['JWT_KEYS_3 signs']);
    expect(records.map(({ secretName }) => secretName)).toEqual(['JWT_KEYS_3']);
    expect(said).toContain(
      'Forced, 1 d early: Access tokens of JWT_KEYS and JWT_KEYS_2 are refused, and sessions whose refresh token JWT_KEYS and JWT_KEYS_2 signed end.',
    );
    expect(said.at(-1)).toBe('Retired JWT_KEYS and JWT_KEYS_2. `keys:add` begins the next rotation.');
  });

  it('a retirement of one says which verifies still', async () => {
    const { context, secrets, said, pass } = await halfWay();
    await addKey(context);
    pass(60);
    await promoteKey(context, calmly);
    pass(DAY_MINUTES);
    await retireKeys(context, calmly);
    const { all } = await keysOfWorker(secrets);
    expect(await rolesOf(secrets)).toEqual(['JWT_KEYS_2 verifies', 'JWT_KEYS_3 signs']);
    const left = `Retired JWT_KEYS. JWT_KEYS_2 (${all[0]?.kid}) verifies still. Next: \`keys:retire\`, safe from `;
    expect(said.at(-1)?.startsWith(left)).toBe(true);
  });

  it.each(['before remove', 'after remove'] as const)('retires all when it is repeated: %s', async (at) => {
    const { context, secrets, records, cutOff } = await halfWay();
    await addKey(context);
    await promoteKey(context, hastily);
    await cutOff(at, () => retireKeys(context, ofAll));
    await retireKeys(context, ofAll);
    expect(await rolesOf(secrets)).toEqual(['JWT_KEYS_3 signs']);
    expect(records.map(({ secretName }) => secretName)).toEqual(['JWT_KEYS_3']);
  });
});

describe('a step that is not possible changes nothing and names the one that is', () => {
  it.each([
    ['promote', promoteKey, 'No key stands by. Next: `keys:add`.'],
    ['retire', retireKeys, 'No key has been replaced. Next: `keys:add`.'],
  ])('%s, before a key was added', async (_, step, told) => {
    const { context, secrets, first } = await keyAccount();
    await expect(step(context, hastily)).rejects.toThrow(told);
    expect(secrets).toEqual({ JWT_KEYS: first.keySet });
  });

  it('add, while a key stands by', async () => {
    const { context, secrets } = await keyAccount();
    await addKey(context);
    const before = { ...secrets };
    await expect(addKey(context)).rejects.toThrow('JWT_KEYS_2 stands by already. Next: `keys:promote`.');
    expect(secrets).toEqual(before);
  });

  it.each([hastily, ofAll])('retire, while no key would be left that signs: %j', async (options) => {
    const { context, secrets } = await keyAccount();
    await addKey(context);
    await promoteKey(context, hastily);
    delete secrets['JWT_KEYS_2'];
    const before = { ...secrets };
    await expect(retireKeys(context, options)).rejects.toThrow(
      /^No key is set that signs.*Next: `keys:add`\.$/,
    );
    expect(secrets).toEqual(before);
    await addKey(context);
    await retireKeys(context, options);
    expect(await rolesOf(secrets)).toEqual(['JWT_KEYS_3 signs']);
  });

  it('promote and retire, where the set is not theirs', async () => {
    const { context, secrets } = await keyAccount();
    await context.records.forget(['JWT_KEYS']);
    const { keySet } = await createKey();
    secrets['JWT_KEYS'] = keySet;
    await addKey(context);
    for (const step of [promoteKey, retireKeys]) {
      await expect(step(context, hastily)).rejects.toThrow(/^JWT_KEYS was not set by these commands.*README/);
    }
    expect(secrets['JWT_KEYS']).toBe(keySet);
  });
});

describe('a step that was cut off', () => {
  it('leaves a key that did not arrive out of account, and the next one takes another name', async () => {
    const { context, secrets, cutOff } = await keyAccount();
    await cutOff('before put', () => addKey(context));
    expect(await rolesOf(secrets)).toEqual(['JWT_KEYS signs']);
    await addKey(context);
    await promoteKey(context, hastily);
    expect(await rolesOf(secrets)).toEqual(['JWT_KEYS verifies', 'JWT_KEYS_3 signs']);
  });

  it('has added the key if the secret arrived', async () => {
    const { context, secrets, cutOff } = await keyAccount();
    await cutOff('after put', () => addKey(context));
    await expect(addKey(context)).rejects.toThrow('JWT_KEYS_2 stands by already.');
    await promoteKey(context, hastily);
    expect(await rolesOf(secrets)).toEqual(['JWT_KEYS verifies', 'JWT_KEYS_2 signs']);
  });

  it.each(['before put', 'after put'] as const)('promotes when it is repeated: %s', async (at) => {
    const { context, secrets, cutOff, pass } = await keyAccount();
    await addKey(context);
    await cutOff(at, () => promoteKey(context, hastily));
    await expect(retireKeys(context, hastily)).rejects.toThrow('No key has been replaced.');
    pass(60);
    await promoteKey(context, calmly);
    expect(await rolesOf(secrets)).toEqual(['JWT_KEYS verifies', 'JWT_KEYS_2 signs']);
    pass(DAY_MINUTES + 14);
    await expect(retireKeys(context, calmly)).rejects.toThrow(ONE_MINUTE_EARLY);
  });

  it.each(['before remove', 'after remove'] as const)('retires when it is repeated: %s', async (at) => {
    const { context, secrets, records, cutOff } = await keyAccount();
    await addKey(context);
    await promoteKey(context, hastily);
    await cutOff(at, () => retireKeys(context, hastily));
    await retireKeys(context, hastily);
    expect(await rolesOf(secrets)).toEqual(['JWT_KEYS_2 signs']);
    expect(records.map(({ secretName }) => secretName)).toEqual(['JWT_KEYS_2']);
  });

  it('is forgotten by the next retirement, if it was an addition', async () => {
    const { context, records, cutOff, pass } = await keyAccount();
    await cutOff('before put', () => addKey(context));
    pass(15);
    await addKey(context);
    await promoteKey(context, hastily);
    await retireKeys(context, hastily);
    expect(records.map(({ secretName }) => secretName)).toEqual(['JWT_KEYS_3']);
  });
});

it('of two additions at once each has a secret of its own, or one fails', async () => {
  const { context, secrets } = await keyAccount();
  const done = await Promise.allSettled([addKey(context), addKey(context)]);
  expect(done.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(await rolesOf(secrets)).toEqual(['JWT_KEYS signs', 'JWT_KEYS_2 stands by']);
});
