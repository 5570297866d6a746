import { availableParallelism } from 'node:os';
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers';
import { exportJWK, generateKeyPair } from 'jose';
import { defineConfig } from 'vitest/config';
import { unstable_readConfig } from 'wrangler';
import { refreshKeyText } from './support/refresh-secrets.ts';

/** A key of this run alone, so that no key is ever committed. */
async function signingKeys(): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return JSON.stringify({ keys: [await exportJWK(privateKey)] });
}

/** An empty var counts as unset, so that nobody's `.dev.vars` reaches the tests. */
const UNSET = Object.fromEntries(
  [
    'REFRESH_KEY',
    'JWT_ISSUER',
    'JWT_AUDIENCE',
    'ACCESS_TOKEN_TTL_SECONDS',
    'REFRESH_TOKEN_TTL_SECONDS',
    'REFRESH_ROTATION',
    'PASSWORD_MIN_LENGTH',
    'REQUIRE_CURRENT_PASSWORD',
    'CORS_ORIGINS',
    'SETUP_ALLOWED_IP',
    'API_KEYS_PER_USER',
    'RATE_LIMITS',
  ].map((name) => [name, '']),
);

/**
 * How hard `test/fuzz` tries: a few times from one seed or, where minutes are given, so long from another. Kept in
 * the environment, since this file is read once for each project.
 */
function fuzzing() {
  const { FUZZ_MINUTES = '', FUZZ_PATH = '' } = process.env;
  if (FUZZ_MINUTES !== '' && !(Number(FUZZ_MINUTES) > 0))
    throw new Error('FUZZ_MINUTES is no number of minutes');
  process.env['FUZZ_SEED'] ??= FUZZ_MINUTES === '' ? '1' : newSeed(FUZZ_MINUTES);
  return { FUZZ_MINUTES, FUZZ_PATH, FUZZ_SEED: process.env['FUZZ_SEED'] };
}

function newSeed(minutes: string): string {
  const seed = String(Math.floor(Math.random() * 2 ** 31));
  console.log(`Trying for ${minutes} minutes from FUZZ_SEED=${seed}`);
  return seed;
}

const root = new URL('..', import.meta.url).pathname;

// Half of what a script or wrangler takes is reading its own code: what was translated once is kept.
process.env['NODE_COMPILE_CACHE'] ??= `${root}.wrangler/compiled`;

/** What every Worker of a run is bound to; the least iterations that the configuration takes save time only. */
const bindings = async () => ({
  ...UNSET,
  ...fuzzing(),
  JWT_KEYS: await signingKeys(),
  REFRESH_KEY: refreshKeyText(),
  PASSWORD_ITERATIONS: '1000',
  TEST_MIGRATIONS: await readD1Migrations(`${root}/migrations`),
});

const { compatibility_date: compatibilityDate } = unstable_readConfig({ config: `${root}/wrangler.toml` });

/**
 * Long enough for the slowest on a machine that is busy with other things. How long something may take is for a test
 * to say; this only ends what hangs.
 */
const patience = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 30_000 } } };

/** A Worker for many files, each of which `start-anew.ts` lets find what it would find in a new one. */
const inOneWorker = {
  ...patience,
  isolate: false,
  sequence: { setupFiles: 'list' as const },
  setupFiles: ['start-anew', 'migrate', 'hold-query-plans'].map((name) => `test/support/${name}.ts`),
};

export default defineConfig({
  root,
  test: {
    // One more than vitest would take: it does little itself while they run.
    maxWorkers: availableParallelism(),
    // Each request logs one; those that tell of a failure stay.
    onConsoleLog: (text) => !text.startsWith('{"level":"info"'),
    projects: [
      {
        // The rules and the stores do without the app, which takes longer to load than they take to test.
        plugins: [
          cloudflareTest(async () => ({
            miniflare: { compatibilityDate, d1Databases: ['DB'], bindings: await bindings() },
          })),
        ],
        root,
        test: {
          name: 'core',
          include: ['test/{core,db}/**/*.test.ts'],
          ...inOneWorker,
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: { bindings: await bindings() },
          })),
        ],
        root,
        test: {
          name: 'http',
          include: ['test/{http,rpc,conformance,fuzz,sdk}/**/*.test.ts'],
          ...inOneWorker,
        },
      },
      {
        root,
        test: { name: 'bench', include: ['test/bench/**/*.test.ts'], environment: 'node', ...patience },
      },
      { root, test: { name: 'cli', include: ['test/cli/**/*.test.ts'], environment: 'node', ...patience } },
      {
        root,
        test: {
          name: 'verify',
          include: ['test/verify/**/*.test.ts'],
          environment: 'node',
          ...patience,
        },
      },
      {
        root,
        test: { name: 'web', include: ['test/web/**/*.test.ts'], environment: 'node', ...patience },
      },
    ],
  },
});
