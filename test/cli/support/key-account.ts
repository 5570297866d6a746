import { expect } from 'vitest';
import type { KeyContext } from '../../../src/cli/key-commands.ts';
import type { KeyRecords } from '../../../src/cli/key-records.ts';
import type { RecordedKey } from '../../../src/cli/key-rotation.ts';
import type { KeySecrets } from '../../../src/cli/key-secrets.ts';
import { createKey, type NewKey } from '../../../src/cli/key-set.ts';
import { UsageError } from '../../../src/cli/options.ts';
import { keySetNumber } from '../../../src/core/key-set-names.ts';
import { parseSigningKeys, type SigningKeys } from '../../../src/core/signing-keys.ts';

export type Secrets = Record<string, string>;

const inOrder = (secrets: Secrets): string[] =>
  Object.keys(secrets).sort((a, b) => (keySetNumber(a) ?? 0) - (keySetNumber(b) ?? 0));

/** The keys as a Worker with these secrets reads them. @throws where it would refuse them. */
export async function keysOfWorker(secrets: Secrets): Promise<SigningKeys> {
  const sets = inOrder(secrets).map((name) => ({ name, text: secrets[name] ?? '' }));
  const parsed = await parseSigningKeys(sets);
  if (!parsed.valid) throw new Error(parsed.problem);
  return parsed.keys;
}

/** Each secret in its order with what its key does for a Worker. */
export async function rolesOf(secrets: Secrets): Promise<string[]> {
  const { all, signer } = await keysOfWorker(secrets);
  const role = (index: number) =>
    all[index] === signer ? 'signs' : all[index]?.signWith === undefined ? 'verifies' : 'stands by';
  return inOrder(secrets).map((name, index) => `${name} ${role(index)}`);
}

/** A Worker with its first key, kept in memory, and a clock that the test moves. */
export type KeyAccount = {
  context: KeyContext;
  secrets: Secrets;
  records: RecordedKey[];
  said: string[];
  first: NewKey;
  pass(minutes: number): void;
  /** Runs a step of which one write fails: with nothing done before it, or with all done after it. */
  cutOff(
    at: 'before put' | 'after put' | 'before remove' | 'after remove',
    step: () => Promise<void>,
  ): Promise<void>;
};

export async function keyAccount({ longestLoginSeconds = 0 } = {}): Promise<KeyAccount> {
  const first = await createKey();
  let clock = Date.UTC(2030, 0, 1, 12);
  let failsAt = '';
  const secrets: Secrets = { JWT_KEYS: first.keySet };
  const { keySet: _, ...recorded } = first;
  const records: RecordedKey[] = [
    { ...recorded, secretName: 'JWT_KEYS', addedAt: new Date(0), replaced: null },
  ];
  const said: string[] = [];
  const write = async (name: string, act: () => void): Promise<void> => {
    if (failsAt === `before ${name}`) throw new UsageError('no answer');
    act();
    if (failsAt === `after ${name}`) throw new UsageError('no answer');
  };
  const context: KeyContext = {
    secrets: secretsIn(secrets, write),
    records: recordsIn(records, longestLoginSeconds),
    now: () => new Date(clock),
    say: (line) => said.push(line),
    nameOf: (step) => `keys:${step}`,
    refreshTokenTtlSeconds: 86_400,
  };
  return {
    ...{ context, secrets, records, said, first },
    pass(minutes) {
      clock += minutes * 60_000;
    },
    async cutOff(at, step) {
      failsAt = at;
      await expect(step()).rejects.toThrow(
        /^no answer\nIt was cut off: run `keys:\w+` again, with the same options\.$/,
      );
      failsAt = '';
    },
  };
}

type Write = (name: string, act: () => void) => Promise<void>;

const secretsIn = (secrets: Secrets, write: Write): KeySecrets => ({
  names: async () => Object.keys(secrets),
  put: (name, text) => write('put', () => void Object.assign(secrets, { [name]: text })),
  remove: (name) => write('remove', () => void Reflect.deleteProperty(secrets, name)),
});

function recordsIn(records: RecordedKey[], longestLoginSeconds: number): KeyRecords {
  const indexOf = (secretName: string) => records.findIndex((record) => record.secretName === secretName);
  return {
    list: async () => [...records],
    async add(key) {
      if (indexOf(key.secretName) !== -1) throw new UsageError('UNIQUE constraint failed');
      records.push({ ...key, replaced: null });
    },
    async markReplaced(secretName, replaced) {
      const index = indexOf(secretName);
      const record = records[index];
      if (record !== undefined) records[index] = { ...record, replaced };
    },
    async forget(secretNames) {
      const kept = records.filter(({ secretName }) => !secretNames.includes(secretName));
      records.splice(0, records.length, ...kept);
    },
    longestLoginSeconds: async () => longestLoginSeconds,
  };
}
