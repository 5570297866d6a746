import { eq, type Placeholder, type SQL, sql } from 'drizzle-orm';
import type { NamedSession, SessionState } from '../core/callers.ts';
import type { Identity } from '../core/principal.ts';
import type { RefreshChain } from '../core/refresh-rotation.ts';
import { type Extent, interchangeStands, named } from './accounts.ts';
import type { Database } from './client.ts';
import { type Prepared, placeholder, prepared } from './prepared.ts';
import { users } from './schema.ts';

/** The values of a statement about a session, which is built before they are known. */
export const WAITING = {
  userId: placeholder('userId'),
  sessionId: placeholder('sessionId'),
  issuedAt: placeholder('issuedAt'),
  now: placeholder('now'),
};

/** What a token is judged by, as far as its user is `Known`. */
type SessionStates<Row, Known extends Identity> = {
  /** The statement for a token with or without a session, to be sent with `valuesOf`. */
  of(session: NamedSession): Prepared<Row[]>;
  toState(rows: Row[], chain?: RefreshChain | null): SessionState<Known> | null;
};

type Standing = { loginStands: number };

export function prepareStates<Row, Known extends Identity>(
  db: Database,
  { columns, toAccount }: Extent<Row, Known>,
): SessionStates<Row & Standing, Known> {
  const select = (loginStands: SQL<number>) => {
    const build = () =>
      db
        .select({ ...columns, loginStands: named('login_stands', loginStands) })
        .from(users)
        .where(eq(users.id, WAITING.userId));
    // Holds for what `Extent` says of its columns.
    return prepared(build) as Prepared<unknown[]> as Prepared<(Row & Standing)[]>;
  };
  const ofSession = select(sql`exists (select 1 from sessions where ${liveSession(WAITING)})`);
  const ofInterchange = select(interchangeStands(WAITING.issuedAt));
  return {
    of: ({ sessionId }) => (sessionId === null ? ofInterchange : ofSession),
    toState([row], chain = null) {
      if (row === undefined) return null;
      return { account: toAccount(row), loginStands: row.loginStands === 1, chain };
    },
  };
}

export const valuesOf = ({ userId, sessionId, issuedAt }: NamedSession, now: Date) => ({
  userId,
  sessionId,
  issuedAt: issuedAt.getTime(),
  now: now.getTime(),
});

type Part = number | string | null | Placeholder;

export const liveSession = ({ sessionId, userId, now }: Record<'sessionId' | 'userId' | 'now', Part>): SQL =>
  sql`sessions.id = ${sessionId} and sessions.user_id = ${userId} and sessions.expires_at > ${now}`;
