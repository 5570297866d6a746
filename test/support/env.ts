import type { D1Migration } from 'cloudflare:test';
import { env as bound } from 'cloudflare:workers';
import type { Env } from '../../src/env.ts';

/** The bindings that `test/vitest.config.ts` gives; the cast is that file's promise. */
export const boundEnv = bound as unknown as Env & {
  JWT_KEYS: string;
  REFRESH_KEY: string;
  TEST_MIGRATIONS: D1Migration[];
  FUZZ_MINUTES: string;
  FUZZ_SEED: string;
  FUZZ_PATH: string;
};

/** Without the counters of logins at the edge, whose minutes are the clock's: tests of them bring their own. */
export const env: Omit<typeof boundEnv, 'LOGINS_PER_NETWORK' | 'LOGINS_PER_NETWORK_AND_NAME'> = {
  ...boundEnv,
};
for (const name of ['LOGINS_PER_NETWORK', 'LOGINS_PER_NETWORK_AND_NAME']) Reflect.deleteProperty(env, name);
