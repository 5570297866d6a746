import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createTestHarness } from 'wrangler';
import { createKeySet } from '../../../src/cli/key-set.ts';
import { refreshKeyText } from '../refresh-secrets.ts';
import { freshCheckout, projectRoot } from './checkout.ts';

export type Service = { origin: string; stop: () => Promise<void> };

/**
 * The service with its page, as the configuration of a fresh checkout has it, an empty database and a key of its own.
 * In this process and without what `npm run dev` does beside it: that takes several times as long, and looks for
 * changes of files.
 */
export async function startService(vars: Record<string, string> = {}): Promise<Service> {
  const checkout = await freshCheckout();
  // The build fills it, but it has to be there before.
  await mkdir(join(checkout.folder, 'dist'));
  process.env['EDGE_ACCOUNTS_PREPARE'] = 'assets';
  // wrangler builds in the current directory.
  process.chdir(checkout.folder);
  const server = createTestHarness({
    root: checkout.folder,
    workers: [
      {
        configPath: 'wrangler.toml',
        vars,
        secrets: { JWT_KEYS: await createKeySet(), REFRESH_KEY: refreshKeyText() },
      },
    ],
  });
  const { url } = await server.listen();
  await server.getWorker().applyD1Migrations('DB');
  return {
    // Not by its number, which is the site of other servers of a test.
    origin: `http://localhost:${url.port}`,
    async stop() {
      await server.close();
      process.chdir(projectRoot);
      await checkout.remove();
    },
  };
}
