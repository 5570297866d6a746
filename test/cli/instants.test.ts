import { afterEach, describe, expect, it } from 'vitest';
import { describeInstant, describeWait } from '../../src/cli/instants.ts';

const zone = process.env['TZ'];
afterEach(() => {
  if (zone === undefined) Reflect.deleteProperty(process.env, 'TZ');
  else process.env['TZ'] = zone;
});

describe('an instant', () => {
  it.each([
    ['UTC', '2030-01-01T12:00:00Z', '2030-01-01 12:00 UTC'],
    ['UTC', '2030-01-01T11:59:00.001Z', '2030-01-01 12:00 UTC'],
    ['Europe/Berlin', '2030-07-01T12:00:00Z', '2030-07-01 14:00 CEST (12:00 UTC)'],
    ['Europe/Berlin', '2030-01-01T23:30:00Z', '2030-01-02 00:30 CET (2030-01-01 23:30 UTC)'],
    ['America/New_York', '2030-01-01T02:00:00Z', '2029-12-31 21:00 GMT-5 (2030-01-01 02:00 UTC)'],
  ])('in %s, %s, is told as there and as in UTC, never too early', (where, date, told) => {
    process.env['TZ'] = where;
    expect(describeInstant(new Date(date))).toBe(told);
  });
});

describe('a wait', () => {
  it.each([
    [1, '1 min'],
    [60_000, '1 min'],
    [60_001, '2 min'],
    [3_600_000, '1 h'],
    [3_600_000 * 5 + 60_000, '5 h 1 min'],
    [86_400_000 * 2 + 3_600_000 * 3 + 60_000, '2 d 3 h'],
    [86_400_000 + 900_000, '1 d'],
  ])('of %d ms is told as %s', (ms, told) => {
    expect(describeWait(ms)).toBe(told);
  });
});
