import { platform } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import { benchModules } from './artefact.ts';
import { measureRows } from './measure.ts';
import { processorTimeNs } from './processor-time.ts';
import { resultOf, tableOf } from './report.ts';
import type { Replay, Sent } from './requests.ts';
import { ROWS } from './rows.ts';
import { type Modules, startRuntime } from './runtime.ts';
import { measureStartUp, START_UP } from './start-up.ts';
import { median } from './statistics.ts';
import { populate } from './world.ts';

let modules: Modules;

beforeAll(async () => {
  modules = await benchModules();
}, 60_000);

// It reads /proc, and says so elsewhere.
describe.runIf(platform() === 'linux')('the bench', () => {
  it('gives a finite ratio for each row, whose requests were answered as they should', async () => {
    const samples = await measureRows(modules, ROWS, { pairs: 2, warmUps: 20 });
    const results = ROWS.map((row) => resultOf(row, [samples.get(row) ?? []].flat()));
    for (const { name, ratio, requestUs, floorUs } of results) {
      for (const value of [ratio, requestUs, floorUs]) expect(value, name).toBeGreaterThan(0);
      expect(Number.isFinite(ratio), name).toBe(true);
    }
    const table = tableOf({ machine: 'any', runtime: 'any', results });
    for (const { name } of ROWS) expect(table).toContain(name);
  }, 120_000);

  it('fails where an answer has another status or body, or was not recorded', async () => {
    const runtime = await startRuntime(modules);
    const sendOnce = (sent: Sent) => runtime.perform({ kind: 'loop', sent, count: 1 });
    const answerFrom = (database: Replay['database']) =>
      runtime.perform({ kind: 'replay', replay: { database, hashes: 'replayed' } });
    try {
      const { jwks, meByKey, meByBearer } = await populate(runtime);
      for (const otherwise of [{ status: 201 }, { contains: 'somebody else' }])
        await expect(sendOnce({ ...meByKey, ...otherwise })).rejects.toThrow(/users\/me\/ answered 200/);
      await answerFrom('recorded');
      await sendOnce(meByKey);
      await answerFrom('replayed');
      for (const sent of [jwks, meByKey]) await sendOnce(sent);
      await expect(sendOnce(meByBearer)).rejects.toThrow('answered 503');
      await expect(answerFrom('replayed')).rejects.toThrow('not recorded: {"sql":"select');
    } finally {
      await runtime.end();
    }
  }, 30_000);

  it('measures the first answer of a process', async () => {
    const { ratio, requestUs, floorUs } = resultOf(START_UP, await measureStartUp(modules, 1));
    expect(ratio).toBe(requestUs / floorUs);
    expect(floorUs).toBeGreaterThan(1000);
  }, 60_000);

  it('reads the processor time that a process has used', () => {
    const [before, { user, system }] = [processorTimeNs(process.pid), process.cpuUsage()];
    const until = performance.now() + 200;
    while (performance.now() < until);
    const used = process.cpuUsage({ user, system });
    const difference = (processorTimeNs(process.pid) - before) / 1000 - (used.user + used.system);
    expect(Math.abs(difference)).toBeLessThan(20_000);
  });
});

it('takes the middle of its samples, and tells what they may be', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5]);
  const row = { name: 'any', floor: ['verify', 'select'], target: 2 } as const;
  const samples = [1.9, 2.2, 2].map((ratio) => ({ ratio, requestUs: 1, floorUs: 1 }));
  const result = { ratio: 2, lowest: 1.9, highest: 2.2, floor: 'verify + select', isMet: true };
  expect(resultOf(row, samples)).toMatchObject(result);
  expect(resultOf({ ...row, target: 1.99 }, samples).isMet).toBe(false);
  expect(resultOf({ ...row, target: null }, samples).isMet).toBeNull();
});
