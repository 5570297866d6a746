import { and, desc, eq, ne, type SQL, sql } from 'drizzle-orm';
import type { SelectedFields } from 'drizzle-orm/sqlite-core';
import {
  type ApiKey,
  type ApiKeyProblem,
  type ApiKeyStore,
  type NewApiKey,
  type StoredApiKey,
  TOUCH_INTERVAL_MS,
} from '../core/api-keys.ts';
import type { Actor, Source } from '../core/principal.ts';
import {
  asActor,
  identityColumns,
  outranks,
  type Repetition,
  selectAccounts,
  toAccount,
  toIdentity,
} from './accounts.ts';
import { byActor, type Recorded, record } from './audit-events.ts';
import { type Database, raw, read, repeatableWrite, rowCount, write } from './client.ts';
import { madeByActor } from './makers.ts';
import { apiKeys, users } from './schema.ts';

const keyColumns = {
  id: apiKeys.id,
  userId: apiKeys.userId,
  username: users.username,
  name: apiKeys.name,
  preview: apiKeys.preview,
  createdAt: apiKeys.createdAt,
  lastUsedAt: apiKeys.lastUsedAt,
};

type KeyRow = Omit<ApiKey, 'createdAt' | 'lastUsedAt'> & { createdAt: number; lastUsedAt: number | null };

export function createApiKeyStore(db: Database): ApiKeyStore {
  return {
    async list(userId, { offset, limit }) {
      const matching = userId === null ? undefined : eq(apiKeys.userId, userId);
      const [[total], rows] = await read(() =>
        db.batch([
          db.select(rowCount).from(apiKeys).where(matching),
          selectKeys(db, keyColumns).where(matching).orderBy(desc(apiKeys.id)).limit(limit).offset(offset),
        ]),
      );
      return { count: total?.count ?? 0, rows: rows.map(toKey) };
    },
    async find(id) {
      const [row] = await read(() =>
        selectKeys(db, { key: keyColumns, owner: identityColumns }).where(eq(apiKeys.id, id)),
      );
      return row === undefined ? null : { key: toKey(row.key), owner: toIdentity(row.owner).rights };
    },
    replace: (key, limit, actor) => replace(db, { key, limit, actor }),
    async delete(id, actor) {
      return removeUnlessOutranked(db, eq(apiKeys.id, id), actor);
    },
    async deletePersonal(userId, limit, actor) {
      return removeUnlessOutranked(db, and(eq(apiKeys.userId, userId), personal(limit, actor)), actor);
    },
    async deleteItself(digest, from) {
      const itself = eq(apiKeys.digest, digest);
      const recorded = recordKey(db, byItself(from), 'authn_token_revoked', itself);
      await repeatableWrite(() => db.batch([recorded, db.delete(apiKeys).where(itself)]));
    },
    async touch(id, now) {
      const isDue = sql`id = ${id} and coalesce(last_used_at <= ${now.getTime() - TOUCH_INTERVAL_MS}, true)`;
      await write(() => db.update(apiKeys).set({ lastUsedAt: now.getTime() }).where(isDue));
    },
  };
}

/** Keys with the users who own them. */
const selectKeys = <Columns extends SelectedFields>(db: Database, columns: Columns) =>
  db.select(columns).from(apiKeys).innerJoin(users, eq(users.id, apiKeys.userId));

const toDate = (milliseconds: number | null): Date | null =>
  milliseconds === null ? null : new Date(milliseconds);

const toKey = (row: KeyRow): ApiKey => ({
  ...row,
  createdAt: new Date(row.createdAt),
  lastUsedAt: toDate(row.lastUsedAt),
});

/** Where only one key may live, a new one takes the place of every key; by a key, of that key alone, by its name. */
const replacedBy = (limit: number, actor: Actor): SQL =>
  limit > 1 || keyIdOf(actor) !== null ? sql`false` : sql`true`;

/** The keys that `revoke` means: the personal one or, where only one may live, whichever it is; by a key, itself. */
function personal(limit: number, actor: Actor): SQL {
  const itself = keyIdOf(actor);
  if (itself !== null) return eq(apiKeys.id, itself);
  return limit === 1 ? sql`true` : sql`api_keys.name = ''`;
}

const keyIdOf = ({ identity }: Actor): number | null =>
  identity?.proof.kind === 'api_key' ? identity.proof.keyId : null;

/** False only for a key that would take the place of another one than itself, or come beside others. */
function mayReplace(actor: Actor, name: string): SQL {
  const itself = keyIdOf(actor);
  if (itself === null) return sql`true`;
  return sql`exists (select 1 from api_keys where id = ${itself} and user_id = users.id and name = ${name})`;
}

/** A key that replaces itself hands on who made it. */
function madeBy(actor: Actor, userId: number): SQL {
  const itself = keyIdOf(actor);
  return itself === null
    ? madeByActor(actor, userId)
    : sql`(select made_by from api_keys where id = ${itself})`;
}

/** A key that ends itself stands no more when it asks again; for all others a repetition changes nothing. */
const repeated = <T>(actor: Actor, made: (results: T) => boolean): Repetition<T> =>
  keyIdOf(actor) === null ? { made } : 'sent once';

async function replace(
  db: Database,
  { key, limit, actor }: { key: NewApiKey; limit: number; actor: Actor },
): Promise<StoredApiKey | ApiKeyProblem> {
  const owner = sql`from users where id = ${key.userId}`;
  const refused = sql`(${outranks(actor)} or not ${mayReplace(actor, key.name)})`;
  const permitted = sql`${owner} and not ${refused}`;
  const replaced = replacedBy(limit, actor);
  const sameName = sql`exists (select 1 from api_keys where user_id = users.id and name = ${key.name})`;
  const otherName = ne(apiKeys.name, key.name);
  const others = sql`(select count(*) from api_keys where user_id = users.id and not ${replaced})`;
  const allowed = sql`${permitted} and (${others} < ${limit} or ${sameName})`;
  const gone = sql`user_id = ${key.userId} and (name = ${key.name} or ${replaced}) and digest <> ${key.digest}`;
  const statements = [
    raw<{ outranked: number }>(db, sql`select ${refused} as outranked ${owner}`),
    recordKey(db, byActor(actor), 'authn_token_revoked', sql`${gone} and exists (select 1 ${allowed})`),
    db
      .delete(apiKeys)
      .where(and(eq(apiKeys.userId, key.userId), otherName, replaced, sql`exists (select 1 ${allowed})`)),
    // `or replace` takes the row of the same name away, of which both statements need to know before.
    raw(
      db,
      sql`insert or replace into api_keys (user_id, name, digest, preview, created_at, made_by)
        select id, ${key.name}, ${key.digest}, ${key.preview}, ${key.createdAt.getTime()},
          ${madeBy(actor, key.userId)} ${allowed}`,
    ),
    recordKey(db, byActor(actor), 'authn_token_created', eq(apiKeys.digest, key.digest)),
    selectKeys(db, keyColumns).where(eq(apiKeys.digest, key.digest)),
    selectAccounts(db).where(eq(users.id, key.userId)),
  ] as const;
  const [found, _revoked, _removed, _inserted, _created, [stored], [holder]] = await asActor(
    db,
    actor,
    statements,
    repeated(actor, ([, , , , , made]) => made.length > 0),
  );
  if (stored !== undefined && holder !== undefined)
    return { ...toKey(stored), owner: toAccount(holder).user };
  if (found[0] === undefined) return 'no_user';
  return found[0].outranked === 1 ? 'outranked' : 'limit_reached';
}

/** One event for each key: before they go, after they came. */
const recordKey = (
  db: Database,
  by: Recorded['by'],
  event: 'authn_token_created' | 'authn_token_revoked',
  matching: SQL,
) =>
  record(db, {
    event,
    by,
    userId: sql`api_keys.user_id`,
    detail: sql`json_object('api_key_id', api_keys.id, 'name', api_keys.name)`,
    source: sql`from api_keys where ${matching}`,
    row: sql`api_keys.id`,
  });

/** Done by the very key that it is done to. */
const byItself = (from: Source): Recorded['by'] => ({
  actorId: sql`api_keys.user_id`,
  kind: 'api_key',
  credential: sql`cast(api_keys.id as text)`,
  from,
});

/** Revokes the keys that match, and records each: the statements, for the batch of a change. */
export const revokeKeys = (db: Database, actor: Actor, matching: SQL) =>
  [
    recordKey(db, byActor(actor), 'authn_token_revoked', matching),
    db.delete(apiKeys).where(matching),
  ] as const;

async function removeUnlessOutranked(
  db: Database,
  matching: SQL | undefined,
  actor: Actor,
): Promise<boolean> {
  const itself = keyIdOf(actor);
  const isAnother = itself === null ? sql`false` : sql`api_keys.id <> ${itself}`;
  const outranking = sql`(${isAnother} or exists (
    select 1 from users where users.id = api_keys.user_id and ${outranks(actor)}
  ))`;
  const statements = [
    raw<{ outranked: number }>(
      db,
      sql`select 1 as outranked from api_keys where ${matching} and ${outranking} limit 1`,
    ),
    ...revokeKeys(db, actor, sql`${matching} and not ${outranking}`),
  ] as const;
  const [found] = await asActor(
    db,
    actor,
    statements,
    repeated(actor, ([refused]) => refused.length === 0),
  );
  return found.length === 0;
}
