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
  sid: placeholder('sid'),
  digest: placeholder('digest'),
  issuedAt: placeholder('issuedAt'),
  now: placeholder('now'),
};

/** What a token is judged by, as far as its user is `Known`. */
type SessionStates<Row, Known extends Identity> = {
  /** The statement for a token with or without a session, to be sent with `valuesOf`. */
  of(session: NamedSession): Prepared<Row[]>;
  toState(rows: Row[], chain?: RefreshChain | null): SessionState<Known> | null;
};

/** The id of the live session, 1 for a login without a session that stands, null for what has ended. */
type Standing = { login: string | 1 | null };

export function prepareStates<Row, Known extends Identity>(
  db: Database,
  { columns, toAccount }: Extent<Row, Known>,
): SessionStates<Row & Standing, Known> {
  const select = (login: SQL<Standing['login']>) => {
    const build = () =>
      db
        .select({ ...columns, login: named('login', login) })
        .from(users)
        .where(eq(users.id, WAITING.userId));
    // Holds for what `Extent` says of its columns.
    return prepared(build) as Prepared<unknown[]> as Prepared<(Row & Standing)[]>;
  };
  const ofSession = select(sql`(select sessions.id from sessions where ${liveSession(WAITING)})`);
  const ofInterchange = select(sql`iif(${interchangeStands(WAITING.issuedAt)}, 1, null)`);
  return {
    of: ({ session }) => (session === null ? ofInterchange : ofSession),
    toState([row], chain = null) {
      if (row === undefined) return null;
      const { login } = row;
      const sessionId = typeof login === 'string' ? login : null;
      return { account: toAccount(row), loginStands: login !== null, sessionId, chain };
    },
  };
}

export const valuesOf = ({ userId, session, issuedAt }: NamedSession, now: Date) => ({
  userId,
  sid: session?.sid ?? null,
  digest: session?.digest ?? null,
  issuedAt: issuedAt.getTime(),
  now: now.getTime(),
});

type Part = number | string | null | Placeholder;

/**
 * The session of this user that a token names. The id of a marked row is compared with the digest alone: else an id
 * from a list would pass for a `sid`. The list of both ids lets SQLite find the row by its key.
 */
export const namedSession = ({ sid, digest, userId }: Record<'sid' | 'digest' | 'userId', Part>): SQL =>
  sql`sessions.id in (${digest}, ${sid}) and sessions.id = iif(sessions.id_is_digest, ${digest}, ${sid})
    and sessions.user_id = ${userId}`;

export const liveSession = (of: Record<'sid' | 'digest' | 'userId' | 'now', Part>): SQL =>
  sql`${namedSession(of)} and sessions.expires_at > ${of.now}`;
