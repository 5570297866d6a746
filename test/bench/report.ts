import { arch, cpus } from 'node:os';
import type { Sample } from './measure.ts';
import type { Row } from './rows.ts';
import { median } from './statistics.ts';
import { aligned } from './table.ts';

/** What all samples together said of a row; CPU in microseconds. */
export type Result = {
  name: string;
  /** In multiples of `floor`, the sum of the routes it names: the median of the samples, the lowest and the highest of them. */
  ratio: number;
  lowest: number;
  highest: number;
  floor: string;
  target: number | null;
  /** Null where nothing is demanded. */
  isMet: boolean | null;
  requestUs: number;
  floorUs: number;
};

export type Report = { machine: string; runtime: string; results: Result[] };

export function resultOf(row: Pick<Row, 'name' | 'floor' | 'target'>, samples: readonly Sample[]): Result {
  const ratios = samples.map((sample) => sample.ratio);
  const ratio = median(ratios);
  return {
    name: row.name,
    ratio,
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
    floor: row.floor.join(' + '),
    target: row.target,
    isMet: row.target === null ? null : ratio <= row.target,
    requestUs: median(samples.map(({ requestUs }) => requestUs)),
    floorUs: median(samples.map(({ floorUs }) => floorUs)),
  };
}

export const machine = (): string => `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'} (${arch()})`;

const HEADINGS = ['', 'CPU us', 'times', 'spread', 'of the floor', 'at most', ''];

/** For the terminal. */
export function tableOf({ machine: where, runtime, results }: Report): string {
  const lines = [HEADINGS, ...results.map(cellsOf)];
  const table = aligned(lines, (column) => TEXTS.has(column));
  return [`${runtime} on ${where}`, '', ...table].join('\n');
}

const TEXTS = new Set([0, 4, 6]);

const cellsOf = ({ name, ratio, lowest, highest, floor, target, isMet, requestUs }: Result): string[] => [
  name,
  requestUs.toFixed(0),
  ratio.toFixed(2),
  `${lowest.toFixed(2)}-${highest.toFixed(2)}`,
  floor,
  target === null ? '' : target.toFixed(2),
  isMet === null ? '' : isMet ? 'met' : 'MISSED',
];
