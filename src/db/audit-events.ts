import { and, asc, desc, eq, getTableColumns, gt, gte, lt, lte, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import { networkOf } from '../core/addresses.ts';
import type { ActorKind, AuditEventName, AuditEventStore, AuditFilter } from '../core/audit-events.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { Cursor } from '../core/pages.ts';
import type { Actor, Source } from '../core/principal.ts';
import { randomId } from '../core/secrets.ts';
import { type Database, raw, read } from './client.ts';
import { DATABASE_NOW } from './clock.ts';
import { auditEvents, users } from './schema.ts';
import { parseStored } from './stored-json.ts';

/** By whom and from where something was done. */
export type By = {
  actorId: number | null;
  kind: ActorKind | null;
  credential: string | null;
  from: Source;
};

/** The same, where only the rows of what is recorded may tell it. */
export type ByRow = { [Part in Exclude<keyof By, 'from'>]: By[Part] | SQL } & Pick<By, 'from'>;

export type Detail = Record<string, Json | undefined>;

/** One event for each row of `source`, of whose columns the rest may be made. */
export type Recorded = {
  event: AuditEventName | SQL;
  by: ByRow;
  userId: SQL | number | null;
  detail?: SQL | Detail;
  /** The rest of the select, with a condition that holds once the change was made. */
  source: SQL;
  /** Tells the rows of a source apart, where there may be several. */
  row?: SQL;
  /** Names the event, so that a repeated statement records it once. */
  key?: SQL | string;
  /** What becomes of an event that is there already; it stays by itself. */
  onConflict?: SQL;
};

/** The statement that records, for the batch of what it records. */
export function record(db: Database, entry: Recorded) {
  const {
    event,
    by,
    userId,
    detail = {},
    source,
    row,
    key = randomId(),
    onConflict = sql`do nothing`,
  } = entry;
  const { requestId, address, country } = by.from;
  const named = row === undefined ? key : sql`${key} || ' ' || ${row}`;
  return raw(
    db,
    sql`insert into audit_events (
      key, event, created_at, last_at, count, user_id, actor_id, actor_kind, actor_credential,
      address, country, request_id, detail
    ) select ${named}, ${event}, ${NOW}, ${NOW}, 1, ${userId}, ${by.actorId}, ${by.kind}, ${by.credential},
      ${address}, ${country}, ${requestId}, ${isSql(detail) ? detail : JSON.stringify(detail)}
    ${source} on conflict (key) ${onConflict}`,
  );
}

const NOW = sql.raw(DATABASE_NOW);

/** Where a further event of the same key is counted only; one whose answer was lost may be counted twice. */
export const COUNTED = sql.raw('do update set count = count + 1, last_at = excluded.last_at');

const isSql = (detail: SQL | Detail): detail is SQL => 'getSQL' in detail;

const NOWHERE: Source = { requestId: null, address: null, country: null };

/** Whoever asked had proved to be nobody. */
export const byNobody = (from: Source): By => ({ actorId: null, kind: null, credential: null, from });

/** An actor without an identity is the service itself. */
export function byActor({ identity }: Actor): By {
  if (identity === undefined) return byNobody(NOWHERE);
  const { userId, proof, from } = identity;
  return { actorId: userId, kind: proof.kind, credential: credentialOf(proof), from };
}

function credentialOf(proof: NonNullable<Actor['identity']>['proof']): string | null {
  switch (proof.kind) {
    case 'session':
      return proof.sessionId;
    case 'api_key':
      return String(proof.keyId);
    case 'interchange':
      return null;
  }
}

/** Tells those who ask apart, in a key. */
export const nameOf = ({ actorId, kind, credential }: By): string =>
  actorId === null ? 'nobody' : `${actorId} ${kind} ${credential}`;

export const minuteOf = (at: Date): number => Math.floor(at.getTime() / 60_000);

/**
 * How `record` names and repeats what users do to themselves, which nothing limits: what is the same within a minute,
 * with one credential from one network, is counted in one row. What others do stays rows of their own.
 * @param what tells kinds of it apart.
 */
export function countedOfSelf(
  by: By,
  { userId, what, at }: { userId: number; what: string; at: Date },
): Pick<Recorded, 'key' | 'onConflict'> {
  if (by.actorId !== userId) return {};
  const network = networkOf(by.from.address) ?? '';
  return { key: `self ${network} ${minuteOf(at)} ${nameOf(by)} ${what}`, onConflict: COUNTED };
}

export function createAuditEventStore(db: Database): AuditEventStore {
  const actors = alias(users, 'actors');
  const { key: _, ...columns } = getTableColumns(auditEvents);
  return {
    async list(filter, cursor, limit) {
      const isNewer = cursor?.direction === 'newer';
      const rows = await read(() =>
        db
          .select({ ...columns, username: users.username, actorUsername: actors.username })
          .from(auditEvents)
          .leftJoin(users, eq(users.id, auditEvents.userId))
          .leftJoin(actors, eq(actors.id, auditEvents.actorId))
          .where(and(beyond(cursor), ...conditions(filter)))
          .orderBy(isNewer ? asc(auditEvents.id) : desc(auditEvents.id))
          .limit(limit),
      );
      return (isNewer ? rows.toReversed() : rows).map((row) => ({
        ...row,
        createdAt: new Date(row.createdAt),
        lastAt: new Date(row.lastAt),
        detail: parseStored<JsonObject>(row.detail),
      }));
    },
  };
}

function beyond(cursor: Cursor | null): SQL | undefined {
  if (cursor === null) return undefined;
  return cursor.direction === 'older' ? lt(auditEvents.id, cursor.than) : gt(auditEvents.id, cursor.than);
}

function conditions({ event, userId, actorId, address, since, until }: AuditFilter): (SQL | undefined)[] {
  return [
    event && eq(auditEvents.event, event),
    userId === undefined ? undefined : eq(auditEvents.userId, userId),
    actorId === undefined ? undefined : eq(auditEvents.actorId, actorId),
    address === undefined ? undefined : eq(auditEvents.address, address),
    since && gte(auditEvents.id, boundary(sql`created_at >= ${since.getTime() - LONGEST_COUNT_MS}`, 'asc')),
    since && gte(auditEvents.lastAt, since.getTime()),
    until && lte(auditEvents.id, boundary(sql`created_at < ${until.getTime()}`, 'desc')),
  ];
}

/**
 * No row is counted for longer: those of requests of one minute, of which the last may be written some seconds after
 * it. What is still counted at an instant is found by rows that began this much earlier.
 */
const LONGEST_COUNT_MS = 2 * 60_000;

/** Ids grow with time, so a stretch of time is one of ids, which every index of the log is ordered by. */
const boundary = (condition: SQL, order: 'asc' | 'desc'): SQL => {
  const inOrder = sql.raw(`created_at ${order}, id ${order}`);
  return sql`(select id from audit_events where ${condition} order by ${inOrder} limit 1)`;
};
