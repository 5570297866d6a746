import { eq, sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { connect, type Database } from '../../src/db/client.ts';
import { placeholder, prepared } from '../../src/db/prepared.ts';
import { users } from '../../src/db/schema.ts';
import { env } from '../support/env.ts';
import { counted } from '../support/intercepted-database.ts';
import { db, storedUser } from '../support/stores.ts';

const columns = {
  id: users.id,
  isActive: users.isActive,
  given: sql<string | null>`${placeholder('given')}`,
};

const named = (on: Database) =>
  prepared(() =>
    on
      .select(columns)
      .from(users)
      .where(eq(users.username, placeholder('username'))),
  );

const owners = await Promise.all([1, 2, 3, 4, 5].map((n) => storedUser({ isActive: n % 2 === 0 })));
const asked = owners.map(({ username }, i) => ({ username, given: i === 2 ? null : `for ${i}` }));
const answers = owners.map(({ id, isActive }, i) => [{ id, isActive, given: asked[i]?.given }]);

describe('a prepared statement', () => {
  it('answers each of many at once with what was asked by it', async () => {
    const statement = named(db);
    expect(await Promise.all(asked.map((values) => statement.send(values)))).toEqual(answers);
    expect(await Promise.all(asked.map((values) => statement.send(values)))).toEqual(answers);
  });

  it('may be in one batch more than once, each time with values of its own', async () => {
    const statement = named(db);
    const [first, ...more] = asked.map((values) => statement.inBatch(values));
    if (first === undefined) throw new Error('nothing is asked');
    const sentMeanwhile = statement.send({ username: 'nobody', given: 'nothing' });
    expect(await db.batch([first, ...more])).toEqual(answers);
    expect(await sentMeanwhile).toEqual([]);
  });

  it('is built at its first use and once, alone or in a batch', async () => {
    let built = 0;
    const { database, trips } = counted(env.DB);
    const on = connect(database);
    const statement = prepared(() => {
      built++;
      return on
        .select({ id: users.id })
        .from(users)
        .where(eq(users.id, placeholder('id')));
    });
    expect(built).toBe(0);
    await statement.send({ id: 1 });
    await on.batch([statement.inBatch({ id: 2 }), statement.inBatch({ id: 3 })]);
    await statement.send({ id: 4 });
    expect([built, trips.length]).toEqual([1, 3]);
  });

  it('goes nowhere while a value is missing', async () => {
    const { database, trips } = counted(env.DB);
    const statement = named(connect(database));
    await expect(statement.send({ username: 'ada' })).rejects.toThrow('"given"');
    expect(() => statement.inBatch({ given: null })).toThrow('"username"');
    expect(trips).toEqual([]);
  });

  it('maps what columns hold as Drizzle does', async () => {
    const { id, isActive } = await storedUser();
    const all = {
      id: users.id,
      isActive: users.isActive,
      isStaff: users.isStaff,
      lastLogin: users.lastLogin,
    };
    const select = () => db.select(all).from(users).where(eq(users.id, id));
    const [row] = await prepared(select).send({});
    expect(row).toEqual((await select())[0]);
    expect(row).toEqual({ id, isActive, isStaff: false, lastLogin: null });
  });

  it('refuses columns in groups, which it cannot map', () => {
    const grouped = prepared(() =>
      db
        .select({ user: { id: users.id } })
        .from(users)
        .where(eq(users.id, 1)),
    );
    expect(() => grouped.send({})).toThrow('the columns of user are not flat');
  });
});
