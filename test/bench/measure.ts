import type { Sent } from './requests.ts';
import type { Row } from './rows.ts';
import { type Modules, type Runtime, startRuntime } from './runtime.ts';
import { median } from './statistics.ts';
import { type FloorName, populate, type Requests } from './world.ts';

/** What one process said of a row. */
export type Sample = {
  /** Of the request to its floor, by the median of the pairs; both as CPU time. */
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
  const parts: Part[] = [];
  for (const [name, times] of partsOf(row.floor))
    parts.push({ times, slice: await sliceOf(runtime, requests[name], warmUps), ns: [], shares: [] });
  for (const part of parts) part.ns.push(await part.slice());
  const requestNs: number[] = [];
  for (let pair = 0; pair < effort.pairs; pair++) {
    const own = await request();
    requestNs.push(own);
    for (const part of parts) {
      const [before = Number.NaN, after] = [part.ns.at(-1), await part.slice()];
      part.shares.push((before + after) / 2 / own);
      part.ns.push(after);
    }
  }
  // Fails where something was asked meanwhile that was not recorded.
  await runtime.perform(replay);
  return {
    ratio: 1 / sumOf(parts, ({ shares }) => shares),
    requestUs: median(requestNs) / 1000,
    floorUs: sumOf(parts, ({ ns }) => ns) / 1000,
  };
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

/** A route of a floor, how many times it counts, its slices, and what share each pair of them is of the request. */
type Part = { times: number; slice: Slice; ns: number[]; shares: number[] };

/** Each further route counts without the hello that it has as well. */
const partsOf = (floor: Row['floor']): [FloorName, times: number][] => [
  ...floor.map((name): [FloorName, number] => [name, 1]),
  ...(floor.length === 1 ? [] : [['hello', 1 - floor.length] satisfies [FloorName, number]]),
];

/** Of the medians: that of sums would have the garbage collections of every part, and the request its own alone. */
const sumOf = (parts: readonly Part[], valuesOf: (part: Part) => number[]): number =>
  parts.reduce((sum, part) => sum + part.times * median(valuesOf(part)), 0);

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
