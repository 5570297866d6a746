import { asc, eq, type SQL, sql } from 'drizzle-orm';
import type { Group, GroupChanges, GroupProblem, GroupStore } from '../core/groups.ts';
import type { Actor } from '../core/principal.ts';
import { asActor } from './accounts.ts';
import { revokeKeys } from './api-keys.ts';
import { byActor, type Detail, record } from './audit-events.ts';
import { type Database, lastOf, raw, read, rowCount } from './client.ts';
import { firstPlantedMembers, plantedKeysOfMembers, plantedMembers } from './growing-rights.ts';
import { groups } from './schema.ts';
import { parseStored } from './stored-json.ts';

export function createGroupStore(db: Database): GroupStore {
  const inOrder = () => db.select().from(groups).orderBy(asc(groups.id));
  return {
    async list() {
      return (await read(inOrder)).map(toGroup);
    },
    async page({ offset, limit }) {
      const [[total], rows] = await read(() =>
        db.batch([db.select(rowCount).from(groups), inOrder().limit(limit).offset(offset)]),
      );
      return { count: total?.count ?? 0, rows: rows.map(toGroup) };
    },
    async find(id) {
      const [row] = await read(() => db.select().from(groups).where(eq(groups.id, id)));
      return row === undefined ? null : toGroup(row);
    },
    async insertUnlessTaken({ name, permissions }, actor) {
      const row = { name, permissions: JSON.stringify(permissions) };
      const insert = db.insert(groups).values(row).onConflictDoNothing().returning();
      const untaken = sql`where not exists (select 1 from groups where name = ${name})`;
      const recorded = recordRights(db, actor, {
        detail: { group: name, permissions, created: true },
        source: untaken,
      });
      const [, [stored]] = await asActor(db, actor, [recorded, insert], 'sent once');
      return stored === undefined ? 'name_taken' : toGroup(stored);
    },
    update: (id, changes, actor) => update(db, { id, changes, actor }),
    async delete(id, actor) {
      const remove = db.delete(groups).where(eq(groups.id, id)).returning({ id: groups.id });
      const recorded = recordRights(db, actor, {
        detail: sql`json_object('group_id', id, 'group', name, 'permissions', json('[]'), 'deleted', json('true'))`,
        source: sql`from groups where id = ${id}`,
      });
      const [, deleted] = await asActor(db, actor, [recorded, remove], 'sent once');
      return deleted.length > 0;
    },
  };
}

async function update(
  db: Database,
  { id, changes: { name, permissions }, actor }: { id: number; changes: GroupChanges; actor: Actor },
): Promise<Group | GroupProblem> {
  const taken = sql`exists (
    select 1 from groups other where other.name = ${name ?? null} and other.id <> ${id}
  )`;
  const columns = { name, permissions: permissions && JSON.stringify(permissions), id };
  const { findMembers, revokePlanted, allowed } = growth(db, { id, permissions, actor });
  const applies = sql`not ${taken} and ${allowed}`;
  const statements = [
    raw<{ taken: number }>(db, sql`select ${taken} as taken from groups where id = ${id}`),
    findMembers,
    ...revokePlanted(applies),
    recordChange(db, actor, { columns, allowed: applies }),
    db.update(groups).set(columns).where(sql`id = ${id} and ${applies}`).returning(),
  ] as const;
  // The same values again change nothing, and whoever may write groups loses no right by it.
  const results = await asActor(db, actor, statements, { made: (all) => lastOf(all).length > 0 });
  const [[found], members] = results;
  const [updated] = lastOf(results);
  if (updated !== undefined) return toGroup(updated);
  if (found === undefined) return 'no_group';
  return found.taken === 1 ? 'name_taken' : { passwordsByOther: members.map((member) => member.id) };
}

/** The statements about members who gain by new permissions; without permissions nobody gains. */
function growth(
  db: Database,
  { id, permissions = [], actor }: { id: number; permissions: number[] | undefined; actor: Actor },
) {
  const given = JSON.stringify(permissions);
  const gains = permissions.length > 0;
  const found = gains ? firstPlantedMembers(id, given) : sql`select null as id where false`;
  const allowed = gains ? sql`not exists (${plantedMembers(id, given)})` : sql`true`;
  const revokePlanted = (applies: SQL) =>
    gains ? revokeKeys(db, actor, sql`${plantedKeysOfMembers(id, given)} and ${applies}`) : [];
  return { findMembers: raw<{ id: number }>(db, found), revokePlanted, allowed };
}

/** Before it is done: a group that is made, renamed or deleted, and what its members may do from then on. */
const recordRights = (
  db: Database,
  actor: Actor,
  { detail, source }: { detail: SQL | Detail; source: SQL },
) => record(db, { event: 'privilege_permissions_changed', by: byActor(actor), userId: null, detail, source });

/** Where a group is renamed or its permissions are set: the name from then on, the one before, what was set. */
function recordChange(
  db: Database,
  actor: Actor,
  change: {
    columns: { id: number; name?: string | undefined; permissions?: string | undefined };
    allowed: SQL;
  },
) {
  const { id, name = null, permissions = null } = change.columns;
  const isRenamed = sql`name <> ${name}`;
  return recordRights(db, actor, {
    // As a patch of nothing, since that leaves out what is null.
    detail: sql`json_patch('{}', json_object('group_id', id, 'group', coalesce(${name}, name),
      'was', case when ${isRenamed} then name end, 'permissions', json(${permissions})))`,
    source: sql`from groups where id = ${id} and ${change.allowed}
      and (${permissions} is not null or ${isRenamed})`,
  });
}

const toGroup = (row: typeof groups.$inferSelect): Group => ({
  ...row,
  permissions: parseStored<Group['permissions']>(row.permissions),
});
