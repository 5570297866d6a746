import { readD1Migrations } from '@cloudflare/vitest-pool-workers';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { createKeySet } from '../../src/cli/key-set.ts';
import { paths } from '../../src/cli/project.ts';
import { refreshKeyText } from '../support/refresh-secrets.ts';
import { compatibility } from './artefact.ts';
import { processorTimeNs, startedRuntimes } from './processor-time.ts';
import type { Answer, Task } from './requests.ts';

export type Modules = { driver: string; subject: string; deployed: string };

/** One process of the pinned workerd, with the service and the driver in it. */
export type Runtime = {
  perform(task: Task): Promise<Answer | null>;
  processorTimeNs(): number;
  end(): Promise<void>;
};

/** @throws Error from `perform` when an answer was not the one expected. */
export async function startRuntime({ driver, subject, deployed }: Modules): Promise<Runtime> {
  const before = startedRuntimes();
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      handleStructuredLogs: () => {},
      workers: [
        {
          name: 'driver',
          modules: [{ type: 'ESModule', path: 'driver.js', contents: driver }],
          ...compatibility,
          serviceBindings: {
            SERVICE: 'subject',
            ACCOUNTS: { name: 'subject', entrypoint: 'Accounts' },
            SWITCHES: { name: 'subject', entrypoint: 'Switches' },
          },
          unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        },
        {
          name: 'subject',
          modules: [
            { type: 'ESModule', path: 'subject.js', contents: subject },
            { type: 'ESModule', path: 'deployed.js', contents: deployed },
          ],
          ...compatibility,
          d1Databases: ['DB'],
          bindings: { JWT_KEYS: await createKeySet(), REFRESH_KEY: refreshKeyText() },
        },
      ],
    }),
  );
  const url = await miniflare.unsafeGetDirectURL('driver');
  const [pid, ...more] = startedRuntimes().filter((each) => !before.includes(each));
  if (pid === undefined || more.length > 0) throw new Error('not one workerd was started');
  await migrate(miniflare);
  return {
    perform: (task) => perform(url, task),
    processorTimeNs: () => processorTimeNs(pid),
    end: () => miniflare.dispose(),
  };
}

async function perform(url: URL, task: Task): Promise<Answer | null> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(task) });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(text);
  return JSON.parse(text);
}

async function migrate(miniflare: Miniflare): Promise<void> {
  const database = await miniflare.getD1Database('DB', 'subject');
  for (const { queries } of await readD1Migrations(paths.migrations))
    await database.batch(queries.map((query) => database.prepare(query)));
}
