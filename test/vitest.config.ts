import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers';
import { exportJWK, generateKeyPair } from 'jose';
import { defineConfig } from 'vitest/config';

/** A key of this run alone, so that no key is ever committed. */
async function signingKeys(): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return JSON.stringify({ keys: [await exportJWK(privateKey)] });
}

/** An empty var counts as unset, so that nobody's `.dev.vars` reaches the tests. */
const UNSET = Object.fromEntries(
  [
    'JWT_ISSUER',
    'JWT_AUDIENCE',
    'ACCESS_TOKEN_TTL_SECONDS',
    'REFRESH_TOKEN_TTL_SECONDS',
    'PASSWORD_MIN_LENGTH',
    'REQUIRE_CURRENT_PASSWORD',
    'CORS_ORIGINS',
    'SETUP_ALLOWED_IP',
    'API_KEYS_PER_USER',
  ].map((name) => [name, '']),
);

const root = new URL('..', import.meta.url).pathname;

export default defineConfig({
  root,
  test: {
    projects: [
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                ...UNSET,
                JWT_KEYS: await signingKeys(),
                // The least that the configuration takes: what is tested is the same, only sooner.
                PASSWORD_ITERATIONS: '1000',
                TEST_MIGRATIONS: await readD1Migrations(`${root}/migrations`),
              },
            },
          })),
        ],
        root,
        test: {
          name: 'worker',
          include: ['test/{core,db,http}/**/*.test.ts'],
          setupFiles: ['test/support/migrate.ts'],
        },
      },
      { root, test: { name: 'cli', include: ['test/cli/**/*.test.ts'], environment: 'node' } },
    ],
  },
});
