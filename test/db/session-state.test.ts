import { describe, expect, it } from 'vitest';
import type { SessionName } from '../../src/core/session-ids.ts';
import { connect } from '../../src/db/client.ts';
import { createSessionStore } from '../../src/db/sessions.ts';
import { env } from '../support/env.ts';
import { counted } from '../support/intercepted-database.ts';
import {
  callers,
  later,
  NOW,
  newSession,
  passwordHashOf,
  profiles,
  SOMEWHERE,
  sessionIdsOf,
  sessions,
  storedUser,
} from '../support/stores.ts';

const [SID, DIGEST] = ['5e551041', 'd16e5700'];

/** A session of its own user, with an id that is a digest or the `sid` itself; of this test alone by its suffix. */
async function opened(form: 'digest' | 'plain') {
  const { id: userId } = await storedUser();
  const of = (text: string) => `${text} of ${userId}`;
  const id = of(form === 'digest' ? DIGEST : SID);
  const session = newSession(userId, { id, idIsDigest: form === 'digest' });
  await sessions.openIfUnchanged(session, await passwordHashOf(userId), null);
  return {
    userId,
    id,
    named: (sid: string, digest: string): SessionName => ({ sid: of(sid), digest: of(digest) }),
  };
}

/** The values that a token can name, and the form of row that each finds. */
const NAMES: [what: string, sid: string, digest: string, finds: { digest: boolean; plain: boolean }][] = [
  ['by the sid whose digest is stored, or which is stored', SID, DIGEST, { digest: true, plain: true }],
  [
    'by the digest, as a list shows it, as the sid',
    DIGEST,
    'digest of the digest',
    { digest: false, plain: false },
  ],
  ['by a sid whose digest is the stored sid', 'another sid', SID, { digest: false, plain: false }],
  ['by another sid', 'another sid', 'another digest', { digest: false, plain: false }],
];

describe.each(['digest', 'plain'] as const)('a session whose id is of the form %s', (form) => {
  describe.each(NAMES)('named %s', (_, sid, digest, finds) => {
    it.each([
      ['byToken of callers', callers.byToken],
      ['byToken of profiles', profiles.byToken],
      ['refreshState', sessions.refreshState],
    ])(`is found or not by %s, which gives its stored id`, async (_, find) => {
      const { userId, id, named } = await opened(form);
      for (const presented of [undefined, { id: 'a', nextId: 'b' }]) {
        const state = await find(
          { userId, session: named(sid, digest), issuedAt: NOW, presented },
          NOW,
          SOMEWHERE,
        );
        expect(state).toMatchObject({ loginStands: finds[form], sessionId: finds[form] ? id : null });
      }
      const { last_refresh_at: refreshed } = (await rowOf(id)) ?? {};
      expect(refreshed).toBe(find === sessions.refreshState && finds[form] ? NOW.getTime() : null);
    });

    it('is ended or not, and recorded by its stored id', async () => {
      const { userId, id, named } = await opened(form);
      const other = await opened(form);
      for (let i = 0; i < 2; i++) await sessions.endNamed({ userId, session: named(sid, digest) }, SOMEWHERE);
      expect(await sessionIdsOf(userId)).toEqual(finds[form] ? [] : [id]);
      expect(await sessionIdsOf(other.userId)).toEqual([other.id]);
      const ended = { actor_id: userId, actor_credential: id, detail: JSON.stringify({ session_id: id }) };
      expect(await revocationsOf(userId)).toMatchObject(finds[form] ? [ended] : []);
    });
  });

  it('is neither found nor ended in the name of another user, and not found once it is over', async () => {
    const { userId, id, named } = await opened(form);
    const { id: stranger } = await storedUser();
    const session = named(SID, DIGEST);
    const asked = { userId: stranger, session, issuedAt: NOW };
    expect(await callers.byToken(asked, NOW)).toMatchObject({ loginStands: false, sessionId: null });
    await sessions.endNamed({ userId: stranger, session }, SOMEWHERE);
    expect(await sessionIdsOf(userId)).toEqual([id]);
    const over = await callers.byToken({ ...asked, userId }, later(86_400_000));
    expect(over).toMatchObject({ loginStands: false, sessionId: null });
  });
});

it('a token without a session stands without an id', async () => {
  const { id: userId } = await storedUser();
  const state = await callers.byToken({ userId, session: null, issuedAt: NOW }, NOW);
  expect(state).toMatchObject({ loginStands: true, sessionId: null });
});

it('the end of a named session is one round trip', async () => {
  const { userId, named } = await opened('digest');
  const { database, trips } = counted(env.DB);
  const store = createSessionStore(connect(database));
  await store.endNamed({ userId, session: named(SID, DIGEST) }, SOMEWHERE);
  expect([trips.length, await sessionIdsOf(userId)]).toEqual([1, []]);
});

const rowOf = (id: string) =>
  env.DB.prepare('select * from sessions where id = ?').bind(id).first<{ last_refresh_at: number | null }>();

const revocationsOf = async (userId: number) => {
  const sql = "select * from audit_events where user_id = ? and event = 'authn_token_revoked'";
  return (await env.DB.prepare(sql).bind(userId).all()).results;
};
