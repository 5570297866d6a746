import type { D1Migration } from 'cloudflare:test';
import { env as bound } from 'cloudflare:workers';
import type { Env } from '../../src/env.ts';

/** The bindings that `test/vitest.config.ts` gives; the cast is that file's promise. */
export const env = bound as unknown as Env & { JWT_KEYS: string; TEST_MIGRATIONS: D1Migration[] };
