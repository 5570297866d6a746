import type { DatabaseUse } from '../core/database-use.ts';
import { causesOf } from './errors.ts';

type Logged = {
  requestId: string;
  /** Of a request the one thing that its client chose. */
  method: string;
  route: string | null;
  result: readonly [name: 'status', status: number] | readonly [name: 'outcome', word: string];
  caller: { kind: string; userId: number } | null;
  use: DatabaseUse;
  /** Epoch milliseconds. */
  started: number;
  /** Why there is no answer but a failure, from the outside in. */
  causes: string[] | undefined;
};

/**
 * One line of JSON for each request and each call. The platform's clock moves only while something is waited for, so
 * the times leave computing out.
 */
export function logLine({ requestId, method, route, result, caller, use, started, causes }: Logged): void {
  const [name, value] = result;
  const outcome = typeof value === 'number' ? value : quoted(value);
  const by = caller === null ? null : `{"kind":"${caller.kind}","userId":${caller.userId}}`;
  // By hand: with an object that is made for JSON.stringify it is 3 % of a request.
  const line =
    `"requestId":"${requestId}","method":${JSON.stringify(method)},"route":${quoted(route)},` +
    `"${name}":${outcome},"caller":${by},"databaseRoundTrips":${use.roundTrips},` +
    `"databaseMs":${use.milliseconds},"wallMs":${Date.now() - started}`;
  if (causes === undefined) console.log(`{"level":"info",${line}}`);
  else console.error(`{"level":"error",${line},"causes":${JSON.stringify(causes)}}`);
}

/** For what is a word or a pattern of ours, in which there is nothing that JSON would have to escape. */
const quoted = (word: string | null): string => (word === null ? 'null' : `"${word}"`);

/** Nothing that was answered depends on such work, so a line is all that comes of its failure. */
export async function orLogged(work: () => Promise<void>, requestId: string | null): Promise<void> {
  try {
    await work();
  } catch (error) {
    const message = 'work after the answer failed';
    console.warn(JSON.stringify({ level: 'warn', requestId, message, causes: causesOf(error) }));
  }
}
