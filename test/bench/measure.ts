import type { Sent } from './requests.ts';
import type { Row } from './rows.ts';
import { type Modules, type Runtime, startRuntime } from './runtime.ts';
import { median } from './statistics.ts';
import { populate, type Requests } from './world.ts';

/** What one process said of a row. */
export type Sample = {
  /** The median of the pairs: of the request to its floor, both as CPU time. */
  ratio: number;
  requestUs: number;
  floorUs: number;
};

/** Measures anew, in nanoseconds of CPU. */
type Slice = () => Promise<number>;

export type Effort = { pairs: number; warmUps: number };

const SLICE_NS = 30e6;
/** After fewer, a fresh process grows faster during the pairs. */
export const FULL_EFFORT: Effort = { pairs: 40, warmUps: 5000 };

/** Measures every row in one fresh process. @throws Error when an answer was not what it should be. */
export async function measureRows(
  modules: Modules,
  rows: readonly Row[],
  effort: Effort,
): Promise<Map<Row, Sample>> {
  const runtime = await startRuntime(modules);
  try {
    const requests = await populate(runtime);
    const samples = new Map<Row, Sample>();
    for (const row of rows) samples.set(row, await measureRow(runtime, requests, row, effort));
    return samples;
  } finally {
    await runtime.end();
  }
}

async function measureRow(runtime: Runtime, requests: Requests, row: Row, effort: Effort): Promise<Sample> {
  const replay = { kind: 'replay', replay: { database: 'replayed', hashes: row.hashes } } as const;
  await record(runtime, requests, row);
  await runtime.perform(replay);
  // What hashes is hardly quicker for being compiled, and takes a thousand times as long.
  const warmUps = row.hashes === 'computed' ? Math.ceil(effort.warmUps / 1000) : effort.warmUps;
  const request = await sliceOf(runtime, requests[row.request], warmUps);
  const floor = await floorOf(runtime, requests, row, warmUps);
  const [ratios, requestNs, floorNs]: [number[], number[], number[]] = [[], [], [await floor()]];
  for (let pair = 0; pair < effort.pairs; pair++) {
    const before = floorNs.at(-1) ?? Number.NaN;
    const [own, after] = [await request(), await floor()];
    ratios.push(own / ((before + after) / 2));
    requestNs.push(own);
    floorNs.push(after);
  }
  // Fails where something was asked meanwhile that was not recorded.
  await runtime.perform(replay);
  return { ratio: median(ratios), requestUs: median(requestNs) / 1000, floorUs: median(floorNs) / 1000 };
}

/** Has a real D1 answer what the row asks, which from then on says the same again. */
async function record(runtime: Runtime, requests: Requests, { request, floor }: Row): Promise<void> {
  // The use of a key is noted after its answer, every few minutes, and a recorded answer must not ask for that.
  for (let i = 0; i < 2; i++) {
    await runtime.perform({ kind: 'replay', replay: { database: 'recorded', hashes: 'computed' } });
    for (const name of [request, ...floor])
      await runtime.perform({ kind: 'loop', sent: requests[name], count: 1 });
  }
}

/** What gives the CPU time of the routes together: one after the other, each in a slice of its own. */
async function floorOf(
  runtime: Runtime,
  requests: Requests,
  { floor }: Row,
  warmUps: number,
): Promise<Slice> {
  const routes: Slice[] = [];
  for (const name of floor) routes.push(await sliceOf(runtime, requests[name], warmUps));
  const [hello, further] = [await sliceOf(runtime, requests.hello, warmUps), routes.length - 1];
  return async () => {
    let total = further === 0 ? 0 : -further * (await hello());
    for (const route of routes) total += await route();
    return total;
  };
}

/** Runs the request until it is compiled, and returns what gives the CPU time of one, in nanoseconds. */
async function sliceOf(runtime: Runtime, sent: Sent, warmUps: number): Promise<Slice> {
  const nsOf = async (count: number): Promise<number> => {
    const started = runtime.processorTimeNs();
    await runtime.perform({ kind: 'loop', sent, count });
    return (runtime.processorTimeNs() - started) / count;
  };
  await nsOf(warmUps);
  const count = Math.max(1, Math.round(SLICE_NS / (await nsOf(Math.ceil(warmUps / 10)))));
  return () => nsOf(count);
}
