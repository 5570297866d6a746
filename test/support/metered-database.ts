/** Rows as D1 counts and bills them, those of indexes included. */
export type Rows = { read: number; written: number };

/** What goes through a binding; `time` is what SQLite takes for it, without the way there and back. */
export type Metered = { database: D1Database; rows: Rows; time: { milliseconds: number } };

/** The real binding, metered. What reads by `raw` is sent twice, since only `all` tells, and counts once. */
export function metered(binding: D1Database): Metered {
  const rows: Rows = { read: 0, written: 0 };
  const time = { milliseconds: 0 };
  const add = <T extends D1Result>(result: T): T => {
    rows.read += result.meta.rows_read;
    rows.written += result.meta.rows_written;
    time.milliseconds += result.meta.duration;
    return result;
  };
  const metering = (inner: D1PreparedStatement, sql: string): Statement => ({
    inner,
    bind: (...values) => metering(inner.bind(...values), sql),
    all: async () => add(await inner.all()),
    run: async () => add(await inner.run()),
    raw: async () => {
      if (!/^select/i.test(sql)) throw new Error(`this would be done twice: ${sql}`);
      add(await inner.all());
      return inner.raw();
    },
  });
  const database = {
    prepare: (sql: string) => metering(binding.prepare(sql), sql),
    batch: async (statements: Statement[]) =>
      (await binding.batch(statements.map(({ inner }) => inner))).map(add),
  };
  return { database: database as unknown as D1Database, rows, time };
}

type Statement = {
  inner: D1PreparedStatement;
  bind: (...values: unknown[]) => Statement;
  all: () => Promise<D1Result>;
  run: () => Promise<D1Result>;
  raw: () => Promise<unknown>;
};
