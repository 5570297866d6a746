import nodeCrypto from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  decoyHash,
  deriveChain,
  hashPassword,
  MAX_ITERATIONS_PER_CALL,
  verifyPassword,
} from '../../src/core/passwords.ts';
import { Secret, utf8 } from '../../src/core/secrets.ts';
import { parseConfig } from '../../src/env.ts';
import { env } from '../support/env.ts';

// Cloudflare refuses a PBKDF2 call above 100,000 iterations; workerd on a developer's machine runs it. These
// wrappers refuse what Cloudflare refuses.
const LIMIT = 100_000;
const calls: number[] = [];

function note(iterations: number): void {
  calls.push(iterations);
  if (iterations > LIMIT) throw new Error(`a PBKDF2 call of ${iterations} iterations fails on Cloudflare`);
}

const iterationsOf = (algorithm: unknown): number =>
  typeof algorithm === 'object' && algorithm !== null && 'iterations' in algorithm
    ? Number(algorithm.iterations)
    : 0;

beforeEach(() => {
  calls.length = 0;
  const { deriveBits, deriveKey } = crypto.subtle;
  vi.spyOn(crypto.subtle, 'deriveBits').mockImplementation(async (...args) => {
    note(iterationsOf(args[0]));
    return deriveBits.apply(crypto.subtle, args);
  });
  vi.spyOn(crypto.subtle, 'deriveKey').mockImplementation(async (...args) => {
    note(iterationsOf(args[0]));
    return deriveKey.apply(crypto.subtle, args);
  });
  const { pbkdf2, pbkdf2Sync } = nodeCrypto;
  vi.spyOn(nodeCrypto, 'pbkdf2').mockImplementation((...args) => {
    note(args[2]);
    pbkdf2(...args);
  });
  vi.spyOn(nodeCrypto, 'pbkdf2Sync').mockImplementation((...args) => {
    note(args[2]);
    return pbkdf2Sync(...args);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('the wrapper', () => {
  const importKey = () =>
    crypto.subtle.importKey('raw', utf8('password'), 'PBKDF2', false, ['deriveBits', 'deriveKey']);
  const parametersOf = (iterations: number) => ({
    name: 'PBKDF2',
    hash: 'SHA-512',
    salt: utf8('salt'),
    iterations,
  });
  const sync = (count: number) => nodeCrypto.pbkdf2Sync('password', 'salt', count, 64, 'sha512');
  const callback = (count: number) =>
    new Promise((resolve) => {
      nodeCrypto.pbkdf2('password', 'salt', count, 64, 'sha512', (_, derived) => resolve(derived));
    });

  it('catches 100,001 iterations at every door, and lets fewer through', async () => {
    const key = await importKey();
    const hmac = { name: 'HMAC', hash: 'SHA-256', length: 256 };
    const deriveKey = (count: number) =>
      crypto.subtle.deriveKey(parametersOf(count), key, hmac, false, ['sign']);
    const deriveBits = (count: number) => deriveChain('password', utf8('salt'), [count]);
    const problem = 'fails on Cloudflare';
    await expect(deriveBits(LIMIT + 1)).rejects.toThrow(problem);
    await expect(deriveKey(LIMIT + 1)).rejects.toThrow(problem);
    await expect(callback(LIMIT + 1)).rejects.toThrow(problem);
    expect(() => sync(LIMIT + 1)).toThrow(problem);

    await expect(deriveBits(1)).resolves.toHaveLength(64);
    await expect(deriveKey(1)).resolves.toBeDefined();
    await expect(callback(1)).resolves.toHaveLength(64);
    expect(sync(1)).toHaveLength(64);
  });

  // A name imported from a built-in module is bound to the original, which no wrapper reaches.
  it("misses no door: the Worker's sources import nothing of Node's crypto", () => {
    const sources = Object.entries(
      import.meta.glob('../../src/**/*.ts', { query: '?raw', import: 'default', eager: true }),
    ).filter(([path]) => !/\/src\/(cli|web)\//.test(path));
    expect(sources.map(([path]) => path)).toContain('../../src/core/passwords.ts');
    const doors = /['"](node:)?crypto['"]|getBuiltinModule|pbkdf2(Sync)?\(/;
    expect(sources.filter(([, source]) => doors.test(source)).map(([path]) => path)).toEqual([]);
  });
});

describe('no call of PBKDF2 runs more than 100,000 iterations', () => {
  const policyOf = (iterations: string) => {
    const parsed = parseConfig({ ...env, PASSWORD_ITERATIONS: iterations });
    if (!parsed.valid) throw new Error(parsed.problem);
    return parsed.config.passwordPolicy;
  };

  it("with production's configuration, which is 220,000 in three links", async () => {
    const policy = policyOf('');
    expect(policy.passwordIterations).toBe(220_000);
    const stored = await hashPassword(policy, 'correct horse');
    expect(await verifyPassword(stored, 'correct horse')).toBe(true);
    expect(calls).toEqual([73_334, 73_333, 73_333, 73_334, 73_333, 73_333]);
  });

  it('with 1,000,000 iterations configured, in ten links', async () => {
    const stored = await hashPassword(policyOf('1000000'), 'correct horse');
    expect(stored.reveal()).toContain(`$i=${Array(10).fill(MAX_ITERATIONS_PER_CALL).join(',')}$`);
    expect(await verifyPassword(stored, 'correct horse')).toBe(true);
    expect(calls).toEqual(Array(20).fill(LIMIT));
  });

  it('for a decoy, which costs what a real hash costs', async () => {
    const policy = policyOf('150001');
    await verifyPassword(await hashPassword(policy, 'correct horse'), 'wrong');
    const real = calls.splice(0);
    await verifyPassword(decoyHash(policy), 'wrong');
    expect(calls).toEqual([75_001, 75_000]);
    expect(real).toEqual([...calls, ...calls]);
  });

  it('for a stored hash that asks for it', async () => {
    const [salt, hash] = decoyHash(policyOf('1000')).reveal().split('$').slice(3);
    for (const chain of ['100001', '1,220000', '4294967297']) {
      const stored = new Secret(`$pbkdf2-sha512-chain$i=${chain}$${salt}$${hash}`);
      expect(await verifyPassword(stored, 'correct horse')).toBe(false);
    }
    expect(calls).toEqual([]);
  });
});
