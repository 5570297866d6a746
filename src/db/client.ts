import { type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { DomainError, notConfigured } from '../core/errors.ts';
import { TOO_LATE } from './binding.ts';

export type Database = ReturnType<typeof connect>;

export const connect = (binding: D1Database) => drizzle(binding);

/**
 * A statement that the query builder has no words for, as a member of a batch. Drizzle's own `db.all` has no
 * statement to bind its parameters to there, so it is given one.
 */
export function raw<Row = unknown>(db: Database, query: SQL) {
  const statement = db.all<Row>(query);
  // Drizzle would build the text once more when the batch is sent.
  const built = statement.getQuery();
  return Object.assign(statement, { stmt: db.$client.prepare(built.sql), getQuery: () => built });
}

/** The result of the last statement of a batch. The cast holds since the type says that the list ends with it. */
export const lastOf = <Last>(results: readonly [...unknown[], Last]): Last => results.at(-1) as Last;

/** How many rows a select finds, as its one column. */
export const rowCount = { count: sql<number>`count(*)` };

/** A failure that a statement was written to give, and what it means. */
type Expected = { when: RegExp; error: () => Error };

/**
 * Sends a statement or a batch that only reads; once more when the connection fails.
 * @throws DomainError `unavailable` when D1 fails, or lacks tables. Whatever is thrown, here and below, keeps the
 * innermost message only, since Drizzle's holds the SQL with all its parameters, password hashes among them.
 */
export const read = <T>(send: () => PromiseLike<T>): Promise<T> => answered(send, READING);

const READING = { mayRepeat: (messages: string[]) => !messages.some(isOverload) };

/**
 * As `read`, for a write that may be sent again without being made twice; not after a wait that ended, since the
 * first one may land late and undo what came between. After a failure it is unknown whether it was made.
 * @param made tells from a result that the write stands. A repeated one that does not tell so leaves open whether
 * the first was made, and something came between: unavailable.
 */
export const repeatableWrite = <T>(
  send: () => PromiseLike<T>,
  { expected, made }: Pick<Rules<T>, 'expected' | 'made'> = {},
): Promise<T> =>
  answered(send, {
    mayRepeat: (messages) => !messages.some(isOverload) && !messages.includes(TOO_LATE),
    expected,
    made,
  });

/** As `repeatableWrite`, sent once. */
export const write = <T>(
  send: () => PromiseLike<T>,
  { expected }: Pick<Rules<T>, 'expected'> = {},
): Promise<T> => answered(send, { mayRepeat: never, expected });

const never = (): boolean => false;

type Rules<T> = {
  mayRepeat: (messages: string[]) => boolean;
  expected?: Expected | undefined;
  made?: ((result: T) => boolean) | undefined;
};

async function answered<T>(
  send: () => PromiseLike<T>,
  { mayRepeat, expected, made = () => true }: Rules<T>,
): Promise<T> {
  try {
    return await send();
  } catch (error) {
    const messages = messagesOf(error);
    if (expected !== undefined && messages.some((message) => expected.when.test(message)))
      throw expected.error();
    const cause = new Error(messages.at(-1)?.replace(/(['"]).*\1/gs, '[cut]') ?? 'no reason given');
    if (messages.some(isOldSchema)) throw notConfigured(new Error(NOT_MIGRATED, { cause }));
    if (messages.some(isFaultOfOurs)) throw new Error('a statement could not be built or run', { cause });
    if (!mayRepeat(messages)) throw unavailable(cause);
    const unknown = () => unavailable(cause);
    const again = await answered(send, {
      mayRepeat: never,
      expected: expected && { ...expected, error: unknown },
    });
    if (!made(again)) throw unknown();
    return again;
  }
}

const unavailable = (cause: Error): DomainError =>
  new DomainError('unavailable', 'The database did not answer. Try again.', { cause });

/**
 * The messages from the outside in, without Drizzle's. Single statements and batches wrap D1's error
 * differently; what names the reason is always at the bottom.
 */
function messagesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const shown = error instanceof TypeError ? `TypeError: ${error.message}` : error.message;
  const own = error.message.startsWith('Failed query') ? [] : [shown];
  return [...own, ...messagesOf(error.cause)];
}

/** Where there is too much to do already, asking again makes it worse. */
const isOverload = (message: string): boolean => /overloaded/i.test(message);

/** The code came before its tables. */
const isOldSchema = (message: string): boolean => /no such (table|column)|has no column named/.test(message);
const NOT_MIGRATED = 'the tables are older than the code: `npm run dev` or `npm run deploy` brings them';

/** Mistakes in our own code and SQL, which no retry mends. */
const isFaultOfOurs = (message: string): boolean =>
  /^TypeError|SQLITE_(ERROR|CONSTRAINT|RANGE|MISMATCH)|D1_TYPE_ERROR/.test(message);
