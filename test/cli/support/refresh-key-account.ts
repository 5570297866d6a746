import { expect } from 'vitest';
import { UsageError } from '../../../src/cli/options.ts';
import type { RefreshKeyContext } from '../../../src/cli/refresh-key-commands.ts';
import type { RecordedRefreshKey } from '../../../src/cli/refresh-key-rotation.ts';
import { refreshKeyNumber } from '../../../src/protocol/refresh-keys.ts';

export type Secrets = Record<string, string>;

/**
 * The name of the secret that signs refresh tokens in a Worker with these secrets; null where the signing key does. Of
 * the instants that have passed the latest one decides, then the higher number.
 */
export function signerOf(secrets: Secrets, now: Date): string | null {
  const passed = Object.entries(secrets)
    .map(([name, text]) => ({ name, number: refreshKeyNumber(name), from: Number(text.split('.')[0]) }))
    .filter(({ number, from }) => number !== null && from * 1000 <= now.getTime())
    .sort((a, b) => a.from - b.from || Number(a.number) - Number(b.number));
  return passed.at(-1)?.name ?? null;
}

/** The names of the secrets with refresh keys. */
export const refreshKeysIn = (secrets: Secrets): string[] =>
  Object.keys(secrets).filter((name) => refreshKeyNumber(name) !== null);

export type RefreshKeyAccount = {
  context: RefreshKeyContext;
  secrets: Secrets;
  records: RecordedRefreshKey[];
  said: string[];
  /** The key that signs refresh tokens now. */
  signer(): string | null;
  pass(minutes: number): void;
  /** Runs a step of which one write fails: with nothing done before it, or with all done after it. */
  cutOff(
    at: 'before put' | 'after put' | 'before remove' | 'after remove',
    step: () => Promise<void>,
  ): Promise<void>;
};

/** A Worker with its secrets and records, kept in memory, and a clock that the test moves. */
export function refreshKeyAccount(secrets: Secrets, { longestSessionSeconds = 0 } = {}): RefreshKeyAccount {
  let clock = Date.UTC(2030, 0, 1, 12);
  let failsAt = '';
  const records: RecordedRefreshKey[] = Object.entries(secrets)
    .filter(([name]) => refreshKeyNumber(name) !== null)
    .map(([secretName, text]) => ({
      secretName,
      addedAt: new Date(0),
      signsFrom: new Date(Number(text.split('.')[0]) * 1000),
    }));
  const said: string[] = [];
  const write = async (name: string, act: () => void): Promise<void> => {
    if (failsAt === `before ${name}`) throw new UsageError('no answer');
    act();
    if (failsAt === `after ${name}`) throw new UsageError('no answer');
  };
  const context: RefreshKeyContext = {
    secrets: {
      names: async () => Object.keys(secrets),
      put: (name, text) => write('put', () => void Object.assign(secrets, { [name]: text })),
      remove: (name) => write('remove', () => void Reflect.deleteProperty(secrets, name)),
    },
    records: {
      read: async () => ({ recorded: [...records], now: new Date(clock), longestSessionSeconds }),
      async add(key) {
        if (records.some(({ secretName }) => secretName === key.secretName))
          throw new UsageError('UNIQUE constraint failed');
        records.push(key);
      },
      async forget(secretNames) {
        const kept = records.filter(({ secretName }) => !secretNames.includes(secretName));
        records.splice(0, records.length, ...kept);
      },
    },
    say: (line) => said.push(line),
    nameOf: (step) => `keys:${step} --refresh`,
    refreshTokenTtlSeconds: 86_400,
  };
  return {
    ...{ context, secrets, records, said },
    signer: () => signerOf(secrets, new Date(clock)),
    pass(minutes) {
      clock += minutes * 60_000;
    },
    async cutOff(at, step) {
      failsAt = at;
      await expect(step()).rejects.toThrow(
        /^no answer\nIt was cut off: run `keys:\w+ --refresh` again, with the same options\.$/,
      );
      failsAt = '';
    },
  };
}
