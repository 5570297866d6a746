/** What the Worker of the scale bench is asked to do, with which of its databases. */
export type Task = { database: DatabaseName } & (
  | { kind: 'sql'; statements: string[] }
  | { kind: 'hash'; password: string }
  | { kind: 'visit'; user: number; of: number; gauge: Gauge }
);

export type DatabaseName = 'SMALL' | 'LARGE';
/** A visit that counts rows asks some statements twice, so it tells no time but that of SQLite. */
export type Gauge = 'milliseconds' | 'rows';

/** The rows are none where time is measured; where they are counted, the time is that of SQLite alone. */
export type Measured = { milliseconds: number; read: number; written: number };
/** Of each step of a visit, in order. */
export type Visit = [step: string, measured: Measured][];

/** Users are named by their numbers, from 1 on; the first is an admin. */
export const nameOf = (user: number): string => `user${String(user).padStart(7, '0')}`;
export const PASSWORD = 'the same for everyone';
/** Where everybody has signed in before. */
export const ADDRESS = '192.0.2.1';
/** Housekeeping finds sessions that expired before this, and those of people expire after it. */
export const LONG_AGO = 1_000_000;
