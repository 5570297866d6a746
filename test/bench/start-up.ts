// What a cold isolate costs: CPU time of a fresh workerd up to its first answer, with our Worker and with Hono's hello.
// The bare runtime, since what Miniflare and its D1 start beside a Worker is several times as much.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createKeySet } from '../../src/cli/key-set.ts';
import { refreshKeyText } from '../support/refresh-secrets.ts';
import { benchWorker, compatibility } from './artefact.ts';
import type { Sample } from './measure.ts';
import { processorTimeNs } from './processor-time.ts';
import type { Modules } from './runtime.ts';

/** The row of it, beside those of requests. */
export const START_UP = { name: 'first answer of a process', floor: ['hello'], target: 1.6 } as const;

type Subject = { script: string; path: string; status: number };

/** In turns, since what is measured changes with what else the machine does. Linux alone tells it finely enough. */
export async function measureStartUp({ deployed }: Modules, pairs = 20): Promise<Sample[]> {
  // Refused without the database, but not before the configuration is read.
  const own = { script: deployed, path: '/api/accounts/users/me/', status: 401 };
  const floor = { script: await benchWorker('hello'), path: '/hello', status: 200 };
  const samples: Sample[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const [floorUs, requestUs] = [await firstAnswerUs(floor), await firstAnswerUs(own)];
    samples.push({ ratio: requestUs / floorUs, requestUs, floorUs });
  }
  return samples;
}

/** The workerd that wrangler pins. */
const workerd: string = createRequire(createRequire(import.meta.url).resolve('wrangler/package.json'))(
  'workerd',
).default;

async function firstAnswerUs({ script, path, status }: Subject): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-accounts-start-up-'));
  await writeFile(join(folder, 'worker.js'), script);
  await writeFile(join(folder, 'config.capnp'), await configuration());
  const command = ['serve', '--control-fd=3', join(folder, 'config.capnp')];
  const runtime = spawn(workerd, command, { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
  const ended = once(runtime, 'exit');
  const end = () => {
    runtime.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  };
  process.once('exit', end);
  try {
    // The casts hold since stdio above makes a pipe of it, and `spawn` throws by an event without a pid.
    const port = await portOf(runtime.stdio[3] as Readable);
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    await answer.arrayBuffer();
    const used = processorTimeNs(runtime.pid ?? 0) / 1000;
    if (answer.status !== status) throw new Error(`${path} answered ${answer.status}`);
    return used;
  } finally {
    process.off('exit', end);
    end();
    await ended;
  }
}

async function configuration(): Promise<string> {
  const { compatibilityDate, compatibilityFlags } = compatibility;
  // Texts and lists are written there as in JSON.
  const values = [await createKeySet(), refreshKeyText(), compatibilityDate, compatibilityFlags];
  const [keys, refreshKey, date, flags] = values.map((value) => JSON.stringify(value));
  return `using Workerd = import "/workerd/workerd.capnp";
    const worker :Workerd.Worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = ${date},
      compatibilityFlags = ${flags},
      bindings = [
        (name = "JWT_KEYS", text = ${keys}),
        (name = "REFRESH_KEY", text = ${refreshKey}),
      ],
    );
    const config :Workerd.Config = (
      services = [(name = "worker", worker = .worker)],
      sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
    );`;
}

/** workerd tells on its control channel, a line for each event, which port it was given. */
async function portOf(control: Readable): Promise<number> {
  for await (const line of createInterface({ input: control })) {
    const { event, port }: { event: string; port?: number } = JSON.parse(line);
    if (event === 'listen' && port !== undefined) return port;
  }
  throw new Error('workerd ended before it listened');
}
