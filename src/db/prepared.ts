import { fillPlaceholders, type Query, sql } from 'drizzle-orm';
import type { RunnableQuery } from 'drizzle-orm/runnable-query';

/** The values of a statement, by the names of its `placeholder`s. */
type Values = Record<string, unknown>;

type Built<Rows> = {
  execute(values: Values): Promise<Rows>;
  getQuery(): Query;
  mapResult(response: unknown, isFromBatch?: boolean): unknown;
};

/** A statement that waits for its values, to be sent alone or as a member of a batch. */
export type Prepared<Rows> = {
  send(values: Values): Promise<Rows>;
  inBatch(values: Values): RunnableQuery<Rows, 'sqlite'>;
};

export const { placeholder } = sql;

/**
 * Builds a statement at its first use and keeps it, for what is asked with most requests: Drizzle takes longer to build
 * one than everything else of such a request together.
 */
export function prepared<Rows>(build: () => { prepare(): Built<Rows> }): Prepared<Rows> {
  let kept: Built<Rows> | undefined;
  const statement = (): Built<Rows> => {
    kept ??= build().prepare();
    return kept;
  };
  return {
    send: (values) => statement().execute(values),
    inBatch: (values) => memberOf(statement(), values),
  };
}

/**
 * Drizzle's batch knows no values for placeholders, so it gets a statement that has them already. The cast holds for
 * what its `batch` calls: `_prepare`, and of that `getQuery`, `stmt` and `mapResult`.
 */
function memberOf<Rows>(built: Built<Rows>, values: Values): RunnableQuery<Rows, 'sqlite'> {
  const { sql: text, params } = built.getQuery();
  const query = { sql: text, params: fillPlaceholders(params, values) };
  const filled = Object.create(built, { getQuery: { value: () => query } });
  return { _prepare: () => filled } as unknown as RunnableQuery<Rows, 'sqlite'>;
}
