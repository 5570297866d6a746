// `npm run bench [-- --check] [-- --json] [-- --only TEXT] [-- --processes N]`: what our own code costs, in multiples
// of what nobody could do without; with `--scale` whether that grows with the users. README.md has it under "Speed" and
// "Capacity".

import { platform } from 'node:os';
import workerd from 'workerd/package.json' with { type: 'json' };
import { assertNothingLeft, runScript, takeOptions, UsageError } from '../../src/cli/options.ts';
import { benchModules } from './artefact.ts';
import { FULL_EFFORT, measureRows, type Sample } from './measure.ts';
import { machine, type Result, resultOf, tableOf } from './report.ts';
import { ROWS, type Row } from './rows.ts';
import type { Modules } from './runtime.ts';
import { FULL_SCALE, runScale } from './scale.ts';
import { measureStartUp, START_UP } from './start-up.ts';

async function bench(args: string[]): Promise<void> {
  const { values, rest } = takeOptions(args, {
    named: ['only', 'processes'],
    flags: ['check', 'json', 'scale'],
  });
  assertNothingLeft(rest);
  if (values.scale) {
    if (values.only !== undefined || values.processes !== undefined || values.check)
      throw new UsageError(
        'With --scale there is only --json: it measures all, and ends with 1 where it grows.',
      );
    const isFlat = await runScale(FULL_SCALE, { asJson: values.json === true });
    process.exitCode = isFlat ? 0 : 1;
    return;
  }
  if (platform() !== 'linux')
    throw new UsageError('The bench runs on Linux alone: it reads /proc/PID/schedstat.');
  const isAsked = ({ name }: { name: string }) => name.includes(values.only ?? '');
  const rows = ROWS.filter(isAsked);
  const processes = processesOf(values.processes);
  if (rows.length === 0 && !isAsked(START_UP))
    throw new UsageError(`There is no row with ${values.only} in its name.`);
  const modules = await benchModules();
  const results = rows.length > 0 ? await resultsOf(modules, rows, processes) : [];
  if (isAsked(START_UP)) results.push(resultOf(START_UP, await measureStartUp(modules)));
  const report = { machine: machine(), runtime: `workerd ${workerd.version}`, results };
  console.log(values.json ? JSON.stringify(report, null, 2) : tableOf(report));
  if (values.check && results.some(({ isMet }) => isMet === false)) process.exitCode = 1;
}

function processesOf(text = '5'): number {
  const processes = Number(text);
  if (!(Number.isInteger(processes) && processes > 0))
    throw new UsageError('--processes needs a whole number.');
  return processes;
}

async function resultsOf(modules: Modules, rows: readonly Row[], processes: number): Promise<Result[]> {
  const samples: Map<Row, Sample>[] = [];
  for (let number = 1; number <= processes; number++) {
    console.error(`process ${number} of ${processes}`);
    samples.push(await measureRows(modules, rows, FULL_EFFORT));
  }
  return rows.map((row) =>
    resultOf(
      row,
      samples.flatMap((each) => each.get(row) ?? []),
    ),
  );
}

// Ended by a signal, to this process alone perhaps, it ends the runtimes that it has started.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
await runScript(bench);
