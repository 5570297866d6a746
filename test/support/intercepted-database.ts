/** One round trip on its way: its number from 1 on, and the SQL that it carries. */
export type Trip = { number: number; statements: string[] };

/** Sends a trip to the real database; with `spoiled` one of a batch's statements is another, which fails. */
export type Send = (options?: { spoiled?: number }) => Promise<unknown>;

/** Decides what happens to a trip: sends it, or not, or does something before or after. */
export type Interceptor = (trip: Trip, send: Send) => Promise<unknown>;

/** The real binding, with every round trip in other hands. */
export function intercepted(database: D1Database, intercept: Interceptor): D1Database {
  const sqlOf = new WeakMap<object, string>();
  const original = new WeakMap<object, D1PreparedStatement>();
  let trips = 0;

  function wrap(statement: D1PreparedStatement, sql: string): D1PreparedStatement {
    const wrapped = new Proxy(statement, {
      get(target, name) {
        if (name === 'bind') return (...values: unknown[]) => wrap(target.bind(...values), sql);
        const member = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) =>
          intercept({ number: ++trips, statements: [sql] }, async () => member.apply(target, args));
      },
    });
    sqlOf.set(wrapped, sql);
    original.set(wrapped, statement);
    return wrapped;
  }

  function batch(statements: D1PreparedStatement[]): Promise<unknown> {
    const trip = { number: ++trips, statements: statements.map((each) => sqlOf.get(each) ?? '') };
    const inner = statements.map((each) => original.get(each) ?? each);
    return intercept(trip, async ({ spoiled } = {}) =>
      database.batch(inner.map((each, i) => (i === spoiled ? database.prepare(FAILS) : each))),
    );
  }

  return new Proxy(database, {
    get(target, name) {
      if (name === 'prepare') return (sql: string) => wrap(target.prepare(sql), sql);
      if (name === 'batch') return batch;
      const member = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

const FAILS = "select json('no JSON')";

export const LOST = (): Error => new Error('D1_ERROR: Network connection lost.');

/** Every round trip fails for which `failure` gives an error, before anything is sent. */
export const failing = (
  database: D1Database,
  failure: (trip: number, statements: string[]) => Error | undefined,
): D1Database =>
  intercepted(database, async ({ number, statements }, send) => {
    const error = failure(number, statements);
    if (error !== undefined) throw error;
    return send();
  });

/** A binding that answers nothing at all. */
export const broken = (database: D1Database): D1Database => failing(database, LOST);

/** Notes every round trip that a caller waits for. */
export function counted(database: D1Database): { database: D1Database; trips: Trip[] } {
  const trips: Trip[] = [];
  const noting: Interceptor = (trip, send) => {
    trips.push(trip);
    return send();
  };
  return { database: intercepted(database, noting), trips };
}

/** Makes `change` right before the first batch: after all that was looked up, before the write. */
export function beforeFirstBatch(database: D1Database, change: () => Promise<unknown>): D1Database {
  let isDue = true;
  return intercepted(database, async ({ statements }, send) => {
    if (isDue && statements.length > 1) {
      isDue = false;
      await change();
    }
    return send();
  });
}

/** Loses the answer to the first batch after it was carried out. */
export function lostAfterFirstBatch(database: D1Database): D1Database {
  let isDue = true;
  return intercepted(database, async ({ statements }, send) => {
    const result = await send();
    if (!isDue || statements.length === 1) return result;
    isDue = false;
    throw LOST();
  });
}

/** The round trips with these numbers fail before anything is sent. */
export const failingAt = (database: D1Database, numbers: readonly number[]): D1Database =>
  failing(database, (trip) => (numbers.includes(trip) ? LOST() : undefined));
