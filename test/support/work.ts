import { SQL } from 'drizzle-orm';
import { vi } from 'vitest';

const METHODS = ['importKey', 'sign', 'verify', 'digest', 'deriveBits', 'deriveKey'] as const;

/** How often each method of WebCrypto was called; those that were not are left out. */
export type Work = Partial<Record<(typeof METHODS)[number], number>>;

/** What `run` asks of WebCrypto, which does it all the same. */
export async function workOf(run: () => Promise<unknown>): Promise<Work> {
  const work: Work = {};
  for (const name of METHODS) {
    const method = SubtleCrypto.prototype[name];
    Object.defineProperty(crypto.subtle, name, {
      configurable: true,
      value: (...args: unknown[]) => {
        work[name] = (work[name] ?? 0) + 1;
        return Reflect.apply(method, crypto.subtle, args);
      },
    });
  }
  try {
    await run();
  } finally {
    for (const name of METHODS) Reflect.deleteProperty(crypto.subtle, name);
  }
  return work;
}

/** How many schemas zod makes while `run` runs: each begins by getting this member. */
export async function schemasBuiltBy(run: () => unknown): Promise<number> {
  const define = vi.spyOn(Object, 'defineProperty');
  try {
    await run();
    return define.mock.calls.filter(([, name]) => name === '_zod').length;
  } finally {
    define.mockRestore();
  }
}

/** How many statements Drizzle writes while `run` runs. */
export async function statementsBuiltBy(run: () => unknown): Promise<number> {
  const build = vi.spyOn(SQL.prototype, 'toQuery');
  try {
    await run();
    return build.mock.calls.length;
  } finally {
    build.mockRestore();
  }
}
