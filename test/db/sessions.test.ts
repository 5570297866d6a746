import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/secrets.ts';
import type { NewSession } from '../../src/core/sessions.ts';
import type { User } from '../../src/core/users.ts';
import { env } from '../support/env.ts';
import {
  ADMIN,
  callers,
  groupOf,
  holding,
  later,
  NOW,
  namedBy,
  newSession,
  profiles,
  SOMEWHERE,
  sessionIdsOf,
  sessions,
  storedSession,
  storedUser,
  users,
} from '../support/stores.ts';

const HASH = new Secret('the hash that was verified');
const BETTER = new Secret('a better hash');
const member = (): Promise<User> => storedUser({ passwordHash: HASH });

const hashOf = async (id: number): Promise<unknown> =>
  env.DB.prepare('select password_hash from users where id = ?').bind(id).first('password_hash');

async function stored(id: string): Promise<Record<string, unknown> | null> {
  return env.DB.prepare('select * from sessions where id = ?').bind(id).first();
}

describe('openIfUnchanged', () => {
  it('stores the session and notes the login', async () => {
    const { id } = await member();
    const session = newSession(id, { address: null });
    expect(await sessions.openIfUnchanged(session, HASH, null)).toBe(true);
    expect(await stored(session.id)).toEqual({
      id: session.id,
      id_is_digest: 1,
      user_id: id,
      created_at: NOW.getTime(),
      expires_at: later(86_400_000).getTime(),
      country: null,
      last_refresh_at: null,
      address: null,
      user_agent: 'test',
      refresh_id: null,
      refresh_parent_id: null,
      refresh_made_at: null,
      refresh_used: null,
    });
    expect((await users.find(id))?.user.lastLogin).toEqual(NOW);
    expect(await hashOf(id)).toBe(HASH.reveal());
  });

  it.each<[string, (id: number) => Promise<unknown>]>([
    ['the password changed', (id) => users.update(id, { passwordHash: new Secret('new') }, ADMIN, NOW)],
    ['the user was deactivated', (id) => users.update(id, { isActive: false }, ADMIN, NOW)],
    ['the user was deleted', (id) => users.delete(id, ADMIN)],
  ])('opens nothing, and stores no hash, once %s', async (_, change) => {
    const { id } = await member();
    await change(id);
    const before = await hashOf(id);
    expect(await sessions.openIfUnchanged(newSession(id), HASH, BETTER)).toBe(false);
    expect(await sessionIdsOf(id)).toEqual([]);
    expect(await hashOf(id)).toBe(before);
    expect((await users.find(id))?.user.lastLogin ?? null).toBeNull();
  });

  it('stores the better hash together with the session, and for this user alone', async () => {
    const [{ id }, bystander] = [await member(), await member()];
    expect(await sessions.openIfUnchanged(newSession(id), HASH, BETTER)).toBe(true);
    expect(await hashOf(id)).toBe(BETTER.reveal());
    expect(await hashOf(bystander.id)).toBe(HASH.reveal());
  });

  it('lets one of parallel logins replace the hash; the others see that it changed', async () => {
    const { id } = await member();
    const opened = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        sessions.openIfUnchanged(newSession(id), HASH, new Secret(`better hash ${i}`)),
      ),
    );
    expect(opened.filter(Boolean)).toHaveLength(1);
    expect(await hashOf(id)).toBe(`better hash ${opened.indexOf(true)}`);
    expect(await sessionIdsOf(id)).toHaveLength(1);
  });

  it('lets all of parallel logins in that replace nothing', async () => {
    const { id } = await member();
    const opened = await Promise.all(
      Array.from({ length: 6 }, () => sessions.openIfUnchanged(newSession(id), HASH, null)),
    );
    expect(opened).toEqual(Array(6).fill(true));
    expect(await sessionIdsOf(id)).toHaveLength(6);
  });

  it('leaves no session when a password change races with logins, whichever comes first', async () => {
    const { id } = await member();
    await Promise.all([
      sessions.openIfUnchanged(newSession(id), HASH, null),
      sessions.openIfUnchanged(newSession(id), HASH, BETTER),
      users.update(id, { passwordHash: new Secret('new') }, ADMIN, NOW),
      sessions.openIfUnchanged(newSession(id), HASH, null),
      sessions.openIfUnchanged(newSession(id), HASH, BETTER),
    ]);
    expect(await sessionIdsOf(id)).toEqual([]);
    expect(await hashOf(id)).toBe('new');
  });
});

describe.each([
  ['byToken of callers', callers.byToken],
  ['byToken of profiles', profiles.byToken],
  ['refreshState', sessions.refreshState],
])('%s of a token with a session', (_, find) => {
  it('gives the account with the rights of now, and whether the login stands', async () => {
    const user = await storedUser({ groups: [await groupOf('view_user')] });
    const sessionId = await storedSession(user.id);
    const named = { userId: user.id, session: namedBy(sessionId), issuedAt: NOW };
    const state = await find(named, NOW, SOMEWHERE);
    expect(state).toMatchObject({ loginStands: true, account: { rights: holding('view_user') } });
    const { id, username, userLevel, isActive } = user;
    const known =
      find === profiles.byToken ? { ...user, lastLogin: NOW } : { id, username, userLevel, isActive };
    expect(state?.account.user).toEqual(known);
    await users.update(user.id, { groups: [] }, ADMIN, NOW);
    expect((await find(named, NOW, SOMEWHERE))?.account.rights).toEqual(holding());
  });

  it('stands until the session’s end and not at it', async () => {
    const { id } = await member();
    const session = newSession(id, { expiresAt: later(1000) });
    await sessions.openIfUnchanged(session, HASH, null);
    const stands = async (ms: number) =>
      (await find({ userId: id, session: namedBy(session.id), issuedAt: NOW }, later(ms), SOMEWHERE))
        ?.loginStands;
    expect([await stands(999), await stands(1000), await stands(1001)]).toEqual([true, false, false]);
  });

  it('does not stand on the session of another user, an ended or an unknown one', async () => {
    const [user, other] = [await member(), await member()];
    const theirs = await storedSession(other.id);
    const ended = await storedSession(user.id);
    await sessions.end(ended, ADMIN);
    for (const sessionId of [theirs, ended, 'unknown', '']) {
      const state = await find(
        { userId: user.id, session: namedBy(sessionId), issuedAt: NOW },
        NOW,
        SOMEWHERE,
      );
      expect(state).toMatchObject({ loginStands: false, account: { user: { id: user.id } } });
    }
    expect(await stored(theirs)).toMatchObject({ last_refresh_at: null });
  });

  it('is null for a user that does not exist', async () => {
    const named = { userId: 2_000_000_000, session: namedBy('a'), issuedAt: NOW };
    expect(await find(named, NOW, SOMEWHERE)).toBeNull();
  });
});

describe('refreshState', () => {
  it('marks a session that stands, which byToken does not', async () => {
    const { id } = await member();
    const sessionId = await storedSession(id);
    const named = { userId: id, session: namedBy(sessionId), issuedAt: NOW };
    await callers.byToken(named, later(1));
    expect(await stored(sessionId)).toMatchObject({ last_refresh_at: null });
    await sessions.refreshState(named, later(2), SOMEWHERE);
    expect(await stored(sessionId)).toMatchObject({ last_refresh_at: later(2).getTime() });
  });

  it('marks no session that is over, and no other one', async () => {
    const { id } = await member();
    const [over, other] = [await storedSession(id), await storedSession(id)];
    await sessions.refreshState(
      { userId: id, session: namedBy(over), issuedAt: NOW },
      later(86_400_000),
      SOMEWHERE,
    );
    expect(await stored(over)).toMatchObject({ last_refresh_at: null });
    await sessions.refreshState({ userId: id, session: namedBy(over), issuedAt: NOW }, later(5), SOMEWHERE);
    expect(await stored(other)).toMatchObject({ last_refresh_at: null });
  });
});

describe('a token without a session', () => {
  const issuedAt = new Date('2030-01-01T12:00:00Z');
  const stands = async (userId: number) =>
    (await callers.byToken({ userId, session: null, issuedAt }, NOW))?.loginStands;

  it('stands while the user’s logins were never ended', async () => {
    expect(await stands((await member()).id)).toBe(true);
  });

  it.each([
    ['2030-01-01T11:59:49.999Z', true],
    ['2030-01-01T11:59:50.000Z', false],
    ['2030-01-01T12:00:00.000Z', false],
    ['2030-01-01T13:00:00.000Z', false],
  ])('issued at 12:00:00, with all logins ended at %s, stands: %s', async (endedAt, standing) => {
    const { id } = await member();
    await users.update(id, { passwordHash: new Secret('new') }, ADMIN, new Date(endedAt));
    expect(await stands(id)).toBe(standing);
  });

  it('does not stand after a deactivation, even if that is taken back', async () => {
    const { id } = await member();
    await users.update(id, { isActive: false }, ADMIN, NOW);
    await users.update(id, { isActive: true }, ADMIN, NOW);
    expect(await stands(id)).toBe(false);
  });

  it('is not touched by other changes, nor by the end of a session', async () => {
    const { id } = await member();
    await users.update(id, { email: 'a@example.org', isActive: true, userLevel: 2 }, ADMIN, NOW);
    await sessions.end(await storedSession(id), ADMIN);
    expect(await stands(id)).toBe(true);
  });
});

describe('end', () => {
  it('ends one session and no other, and may be repeated', async () => {
    const { id } = await member();
    const [one, other] = [await storedSession(id), await storedSession(id)];
    await Promise.all([...[one, one, 'unknown'].map((id) => sessions.end(id, ADMIN))]);
    expect(await sessionIdsOf(id)).toEqual([other]);
  });

  it('by somebody ends none of another', async () => {
    const [{ id }, { id: other }] = [await member(), await member()];
    const [own, foreign] = [await storedSession(id), await storedSession(other)];
    const proof = { kind: 'session' as const, sessionId: own };
    const actor = { ...ADMIN, identity: { userId: id, proof, from: SOMEWHERE } };
    for (const session of [foreign, own]) await sessions.end(session, actor);
    expect([await sessionIdsOf(id), await sessionIdsOf(other)]).toEqual([[], [foreign]]);
  });
});

describe('the live sessions of a user', () => {
  const HOUR = 3_600_000;
  const slice = { offset: 0, limit: 10 };

  it('are listed newest first, until they expire', async () => {
    const { id, username } = await member();
    const [first, second] = [
      newSession(id, { country: 'CH' }),
      newSession(id, { createdAt: later(1), expiresAt: later(HOUR) }),
    ];
    for (const session of [first, second]) await sessions.openIfUnchanged(session, HASH, null);
    const seen = { username, lastSeenAt: NOW };
    const seenOf = ({ requestId: _, idIsDigest: __, ...session }: NewSession) => session;
    const [stored, newest] = [seenOf(first), seenOf(second)];
    expect(await sessions.listLive(id, slice, later(HOUR - 1))).toEqual({
      count: 2,
      rows: [
        { ...newest, ...seen, lastSeenAt: later(1) },
        { ...stored, ...seen },
      ],
    });
    expect(await sessions.listLive(id, slice, later(HOUR))).toMatchObject({
      count: 1,
      rows: [{ id: first.id }],
    });
    expect((await sessions.findLive(second.id, later(HOUR - 1)))?.session.id).toBe(second.id);
    expect(await sessions.findLive(second.id, later(HOUR))).toBeNull();
  });

  it('are not ended by an actor whom the owner outranks by the time of the write', async () => {
    const helper = holding('delete_session');
    const { id } = await member();
    const [kept, ended] = [await storedSession(id), await storedSession(id)];
    expect(await sessions.endUnlessOutranked(ended, helper)).toBe(true);
    await users.update(id, { userLevel: 10 }, ADMIN, NOW);
    expect(await sessions.endUnlessOutranked(kept, helper)).toBe(false);
    expect(await sessionIdsOf(id)).toEqual([kept]);
    expect(await sessions.endUnlessOutranked(kept, ADMIN)).toBe(true);
  });

  it('end together but for the one that is kept, and nobody else’s', async () => {
    const [{ id }, other] = [await member(), await member()];
    const [kept, _ended, others] = [
      await storedSession(id),
      await storedSession(id),
      await storedSession(other.id),
    ];
    await sessions.endAllOf(id, kept, ADMIN, NOW);
    expect([await sessionIdsOf(id), await sessionIdsOf(other.id)]).toEqual([[kept], [others]]);
    await sessions.endAllOf(id, null, ADMIN, NOW);
    expect([await sessionIdsOf(id), await sessionIdsOf(other.id)]).toEqual([[], [others]]);
  });
});

describe('the end of all logins of a user', () => {
  const HOUR = 3_600_000;

  async function recordedOf(userId: number): Promise<unknown[]> {
    const { results } = await env.DB.prepare(
      "select detail from audit_events where user_id = ? and event = 'authn_token_revoked'",
    )
      .bind(userId)
      .all<{ detail: string }>();
    return results.map(({ detail }) => JSON.parse(detail));
  }

  async function withOneThatIsOver() {
    const { id } = await member();
    const over = newSession(id, { expiresAt: later(HOUR) });
    await sessions.openIfUnchanged(over, HASH, null);
    return { id, live: await storedSession(id) };
  }

  it('is recorded for those that live, and removes those that were over too', async () => {
    const { id, live } = await withOneThatIsOver();
    await sessions.endAllOf(id, null, ADMIN, later(HOUR));
    expect(await recordedOf(id)).toEqual([{ session_id: live }]);
    expect(await sessionIdsOf(id)).toEqual([]);
  });

  it('is one event of none where the others were over', async () => {
    const { id, live } = await withOneThatIsOver();
    await sessions.endAllOf(id, live, ADMIN, later(HOUR));
    expect(await recordedOf(id)).toEqual([{ scope: 'others' }]);
    expect(await sessionIdsOf(id)).toEqual([live]);
  });
});

it('a login that is stored again replaces no password that was set meanwhile', async () => {
  const { id } = await member();
  const session = newSession(id);
  await sessions.openIfUnchanged(session, HASH, BETTER);
  const passwordHash = new Secret('a new password');
  await users.update(id, { passwordHash, survivingSessionId: session.id }, ADMIN, NOW);
  await sessions.openIfUnchanged(session, HASH, BETTER);
  expect(await hashOf(id)).toBe(passwordHash.reveal());
});
