import type { DatabaseUse } from '../core/database-use.ts';

/** After this time a round trip counts as failed. It may have been carried out, or may yet be. */
export const ROUND_TRIP_TIMEOUT_MS = 3000;
/** How a wait that ended is told from other failures. */
export const TOO_LATE = 'D1 did not answer in time';
/** From its first round trip on, what all of a request may take. */
export const REQUEST_TIMEOUT_MS = 8000;

/**
 * The binding with an end to each wait, and counting into what the running request uses. It has what Drizzle and
 * `raw` call of a D1Database: `prepare` and `batch`.
 */
export function boundedBinding(
  binding: D1Database,
  currentUse: () => DatabaseUse | undefined = () => undefined,
): D1Database {
  const bounded = {
    prepare: (query: string) => new BoundedStatement(binding.prepare(query), currentUse),
    batch: (statements: BoundedStatement[]) =>
      inTime(() => binding.batch(statements.map(({ inner }) => inner)), currentUse()),
  };
  return bounded as unknown as D1Database;
}

class BoundedStatement {
  readonly inner: D1PreparedStatement;
  readonly #currentUse: () => DatabaseUse | undefined;

  constructor(inner: D1PreparedStatement, currentUse: () => DatabaseUse | undefined) {
    this.inner = inner;
    this.#currentUse = currentUse;
  }

  bind(...values: unknown[]): BoundedStatement {
    return new BoundedStatement(this.inner.bind(...values), this.#currentUse);
  }

  all(): Promise<unknown> {
    return inTime(() => this.inner.all(), this.#currentUse());
  }

  raw(): Promise<unknown> {
    return inTime(() => this.inner.raw(), this.#currentUse());
  }

  run(): Promise<unknown> {
    return inTime(() => this.inner.run(), this.#currentUse());
  }
}

function inTime<T>(send: () => Promise<T>, use: DatabaseUse | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const started = Date.now();
    const left = timeLeft(use, started);
    let isOver = false;
    // An answer may come after the wait for it has ended, and counts once.
    const end = (settle: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      if (use !== undefined) use.milliseconds += Date.now() - started;
      settle();
    };
    const sent = send();
    const timer = setTimeout(() => end(() => reject(new Error(TOO_LATE))), left);
    sent.then(
      (answer) => end(() => resolve(answer)),
      (error) => end(() => reject(error)),
    );
  });
}

/** @throws Error when the request has used up its time; then nothing is sent. */
function timeLeft(use: DatabaseUse | undefined, now: number): number {
  if (use === undefined) return ROUND_TRIP_TIMEOUT_MS;
  use.deadline ??= now + REQUEST_TIMEOUT_MS;
  if (use.deadline <= now) throw new Error('D1 was too slow for this request');
  use.roundTrips++;
  return Math.min(ROUND_TRIP_TIMEOUT_MS, use.deadline - now);
}
