import { asc, eq, sql } from 'drizzle-orm';
import type { Group, GroupStore } from '../core/groups.ts';
import { answered, type Database } from './client.ts';
import { groups } from './schema.ts';

export function createGroupStore(db: Database): GroupStore {
  const inOrder = () => db.select().from(groups).orderBy(asc(groups.id));
  return {
    async list() {
      return (await answered(inOrder())).map(toGroup);
    },
    async page({ offset, limit }) {
      const [[total], rows] = await answered(
        db.batch([
          db.select({ count: sql<number>`count(*)` }).from(groups),
          inOrder().limit(limit).offset(offset),
        ]),
      );
      return { count: total?.count ?? 0, rows: rows.map(toGroup) };
    },
    async find(id) {
      const [row] = await answered(db.select().from(groups).where(eq(groups.id, id)));
      return row === undefined ? null : toGroup(row);
    },
    async insertUnlessTaken({ name, permissions }) {
      const [row] = await answered(
        db
          .insert(groups)
          .values({ name, permissions: JSON.stringify(permissions) })
          .onConflictDoNothing()
          .returning(),
      );
      return row === undefined ? 'name_taken' : toGroup(row);
    },
    async update(id, { name, permissions }) {
      const taken = sql`exists (select 1 from groups other where other.name = ${name ?? null} and other.id <> ${id})`;
      const columns = { name, permissions: permissions && JSON.stringify(permissions), id };
      const [updated, found] = await answered(
        db.batch([
          db.update(groups).set(columns).where(sql`id = ${id} and not ${taken}`).returning(),
          db.select({ id: groups.id }).from(groups).where(eq(groups.id, id)),
        ]),
      );
      const [row] = updated;
      if (row !== undefined) return toGroup(row);
      return found.length === 0 ? 'no_group' : 'name_taken';
    },
    async delete(id) {
      const deleted = await answered(db.delete(groups).where(eq(groups.id, id)).returning({ id: groups.id }));
      return deleted.length > 0;
    },
  };
}

const toGroup = (row: typeof groups.$inferSelect): Group => ({
  ...row,
  permissions: JSON.parse(row.permissions),
});
