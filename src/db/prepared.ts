import { Column, fillPlaceholders, is, type Query, sql } from 'drizzle-orm';
import type { RunnableQuery } from 'drizzle-orm/runnable-query';

/** The values of a statement, by the names of its `placeholder`s. */
type Values = Record<string, unknown>;

type Built<Rows> = {
  execute(values: Values): Promise<Rows>;
  getQuery(): Query;
  mapResult(response: unknown, isFromBatch?: boolean): unknown;
};

/** A statement that waits for its values, to be sent alone, where it is a select, or as a member of a batch. */
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
    kept ??= readingQuickly(build().prepare());
    return kept;
  };
  return {
    send: (values) => send(statement(), values),
    inBatch: (values) => memberOf(statement(), values),
  };
}

/** Of Drizzle's prepared statement: the columns that it reads, and what maps all rows in place of its own mapping. */
type Reading = {
  fields?: { path: string[]; field: unknown }[];
  customResultMapper?: (rows: unknown[][]) => unknown[];
};

/**
 * Asks each column once what maps its values: Drizzle asks for each row again, which takes longer than to map it.
 * An expression is given as SQLite has it; `mapWith` is not asked.
 * @throws Error for columns in groups, which would need Drizzle's own mapping.
 */
function readingQuickly<Rows>(built: Built<Rows>): Built<Rows> {
  const reading = built as Built<Rows> & Reading;
  const columns = reading.fields?.map(({ path: [name = '', ...more], field }) => {
    if (more.length > 0) throw new Error(`the columns of ${name} are not flat`);
    return { name, decode: is(field, Column) ? (value: unknown) => field.mapFromDriverValue(value) : asItIs };
  });
  if (columns === undefined) return built;
  reading.customResultMapper = (rows) =>
    rows.map((row) => {
      const result: Values = {};
      columns.forEach(({ name, decode }, index) => {
        const value = row[index];
        result[name] = value === null ? null : decode(value);
      });
      return result;
    });
  return built;
}

const asItIs = (value: unknown): unknown => value;

/**
 * As Drizzle's `execute` of a select, without its look for a cache. The casts hold for its prepared statements of D1,
 * which have `stmt`, and give what their `execute` is typed to give.
 */
async function send<Rows>(built: Built<Rows>, values: Values): Promise<Rows> {
  const { stmt } = built as Built<Rows> & { stmt: D1PreparedStatement };
  const rows = await stmt.bind(...fillPlaceholders(built.getQuery().params, values)).raw();
  return built.mapResult(rows) as Rows;
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
