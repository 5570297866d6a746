/** Decides for each round trip, by its number from 1 on and its SQL, whether and with what it fails. */
export type Failure = (trip: number, statements: string[]) => Error | undefined;

export const LOST = (): Error => new Error('D1_ERROR: Network connection lost.');

/** The real binding, with some round trips failing as D1 would fail. */
export function failing(database: D1Database, failure: Failure): D1Database {
  const sqlOf = new WeakMap<object, string>();
  const original = new WeakMap<object, D1PreparedStatement>();
  let trips = 0;

  function failWhenDue(statements: string[]): void {
    const error = failure(++trips, statements);
    if (error !== undefined) throw error;
  }

  function wrap(statement: D1PreparedStatement, sql: string): D1PreparedStatement {
    const wrapped = new Proxy(statement, {
      get(target, name) {
        if (name === 'bind') return (...values: unknown[]) => wrap(target.bind(...values), sql);
        const member = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          failWhenDue([sql]);
          return member.apply(target, args);
        };
      },
    });
    sqlOf.set(wrapped, sql);
    original.set(wrapped, statement);
    return wrapped;
  }

  return new Proxy(database, {
    get(target, name) {
      if (name === 'prepare') return (sql: string) => wrap(target.prepare(sql), sql);
      if (name === 'batch') {
        return async (statements: D1PreparedStatement[]) => {
          failWhenDue(statements.map((statement) => sqlOf.get(statement) ?? ''));
          return target.batch(statements.map((statement) => original.get(statement) ?? statement));
        };
      }
      const member = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

/** A binding that answers nothing at all. */
export const broken = (database: D1Database): D1Database => failing(database, LOST);
