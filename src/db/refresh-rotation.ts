import { type SQL, sql } from 'drizzle-orm';
import type { Source } from '../core/principal.ts';
import { GRACE_MS, type PresentedRefresh, type RefreshChain } from '../core/refresh-rotation.ts';
import { byNobody, record } from './audit-events.ts';
import { type Database, raw } from './client.ts';
import { sessions } from './schema.ts';

const chainColumns = {
  refreshId: sessions.refreshId,
  refreshParentId: sessions.refreshParentId,
  refreshMadeAt: sessions.refreshMadeAt,
  refreshUsed: sessions.refreshUsed,
};

type ChainRow = Pick<typeof sessions.$inferSelect, keyof typeof chainColumns>;

export const selectChain = (db: Database, live: SQL) => db.select(chainColumns).from(sessions).where(live);

export function toChain(row: ChainRow | undefined): RefreshChain | null {
  const { refreshId: currentId, refreshParentId: parentId, refreshMadeAt: madeAt } = row ?? {};
  if (currentId == null || parentId == null || madeAt == null) return null;
  return { currentId, parentId, madeAt: new Date(madeAt), isUsed: row?.refreshUsed === true };
}

/**
 * The statements of one refresh, for the batch that is its transaction: what the live session knew, and what the
 * presented token makes of it. Of parallel ones the first rotates, and the others find its successor.
 */
export function rotateRefresh(
  db: Database,
  live: SQL,
  { presented, from, now }: { presented: PresentedRefresh; from: Source; now: Date },
) {
  const reused = sql`${live} and ${verdictOn(presented, now)} = 'reused'`;
  return [
    selectChain(db, live),
    advanceChain(db, live, presented, now),
    record(db, {
      event: 'authn_token_reuse',
      by: byNobody(from),
      userId: sql`sessions.user_id`,
      detail: sql`json_object('session_id', sessions.id)`,
      source: sql`from sessions where ${reused}`,
    }),
    raw(db, sql`delete from sessions where ${reused}`),
  ] as const;
}

/** One write whatever the verdict is, as a refresh without rotation; of a token that is refused, none. */
function advanceChain(db: Database, live: SQL, presented: PresentedRefresh, now: Date) {
  const { id, nextId } = presented;
  const at = now.getTime();
  return raw(
    db,
    sql`update sessions set
      last_refresh_at = ${at},
      refresh_id = iif(verdict = 'rotate', ${nextId}, refresh_id),
      refresh_parent_id = iif(verdict = 'rotate', ${id}, refresh_parent_id),
      refresh_made_at = iif(verdict = 'rotate', ${at}, refresh_made_at),
      refresh_used = iif(verdict = 'rotate', false, refresh_used or refresh_id = ${id})
    from (select id as judged, ${verdictOn(presented, now)} as verdict from sessions where ${live})
    where sessions.id = judged and verdict in ('rotate', 'again')`,
  );
}

/** The rule of `judgeRefresh`, line by line, so that the transaction that judges is the one that writes. */
function verdictOn({ id }: PresentedRefresh, now: Date): SQL {
  const isFresh = sql`refresh_made_at > ${now.getTime() - GRACE_MS}`;
  return sql`case
    when refresh_id is null then 'rotate'
    when refresh_id = ${id} then iif(${isFresh}, 'again', 'rotate')
    when refresh_parent_id = ${id} then iif(${isFresh} or not refresh_used, 'again', 'reused')
    else iif(refresh_made_at > ${now.getTime()}, 'overtaken', 'reused')
  end`;
}
