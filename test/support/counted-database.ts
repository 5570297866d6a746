/** What went to the database: each entry is one round trip, with the statements that it carried. */
export type RoundTrips = { statements: string[] }[];

/** The real binding, noting every round trip that a caller waits for. */
export function counted(database: D1Database): { database: D1Database; trips: RoundTrips } {
  const trips: RoundTrips = [];
  const sqlOf = new WeakMap<object, string>();
  const original = new WeakMap<object, D1PreparedStatement>();

  function wrap(statement: D1PreparedStatement, sql: string): D1PreparedStatement {
    const note = () => trips.push({ statements: [sql] });
    const wrapped = new Proxy(statement, {
      get(target, name) {
        if (name === 'bind') return (...values: unknown[]) => wrap(target.bind(...values), sql);
        const member = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          note();
          return member.apply(target, args);
        };
      },
    });
    sqlOf.set(wrapped, sql);
    original.set(wrapped, statement);
    return wrapped;
  }

  const wrappedDatabase = new Proxy(database, {
    get(target, name) {
      if (name === 'prepare') return (sql: string) => wrap(target.prepare(sql), sql);
      if (name === 'batch') {
        return (statements: D1PreparedStatement[]) => {
          trips.push({ statements: statements.map((statement) => sqlOf.get(statement) ?? '') });
          return target.batch(statements.map((statement) => original.get(statement) ?? statement));
        };
      }
      const member = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return { database: wrappedDatabase, trips };
}
