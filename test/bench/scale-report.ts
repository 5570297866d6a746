import type { ScaleOptions } from './scale.ts';
import type { Measured } from './scale-task.ts';
import { aligned } from './table.ts';

/** `sqliteMs` is what SQLite takes for a step among many users, a part of `large.milliseconds`. */
export type StepResult = { name: string; small: Measured; large: Measured; sqliteMs: number };
export type ScaleResult = { options: ScaleOptions; bytes: Record<string, number>; steps: StepResult[] };

/** Bytes of one row of each kind, with its indexes, that a user has for good; events and logins come and go. */
const OF_A_USER = ['user', 'membership', 'API key', 'known network', 'login'];
const D1_BYTES = 10 * 1000 ** 3;

export function reportOf({ options, bytes, steps }: ScaleResult): string {
  const heads = [options.small, options.large].map((users) => `${users.toLocaleString('en')} users`);
  const rows = steps.map(({ name, small, large, sqliteMs }) => [
    name,
    pair(small.read, large.read),
    pair(small.written, large.written),
    small.milliseconds.toFixed(2),
    large.milliseconds.toFixed(2),
    (large.milliseconds / small.milliseconds).toFixed(2),
    sqliteMs.toFixed(2),
  ]);
  const table = [
    ['', 'rows read', 'written', ...heads.map((head) => `ms, ${head}`), 'ratio', 'in SQLite'],
    ...rows,
  ];
  return [...aligned(table, (column) => column === 0), '', ...sizes(bytes)].join('\n');
}

const pair = (small: number, large: number): string =>
  small === large ? `${small}` : `${small} -> ${large}`;

function sizes(bytes: Record<string, number>): string[] {
  const ofUser = OF_A_USER.reduce((sum, what) => sum + (bytes[what] ?? 0), 0);
  const event = bytes['audit event'] ?? 0;
  const fitting = (each: number): string => `${(D1_BYTES / each / 1e6).toFixed(1)} million`;
  return [
    `Bytes of a row with its indexes: ${shown(bytes)}`,
    `A user with one each of ${OF_A_USER.slice(1).join(', ')}: ${ofUser} bytes; 10 GB hold ${fitting(ofUser)}`,
    `With 20 audit events each: ${ofUser + 20 * event} bytes; 10 GB hold ${fitting(ofUser + 20 * event)}`,
  ];
}

/** A database grows by pages, so few rows of a kind may show none. */
const shown = (bytes: Record<string, number>): string =>
  Object.entries(bytes)
    .filter(([, each]) => each > 0)
    .map((entry) => entry.join(' '))
    .join(', ');
