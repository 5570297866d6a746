import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { NamedSession } from '../../src/core/callers.ts';
import { judgeRefresh, type RefreshChain } from '../../src/core/refresh-rotation.ts';
import { connect } from '../../src/db/client.ts';
import { sessions as table } from '../../src/db/schema.ts';
import { createSessionStore } from '../../src/db/sessions.ts';
import { env } from '../support/env.ts';
import { intercepted, LOST } from '../support/intercepted-database.ts';
import { chainOf, NEXT, ROTATION_TABLE, type RotationRow } from '../support/rotation.ts';
import {
  callers,
  db,
  later,
  NOW,
  namedBy,
  SOMEWHERE,
  sessions,
  storedSession,
  storedUser,
} from '../support/stores.ts';

type Row = typeof table.$inferSelect;

const stored = async (id: string): Promise<Row | undefined> =>
  (await db.select().from(table).where(eq(table.id, id)))[0];

const columnsOf = ({ currentId, parentId, madeAt, isUsed }: RefreshChain) => ({
  refreshId: currentId,
  refreshParentId: parentId,
  refreshMadeAt: madeAt.getTime(),
  refreshUsed: isUsed,
});

/** A live session that knows this of its tokens, and what names it by one of them. */
async function sessionWith(chain: RefreshChain | null, ownerId?: number) {
  const userId = ownerId ?? (await storedUser()).id;
  const sessionId = await storedSession(userId);
  if (chain !== null) await db.update(table).set(columnsOf(chain)).where(eq(table.id, sessionId));
  const named = (id: string, nextId = NEXT): NamedSession => ({
    userId,
    session: namedBy(sessionId),
    issuedAt: NOW,
    presented: { id, nextId },
  });
  return { userId, sessionId, named };
}

/** What each verdict leaves of a session. */
const LEFT: Record<RotationRow['kind'], (row: RotationRow, before: Row) => Row | undefined> = {
  rotate: ({ presented }, before) => ({
    ...before,
    lastRefreshAt: NOW.getTime(),
    ...columnsOf({ currentId: NEXT, parentId: presented, madeAt: NOW, isUsed: false }),
  }),
  again: ({ known, presented }, before) => ({
    ...before,
    lastRefreshAt: NOW.getTime(),
    refreshUsed: known === 'used' || presented === 'current',
  }),
  reused: () => undefined,
  overtaken: (_, before) => before,
};

async function rowBefore(id: string): Promise<Row> {
  const before = await stored(id);
  if (before === undefined) throw new Error('there is no such session');
  return before;
}

describe.each(ROTATION_TABLE)('the $presented token, $msAgo ms after the newest was made ($known)', (row) => {
  it('is judged by the statements as by the rule, in its own session alone', async () => {
    const { userId, sessionId, named } = await sessionWith(chainOf(row));
    const other = await sessionWith(chainOf(row), userId);
    const [before, bystander] = [await rowBefore(sessionId), await rowBefore(other.sessionId)];
    const state = await sessions.refreshState(named(row.presented), NOW, SOMEWHERE);
    expect(state).toMatchObject({ loginStands: true, chain: chainOf(row) });
    const presented = { id: row.presented, nextId: NEXT };
    const { kind } = judgeRefresh(state?.chain ?? null, presented, NOW);
    expect(await stored(sessionId)).toEqual(LEFT[kind](row, before));
    expect(await stored(other.sessionId)).toEqual(bystander);
  });

  it('changes nothing where it is only looked at', async () => {
    const { sessionId, named } = await sessionWith(chainOf(row));
    const before = await stored(sessionId);
    const state = await callers.byToken(named(row.presented), NOW);
    expect(state).toMatchObject({ loginStands: true, chain: chainOf(row) });
    expect(await stored(sessionId)).toEqual(before);
  });
});

/** The newest token of a session that has rotated long ago. */
const CHAIN: RefreshChain = {
  currentId: 'current',
  parentId: 'parent',
  madeAt: later(-60_000),
  isUsed: false,
};

/** The id of the token that a caller is answered with, by the state that it got. */
const answerOf = async (named: NamedSession, now = NOW, store = sessions): Promise<string | undefined> => {
  const state = await store.refreshState(named, now, SOMEWHERE);
  if (named.presented === undefined || !state?.loginStands) return undefined;
  const { kind, successor } = judgeRefresh(state.chain, named.presented, now);
  return successor?.id ?? kind;
};

describe('of racing refreshes', () => {
  it.each([
    ['the first token of a login', null, 'the login’s'],
    ['the newest token', CHAIN, 'current'],
    ['its parent, whose successor was never used', CHAIN, 'parent'],
  ])('eight get the same successor: %s', async (_, chain, id) => {
    const { named, sessionId } = await sessionWith(chain);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => answerOf(named(id, `next ${i}`), later(i))),
    );
    expect(new Set(answers).size).toBe(1);
    expect((await stored(sessionId))?.refreshId).toBe(answers[0]);
  });

  it.each([
    ['older', 'current'],
    ['current', 'older'],
  ])('none outlives a reuse: the %s token before the %s one', async (...ids) => {
    const { named, sessionId } = await sessionWith({ ...CHAIN, isUsed: true });
    await Promise.all(ids.map((id) => answerOf(named(id))));
    expect(await stored(sessionId)).toBeUndefined();
    expect(await answerOf(named('current'))).toBeUndefined();
  });

  it('one that began before the newest was made is refused, and ends nothing', async () => {
    const { named, sessionId } = await sessionWith(CHAIN);
    await answerOf(named('current', 'second'), NOW);
    await answerOf(named('second', 'third'), later(20_000));
    expect(await answerOf(named('current'), NOW)).toBe('overtaken');
    expect(await stored(sessionId)).toMatchObject({ refreshId: 'third', refreshParentId: 'second' });
  });
});

describe('a refresh whose answer was lost', () => {
  it.each([
    ['rotates once', 'current', NEXT],
    ['ends the session once', 'older', undefined],
  ])('%s when it is sent again', async (_, id, answered) => {
    let isDue = true;
    const DB = intercepted(env.DB, async (_trip, send) => {
      const result = await send();
      if (!isDue) return result;
      isDue = false;
      throw LOST();
    });
    const { named } = await sessionWith(CHAIN);
    expect(await answerOf(named(id), NOW, createSessionStore(connect(DB)))).toBe(answered);
    expect(isDue).toBe(false);
  });
});

it('rotates no token of a session that is over, or of another user', async () => {
  const [{ named, sessionId }, stranger] = [await sessionWith(CHAIN), await storedUser()];
  const before = await stored(sessionId);
  for (const id of ['current', 'older']) {
    const state = await sessions.refreshState({ ...named(id), userId: stranger.id }, NOW, SOMEWHERE);
    expect(state).toMatchObject({ loginStands: false, chain: null });
    const over = await sessions.refreshState(named(id), later(86_400_000), SOMEWHERE);
    expect(over).toMatchObject({ loginStands: false, chain: null });
  }
  expect(await stored(sessionId)).toEqual(before);
});
