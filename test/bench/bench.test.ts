import { platform } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import { benchModules } from './artefact.ts';
import { measureRows } from './measure.ts';
import { resultOf, tableOf } from './report.ts';
import { ROWS } from './rows.ts';
import { type Modules, startRuntime } from './runtime.ts';
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

  it.each([
    ['status', { status: 201 }],
    ['body', { contains: 'somebody else' }],
  ])(
    'fails where an answer has another %s',
    async (_, otherwise) => {
      const runtime = await startRuntime(modules);
      const { meByKey } = await populate(runtime);
      const sent = { ...meByKey, ...otherwise };
      await expect(runtime.perform({ kind: 'loop', sent, count: 1 })).rejects.toThrow(
        /users\/me\/ answered 200/,
      );
      await runtime.end();
    },
    30_000,
  );
});
