import { and, desc, eq, gt, type SQL, sql } from 'drizzle-orm';
import type { SelectedFields } from 'drizzle-orm/sqlite-core';
import type { Actor } from '../core/principal.ts';
import { randomId, type Secret } from '../core/secrets.ts';
import type { LiveSession, NewSession, SessionStore } from '../core/sessions.ts';
import { asActor, IDENTITY, identityColumns, loginsEnded, outranks, toIdentity } from './accounts.ts';
import { type ByRow, byActor, countedOfSelf, record } from './audit-events.ts';
import { type Database, raw, read, repeatableWrite, rowCount } from './client.ts';
import { settleAttempt } from './login-attempts.ts';
import { prepared } from './prepared.ts';
import { rotateRefresh, toChain } from './refresh-rotation.ts';
import { sessions, users } from './schema.ts';
import { liveSession, namedSession, prepareStates, valuesOf, WAITING } from './session-state.ts';

export function createSessionStore(db: Database): SessionStore {
  const [states, note] = [prepareStates(db, IDENTITY), prepareNote(db)];
  return {
    async openIfUnchanged(session, verified, rehashed, granted = null) {
      const { userId } = session;
      const succeeded = sql`exists (select 1 from sessions where id = ${session.id})`;
      const login = recordLogin(db, session, succeeded);
      const [_inserted, _noted, opened] = await repeatableWrite(() =>
        db.batch([
          insertSession(db, session, verified),
          db
            .update(users)
            .set({ lastLogin: session.createdAt.getTime(), passwordHash: rehashOf(verified, rehashed) })
            .where(and(eq(users.id, userId), succeeded)),
          db.select({ id: sessions.id }).from(sessions).where(eq(sessions.id, session.id)),
          login,
          ...(granted === null ? [] : settleAttempt(db, granted, { userId, succeeded })),
        ]),
      );
      return opened.length > 0;
    },
    async refreshState(named, now, from) {
      const { presented } = named;
      const values = valuesOf(named, now);
      const state = states.of(named).inBatch(values);
      if (presented === undefined) {
        const [rows] = await repeatableWrite(() => db.batch([state, note.inBatch(values)]));
        return states.toState(rows);
      }
      const rotation = { presented, from, now };
      const [rows, chains] = await repeatableWrite(() =>
        db.batch([state, ...rotateRefresh(db, liveSession(values), rotation)]),
      );
      return states.toState(rows, toChain(chains[0]));
    },
    async end(sessionId, actor) {
      const { identity } = actor;
      const own = and(eq(sessions.id, sessionId), identity && eq(sessions.userId, identity.userId));
      const ended = recordEnd(db, actor, sql`from sessions where ${own}`);
      await repeatableWrite(() => db.batch([ended, db.delete(sessions).where(own)]));
    },
    async endNamed({ userId, session }, from) {
      const its = namedSession({ userId, ...session });
      // Recorded with the id of the row: nothing that is stored tells a `sid`.
      const by = { actorId: userId, kind: 'session' as const, credential: sql`sessions.id`, from };
      const ended = recordEndBy(db, by, sql`from sessions where ${its}`);
      await repeatableWrite(() => db.batch([ended, db.delete(sessions).where(its)]));
    },
    async listLive(userId, { offset, limit }, now) {
      const live = and(eq(sessions.userId, userId), gt(sessions.expiresAt, now.getTime()));
      // As the index has them; of the same millisecond the later row is the newer one.
      const newestFirst = [desc(sessions.createdAt), sql`sessions.rowid desc`];
      const [[total], rows] = await read(() =>
        db.batch([
          db.select(rowCount).from(sessions).where(live),
          selectLive(db, liveColumns)
            .where(live)
            .orderBy(...newestFirst)
            .limit(limit)
            .offset(offset),
        ]),
      );
      return { count: total?.count ?? 0, rows: rows.map(toLive) };
    },
    async findLive(sessionId, now) {
      const [row] = await read(() =>
        selectLive(db, { session: liveColumns, owner: identityColumns }).where(
          and(eq(sessions.id, sessionId), gt(sessions.expiresAt, now.getTime())),
        ),
      );
      return row === undefined ? null : { session: toLive(row.session), owner: toIdentity(row.owner).rights };
    },
    async endUnlessOutranked(sessionId, actor) {
      const outranking = sql`exists (select 1 from users where users.id = sessions.user_id and ${outranks(actor)})`;
      const ended = sql`not exists (select 1 from sessions where id = ${sessionId})`;
      const statements = [
        raw(db, sql`select 1 from sessions where id = ${sessionId} and ${outranking}`),
        recordEnd(db, actor, sql`from sessions where id = ${sessionId} and not ${outranking}`),
        db.delete(sessions).where(and(eq(sessions.id, sessionId), sql`not ${outranking}`)),
      ] as const;
      const [found] = await asActor(db, actor, statements, {
        done: ended,
        made: ([refused]) => refused.length === 0,
      });
      return found.length === 0;
    },
    async endAllOf(userId, except, actor, now) {
      const changeId = randomId();
      const others = and(eq(sessions.userId, userId), sql`id is not ${except}`);
      // Those that are over by themselves may wait here to be removed; nobody ends them.
      const live = and(others, gt(sessions.expiresAt, now.getTime()));
      const statements = [
        recordEndOfNone(db, actor, { userId, except, changeId, live, now }),
        recordEnd(db, actor, sql`from sessions where ${live}`),
        db.delete(sessions).where(others),
        db
          .update(users)
          .set({ loginsEndedAt: loginsEnded(now), changeId })
          .where(eq(users.id, userId)),
      ] as const;
      await asActor(db, actor, statements, {
        done: sql`exists (select 1 from users where id = ${userId} and change_id = ${changeId})`,
      });
    },
  };
}

function insertSession(db: Database, session: NewSession, verified: Secret) {
  const { id, idIsDigest, userId, createdAt, expiresAt, address, country, userAgent } = session;
  return raw(
    db,
    sql`insert into sessions (id, id_is_digest, user_id, created_at, expires_at, address, country, user_agent)
    select ${id}, ${idIsDigest}, id, ${createdAt.getTime()}, ${expiresAt.getTime()}, ${address}, ${country}, ${userAgent}
    from users where id = ${userId} and is_active and password_hash = ${verified.reveal()}
    on conflict (id) do nothing`,
  );
}

function recordLogin(db: Database, { id, userId, ...from }: NewSession, succeeded: SQL) {
  const by = { actorId: userId, kind: 'password' as const, credential: id, from };
  return record(db, {
    event: 'authn_login_success',
    by,
    userId,
    source: sql`where ${succeeded}`,
    key: `login ${id}`,
  });
}

/** Before they end: one event for each session of `source`. */
const recordEnd = (db: Database, actor: Actor, source: SQL) => recordEndBy(db, byActor(actor), source);

const recordEndBy = (db: Database, by: ByRow, source: SQL) =>
  record(db, {
    event: 'authn_token_revoked',
    by,
    userId: sql`sessions.user_id`,
    detail: sql`json_object('session_id', sessions.id)`,
    source,
    row: sql`sessions.id`,
  });

/** Where no live session ends: one event for logins that have none, which end all the same. */
function recordEndOfNone(
  db: Database,
  actor: Actor,
  end: { userId: number; except: string | null; changeId: string; live: SQL | undefined; now: Date },
) {
  const { userId, except, changeId, live, now } = end;
  const by = byActor(actor);
  const scope = except === null ? 'global' : 'others';
  const isDone = sql`exists (select 1 from users where id = ${userId} and change_id = ${changeId})`;
  return record(db, {
    event: 'authn_token_revoked',
    by,
    userId,
    detail: { scope },
    source: sql`where not exists (select 1 from sessions where ${live}) and not ${isDone}`,
    ...countedOfSelf(by, { userId, what: `no session of ${scope}`, at: now }),
  });
}

/** Takes the place of the hash that was verified alone, never of a newer one. */
const rehashOf = (verified: Secret, rehashed: Secret | null): SQL | undefined =>
  rehashed === null
    ? undefined
    : sql`case password_hash when ${verified.reveal()} then ${rehashed.reveal()} else password_hash end`;

const liveColumns = {
  id: sessions.id,
  userId: sessions.userId,
  username: users.username,
  createdAt: sessions.createdAt,
  expiresAt: sessions.expiresAt,
  lastRefreshAt: sessions.lastRefreshAt,
  address: sessions.address,
  country: sessions.country,
  userAgent: sessions.userAgent,
};

/** Sessions with the users whose logins they are. */
const selectLive = <Columns extends SelectedFields>(db: Database, columns: Columns) =>
  db.select(columns).from(sessions).innerJoin(users, eq(users.id, sessions.userId));

type LiveRow = Omit<LiveSession, 'createdAt' | 'expiresAt' | 'lastSeenAt'> &
  Record<'createdAt' | 'expiresAt', number> & { lastRefreshAt: number | null };

const toLive = ({ lastRefreshAt, ...row }: LiveRow): LiveSession => ({
  ...row,
  createdAt: new Date(row.createdAt),
  expiresAt: new Date(row.expiresAt),
  lastSeenAt: new Date(lastRefreshAt ?? row.createdAt),
});

const prepareNote = (db: Database) =>
  prepared(() =>
    db
      .update(sessions)
      .set({ lastRefreshAt: sql`${WAITING.now}` })
      .where(liveSession(WAITING)),
  );
