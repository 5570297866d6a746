import { readD1Migrations } from '@cloudflare/vitest-pool-workers';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { createKeySet } from '../../src/cli/key-set.ts';
import { paths } from '../../src/cli/project.ts';
import { refreshKeyText } from '../support/refresh-secrets.ts';
import { benchWorker, compatibility } from './artefact.ts';
import type { DatabaseName, Task } from './scale-task.ts';

export type ScaleRuntime = {
  /** @throws Error with what the Worker says where a task fails. */
  perform: <T>(task: Task) => Promise<T>;
  end: () => Promise<void>;
};

/** One process of the pinned workerd, with the service and two databases that have their tables. */
export async function startScaleRuntime(): Promise<ScaleRuntime> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      handleStructuredLogs: () => {},
      modules: [{ type: 'ESModule', path: 'scale.js', contents: await benchWorker('scale') }],
      ...compatibility,
      d1Databases: ['SMALL', 'LARGE'] satisfies DatabaseName[],
      bindings: {
        JWT_KEYS: await createKeySet(),
        REFRESH_KEY: refreshKeyText(),
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
