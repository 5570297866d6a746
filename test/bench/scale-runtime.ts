import { join } from 'node:path';
import { readD1Migrations } from '@cloudflare/vitest-pool-workers';
import { build } from 'esbuild';
import { exportJWK, generateKeyPair } from 'jose';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { unstable_readConfig } from 'wrangler';
import { paths } from '../../src/cli/project.ts';
import type { DatabaseName, Task } from './scale-task.ts';

export type ScaleRuntime = {
  /** @throws Error with what the Worker says where a task fails. */
  perform: <T>(task: Task) => Promise<T>;
  end: () => Promise<void>;
};

/** One process of the pinned workerd, with the service and two databases that have their tables. */
export async function startScaleRuntime(): Promise<ScaleRuntime> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const { compatibility_date: compatibilityDate } = unstable_readConfig({ config: paths.config });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      handleStructuredLogs: () => {},
      modules: [{ type: 'ESModule', path: 'scale.js', contents: await scaleWorker() }],
      compatibilityDate,
      d1Databases: ['SMALL', 'LARGE'] satisfies DatabaseName[],
      bindings: {
        JWT_KEYS: JSON.stringify({ keys: [await exportJWK(privateKey)] }),
        PASSWORD_ITERATIONS: '1000',
      },
    }),
  );
  const perform: ScaleRuntime['perform'] = async (task) => {
    const answer = await miniflare.dispatchFetch('http://localhost/', {
      method: 'POST',
      body: JSON.stringify(task),
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(text);
    return JSON.parse(text);
  };
  for (const { queries } of await readD1Migrations(paths.migrations))
    for (const database of ['SMALL', 'LARGE'] as const)
      await perform({ kind: 'sql', database, statements: queries });
  return { perform, end: () => miniflare.dispose() };
}

async function scaleWorker(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'workers', 'scale.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2024',
    external: ['cloudflare:*', 'node:*'],
    write: false,
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error('the Worker of the scale bench was not built');
  return file.text;
}
