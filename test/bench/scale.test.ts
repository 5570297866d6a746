import { expect, it } from 'vitest';
import { grownSteps, measureScale } from './scale.ts';
import { reportOf } from './scale-report.ts';

it('the bench of scale measures each step, and finds no more rows among more users but where all are counted', async () => {
  const result = await measureScale({ small: 60, large: 300, slices: 1, visits: 2 });
  expect(grownSteps(result)).toEqual([]);
  const counting = result.steps.filter(({ small, large }) => large.read > small.read);
  expect(counting.map(({ name }) => name)).toHaveLength(4);
  const grown = result.steps.map((step) => ({
    ...step,
    large: { ...step.large, written: step.small.written + 1 },
  }));
  expect(grownSteps({ ...result, steps: grown })).toHaveLength(result.steps.length - counting.length);
  const report = reportOf(result);
  for (const { name } of result.steps) expect(report).toContain(name);
}, 60_000);
