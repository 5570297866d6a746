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

/** The id of the live session; 1 for a valid token without a session; null if the session or login has ended. */
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
  const ofSession = select(idOfLive(WAITING));
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

type Named = Record<'sid' | 'digest' | 'userId', Part>;

/**
 * The stored id of the session of this user that a token names, if it also meets `condition` on `s`; null if there is
 * none. The id of a marked row is compared with the digest alone: else an id from a list would pass for a `sid`. Rows of
 * the other form are looked for only if there is no marked one, so that the usual check reads one row.
 */
const idOfNamed = ({ sid, digest, userId }: Named, condition: SQL): SQL<string | null> => sql`coalesce(
  (select s.id from sessions s where s.id = ${digest} and s.id_is_digest and s.user_id = ${userId} and ${condition}),
  (select s.id from sessions s where s.id = ${sid} and not s.id_is_digest and s.user_id = ${userId} and ${condition})
)`;

/** True for the one session of this user that a token names. */
export const namedSession = (of: Named): SQL => sql`sessions.id = ${idOfNamed(of, sql`true`)}`;

const idOfLive = (of: Named & { now: Part }): SQL<string | null> =>
  idOfNamed(of, sql`s.expires_at > ${of.now}`);

/** The same, while it has not expired. */
export const liveSession = (of: Named & { now: Part }): SQL => sql`sessions.id = ${idOfLive(of)}`;
