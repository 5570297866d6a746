import { type createTestHarness, unstable_readConfig } from 'wrangler';
import { createKeySet } from '../../../src/cli/key-set.ts';

export const root = new URL('../../..', import.meta.url).pathname;
export const { compatibility_date } = unstable_readConfig({ config: `${root}wrangler.toml` });

type Worker = NonNullable<Parameters<typeof createTestHarness>[0]>['workers'][number];

/**
 * The service as a Worker of a test harness, with a signing key of its own. Without its page and build, so that nothing
 * of the checkout changes.
 */
export const accountsWorker = async (vars: Record<string, string> = {}): Promise<Worker> => ({
  config: {
    name: 'edge-accounts',
    main: `${root}src/index.ts`,
    compatibility_date,
    d1_databases: [{ binding: 'DB', database_name: 'edge-accounts', migrations_dir: `${root}migrations` }],
    vars: { JWT_KEYS: await createKeySet(), RATE_LIMITS: 'off', PASSWORD_ITERATIONS: '1000', ...vars },
  },
});
