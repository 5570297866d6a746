// What operations cost with few users and with many.

import { CHUNK_ROWS } from '../../src/core/housekeeping.ts';
import { reportOf, type ScaleResult, type StepResult } from './scale-report.ts';
import { type ScaleRuntime, startScaleRuntime } from './scale-runtime.ts';
import { expiredSessions, seedsOf } from './scale-seed.ts';
import { type DatabaseName, type Gauge, type Measured, PASSWORD, type Visit } from './scale-task.ts';
import { median } from './statistics.ts';

/** Users in each database, and how many of them visit in each slice of time. */
export type ScaleOptions = { small: number; large: number; slices: number; visits: number };
export const FULL_SCALE: ScaleOptions = { small: 1000, large: 100_000, slices: 5, visits: 20 };

/** Measures in one process, in turns. @throws Error when an answer was not the one expected. */
export async function measureScale(options: ScaleOptions): Promise<ScaleResult> {
  const runtime = await startScaleRuntime();
  try {
    await seed(runtime, 'SMALL', options.small);
    const bytes = await seed(runtime, 'LARGE', options.large);
    return { options, bytes, steps: await measureSteps(runtime, options) };
  } finally {
    await runtime.end();
  }
}

/** @returns the bytes of a row of each kind, with its indexes. */
async function seed({ perform }: ScaleRuntime, database: DatabaseName, users: number) {
  const hash = await perform<string>({ kind: 'hash', database, password: PASSWORD });
  const bytes: Record<string, number> = {};
  let before = await perform<number>({ kind: 'sql', database, statements: ['select 1'] });
  for (const { what, rows, statements } of seedsOf(users, hash)) {
    const after = await perform<number>({ kind: 'sql', database, statements });
    bytes[what] = Math.round((after - before) / rows);
    before = after;
  }
  return bytes;
}

async function measureSteps(runtime: ScaleRuntime, options: ScaleOptions): Promise<StepResult[]> {
  const { small, large, slices, visits } = options;
  const both = async (nth: number, gauge: Gauge): Promise<[Visit, Visit]> => [
    await visit(runtime, { database: 'SMALL', nth, of: small, gauge }),
    await visit(runtime, { database: 'LARGE', nth, of: large, gauge }),
  ];
  const slicesOf = async (first: number, gauge: Gauge) => {
    const [ofSmall, ofLarge]: [Visit[][], Visit[][]] = [[], []];
    for (let slice = 0; slice < slices; slice++) {
      const pairs: [Visit, Visit][] = [];
      for (let nth = 0; nth < visits; nth++) pairs.push(await both(first + slice * visits + nth, gauge));
      ofSmall.push(pairs.map(([each]) => each));
      ofLarge.push(pairs.map(([, each]) => each));
    }
    return { ofSmall, ofLarge };
  };
  const whole = await slicesOf(0, 'milliseconds');
  const counted = await slicesOf(slices * visits, 'rows');
  const [rowsSmall = [], rowsLarge = []] = [counted.ofSmall[0]?.[0], counted.ofLarge[0]?.[0]];
  return rowsSmall.map(([name, rows], step) => ({
    name,
    small: { ...rows, milliseconds: medianOf(whole.ofSmall, step) },
    large: { ...measuredAt(rowsLarge, step), milliseconds: medianOf(whole.ofLarge, step) },
    sqliteMs: medianOf([counted.ofLarge.flat()], step),
  }));
}

type VisitTo = { database: DatabaseName; nth: number; of: number; gauge: Gauge };

async function visit({ perform }: ScaleRuntime, { database, nth, of, gauge }: VisitTo): Promise<Visit> {
  await perform({ kind: 'sql', database, statements: [expiredSessions(CHUNK_ROWS)] });
  // Each time another user, of whom no cache knows.
  const user = 2 + ((nth * 7919) % (of - 2));
  return perform({ kind: 'visit', database, user, of, gauge });
}

/** The median of a step's mean in each slice: the clock of workerd shows whole milliseconds. */
function medianOf(slices: Visit[][], step: number): number {
  const means = slices.map(
    (visits) => visits.reduce((sum, each) => sum + measuredAt(each, step).milliseconds, 0) / visits.length,
  );
  return median(means);
}

function measuredAt(visited: Visit, step: number): Measured {
  const measured = visited[step]?.[1];
  if (measured === undefined) throw new Error(`step ${step} was not measured`);
  return measured;
}

/** Measures and prints. @returns whether nothing grew but what says so. */
export async function runScale(options: ScaleOptions, { asJson }: { asJson: boolean }): Promise<boolean> {
  const result = await measureScale(options);
  console.log(asJson ? JSON.stringify(result, null, 2) : reportOf(result));
  return grownSteps(result).length === 0;
}

/** Steps that read or write more rows among many users, though they don't count all by their names. */
export const grownSteps = ({ steps }: ScaleResult): string[] =>
  steps
    .filter(({ small, large }) => large.read > small.read || large.written > small.written)
    .map(({ name }) => name)
    .filter((name) => !/\(.*counts.* all\)/.test(name));
