// The service as one Worker with two databases, a small and a large one, which it measures in turns.

import { hashPassword } from '../../../src/core/passwords.ts';
import type { Env } from '../../../src/env.ts';
import { type Metered, metered } from '../../support/metered-database.ts';
import type { DatabaseName, Measured, Task, Visit } from '../scale-task.ts';
import { type Service, serviceWith } from './scale-service.ts';
import { visit } from './scale-visit.ts';

type ScaleEnv = Omit<Env, 'DB'> & Record<DatabaseName, D1Database>;
type Kept = { plain: Service; counting: Service } & Pick<Metered, 'rows' | 'time'>;

// A line for each request goes to Workers Logs there, and here to a terminal, at a cost.
console.log = () => {};

const kept = new Map<DatabaseName, Kept>();

function servicesWith(env: ScaleEnv, name: DatabaseName): Kept {
  const known = kept.get(name);
  if (known !== undefined) return known;
  const { SMALL: _, LARGE: __, ...vars } = env;
  const { database, rows, time } = metered(env[name]);
  const made = {
    plain: serviceWith({ ...vars, DB: env[name] }),
    counting: serviceWith({ ...vars, DB: database }),
    rows,
    time,
  };
  kept.set(name, made);
  return made;
}

async function measuredVisit(env: ScaleEnv, task: Extract<Task, { kind: 'visit' }>): Promise<Visit> {
  const { plain, counting, rows, time } = servicesWith(env, task.database);
  const isCounting = task.gauge === 'rows';
  const now = () => (isCounting ? time.milliseconds : performance.now());
  const steps: Visit = [];
  const step = async <T>(name: string, run: () => Promise<T>): Promise<T> => {
    const [started, { read, written }] = [now(), { ...rows }];
    const result = await run();
    const measured: Measured = {
      milliseconds: now() - started,
      read: rows.read - read,
      written: rows.written - written,
    };
    steps.push([name, measured]);
    return result;
  };
  await visit({ service: isCounting ? counting : plain, step, user: task.user, of: task.of });
  return steps;
}

/** @returns the bytes of the database. */
async function run(database: D1Database, statements: string[]): Promise<number> {
  const results = await database.batch(statements.map((each) => database.prepare(each)));
  return results.at(-1)?.meta.size_after ?? 0;
}

async function perform(env: ScaleEnv, task: Task): Promise<unknown> {
  switch (task.kind) {
    case 'sql':
      return run(env[task.database], task.statements);
    case 'hash':
      return (await hashPassword({ passwordIterations: 1000, passwordMinLength: 8 }, task.password)).reveal();
    case 'visit':
      return measuredVisit(env, task);
  }
}

// biome-ignore lint/style/noDefaultExport: the platform finds a Worker's handlers there
export default {
  async fetch(request: Request, env: ScaleEnv): Promise<Response> {
    try {
      return Response.json(await perform(env, await request.json()));
    } catch (error) {
      return new Response(error instanceof Error ? error.stack : String(error), { status: 500 });
    }
  },
};
