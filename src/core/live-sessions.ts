import { deviceOf } from './devices.ts';
import { forbidden, noSuch } from './errors.ts';
import { assertUnpaged, MAX_UNPAGED_ROWS, type Page, type Slice } from './pages.ts';
import {
  actorOf,
  assertMayActOn,
  assertNotByApiKey,
  holds,
  ownSessionOf,
  type Principal,
} from './principal.ts';
import type { LiveSession, SessionStore } from './sessions.ts';

/** A live login, as people see it. */
export type SeenSession = LiveSession & {
  /** What the client seems to be, see `deviceOf`. */
  device: string;
  /** Whether it is the one that the caller came with. */
  isCurrent: boolean;
};

export type LiveSessionDeps = { sessions: SessionStore };

/** Which logins a logout ends: the one it came with, all others of that user, or all. */
export type LogoutScope = 'local' | 'others' | 'global';

const NO_SESSIONS_BY_KEY = 'An API key may not end sessions. Sign in with your password instead.';

/**
 * The live logins of oneself, or with `view_session` of another, newest first.
 * @throws DomainError `forbidden` for another's without that right; `invalid` when there are more than a bare list
 * holds.
 */
export async function listSessions(
  deps: LiveSessionDeps,
  { caller, userId, now }: { caller: Principal; userId: number | null; now: Date },
): Promise<SeenSession[]> {
  const owner = visibleOwner(caller, userId);
  const slice = { offset: 0, limit: MAX_UNPAGED_ROWS + 1 };
  const { rows } = await deps.sessions.listLive(owner, slice, now);
  assertUnpaged(rows, 'sessions');
  return rows.map((session) => asSeen(session, caller));
}

/** As `listSessions`, a slice of them. */
export async function pageSessions(
  deps: LiveSessionDeps,
  args: { caller: Principal; userId: number | null; slice: Slice; now: Date },
): Promise<Page<SeenSession>> {
  const { caller, slice, now } = args;
  const { count, rows } = await deps.sessions.listLive(visibleOwner(caller, args.userId), slice, now);
  return { count, rows: rows.map((session) => asSeen(session, caller)) };
}

/**
 * Ends one login: one's own, or with `delete_session` another's.
 * @throws DomainError `not_found` also for one that the caller may not end: it must not learn of it; `forbidden` for a
 * caller with an API key, or when the owner holds a right that the caller lacks.
 */
export async function endSession(
  deps: LiveSessionDeps,
  { caller, id, now }: { caller: Principal; id: string; now: Date },
): Promise<void> {
  assertNotByApiKey(caller, NO_SESSIONS_BY_KEY);
  const found = await deps.sessions.findLive(id, now);
  if (found === null) throw noSuch('Session');
  const isOwn = found.session.userId === caller.user.id;
  if (!isOwn && !holds(caller.rights, 'delete_session')) throw noSuch('Session');
  assertMayActOn(caller.rights, found.owner);
  if (!(await deps.sessions.endUnlessOutranked(id, actorOf(caller)))) throw forbidden();
}

/**
 * Ends logins of the caller. One by API key or by a foreign token has no login of its own to end, nor to keep.
 * @throws DomainError `forbidden` for more than its own from a caller with an API key.
 */
export async function logout(
  deps: LiveSessionDeps,
  { caller, scope, now }: { caller: Principal; scope: LogoutScope; now: Date },
): Promise<void> {
  const ownSession = ownSessionOf(caller);
  if (scope === 'local') {
    if (ownSession !== null) await deps.sessions.end(ownSession, actorOf(caller));
    return;
  }
  assertNotByApiKey(caller, NO_SESSIONS_BY_KEY);
  const kept = scope === 'others' ? ownSession : null;
  await deps.sessions.endAllOf(caller.user.id, kept, actorOf(caller), now);
}

function visibleOwner(caller: Principal, userId: number | null): number {
  if (userId === null || userId === caller.user.id) return caller.user.id;
  if (!holds(caller.rights, 'view_session')) throw forbidden();
  return userId;
}

const asSeen = (session: LiveSession, caller: Principal): SeenSession => ({
  ...session,
  device: deviceOf(session.userAgent),
  isCurrent: session.id === ownSessionOf(caller),
});
