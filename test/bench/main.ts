// `npm run bench [-- --check] [-- --json] [-- --only TEXT] [-- --processes N]`: what our own code costs, in multiples
// of what nobody could do without; with `--scale` whether that grows with the users. README.md has it under "Speed" and
// "Capacity".

import { platform } from 'node:os';
import workerd from 'workerd/package.json' with { type: 'json' };
import { assertNothingLeft, runScript, takeOptions, UsageError } from '../../src/cli/options.ts';
import { benchModules } from './artefact.ts';
import { FULL_EFFORT, measureRows, type Sample } from './measure.ts';
import { machine, type Report, resultOf, tableOf } from './report.ts';
import { ROWS, type Row } from './rows.ts';
import { FULL_SCALE, runScale } from './scale.ts';
import { measureStartUp, startUpLine } from './start-up.ts';

async function bench(args: string[]): Promise<void> {
  const { values, rest } = takeOptions(args, {
    named: ['only', 'processes'],
    flags: ['check', 'json', 'scale'],
  });
  assertNothingLeft(rest);
  if (values.scale) {
    const isFlat = await runScale(FULL_SCALE, { asJson: values.json === true });
    process.exitCode = isFlat ? 0 : 1;
    return;
  }
  if (platform() !== 'linux')
    throw new UsageError('The bench runs on Linux alone: it reads /proc/PID/schedstat.');
  const rows = ROWS.filter(({ name }) => name.includes(values.only ?? ''));
  if (rows.length === 0) throw new UsageError(`There is no row with ${values.only} in its name.`);
  const report = await measured(rows, processesOf(values.processes));
  console.log(values.json ? JSON.stringify(report, null, 2) : tableOf(report));
  if (!values.json && values.only === undefined) console.log(startUpLine(await measureStartUp()));
  const isMissed = report.results.some(({ isMet }) => isMet === false);
  if (values.check && isMissed) process.exitCode = 1;
}

function processesOf(text = '5'): number {
  const processes = Number(text);
  if (!(Number.isInteger(processes) && processes > 0))
    throw new UsageError('--processes needs a whole number.');
  return processes;
}

async function measured(rows: readonly Row[], processes: number): Promise<Report> {
  const modules = await benchModules();
  const samples: Map<Row, Sample>[] = [];
  for (let number = 1; number <= processes; number++) {
    console.error(`process ${number} of ${processes}`);
    samples.push(await measureRows(modules, rows, FULL_EFFORT));
  }
  const results = rows.map((row) =>
    resultOf(
      row,
      samples.flatMap((each) => each.get(row) ?? []),
    ),
  );
  return { machine: machine(), runtime: `workerd ${workerd.version}`, results };
}

await runScript(bench);
