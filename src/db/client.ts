import type { SQL } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { DomainError } from '../core/errors.ts';

export type Database = ReturnType<typeof connect>;

export const connect = (binding: D1Database) => drizzle(binding);

/**
 * A statement that the query builder has no words for, as a member of a batch. Drizzle's own `db.all` has no
 * statement to bind its parameters to there, so it is given one.
 */
export function raw<Row = unknown>(db: Database, query: SQL) {
  const statement = db.all<Row>(query);
  return Object.assign(statement, { stmt: db.$client.prepare(statement.getQuery().sql) });
}

/**
 * Waits for a statement or a batch.
 * @throws DomainError `unavailable` when D1 fails: what it then holds is unknown. Whatever is thrown keeps the
 * innermost message only, since Drizzle's holds the SQL with all its parameters, password hashes among them.
 */
export async function answered<T>(statement: PromiseLike<T>): Promise<T> {
  try {
    return await statement;
  } catch (error) {
    const innermost = innermostOf(error);
    const cause = new Error(innermost.message.replace(/(['"]).*\1/gs, '[cut]'));
    if (isFaultOfOurs(innermost)) throw new Error('a statement could not be built or run', { cause });
    throw new DomainError('unavailable', 'The database did not answer. Try again.', { cause });
  }
}

/** Single statements and batches wrap D1's error differently; what names the reason is always at the bottom. */
function innermostOf(error: unknown): Error {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause instanceof Error) innermost = innermost.cause;
  const isFromDrizzle = innermost instanceof Error && innermost.message.startsWith('Failed query');
  return innermost instanceof Error && !isFromDrizzle ? innermost : new Error('no reason given');
}

/** Mistakes in our own code and SQL, which no retry mends. */
const isFaultOfOurs = (error: Error): boolean =>
  error instanceof TypeError || /SQLITE_(ERROR|CONSTRAINT|RANGE|MISMATCH)|D1_TYPE_ERROR/.test(error.message);
