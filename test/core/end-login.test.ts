import { describe, expect, it } from 'vitest';
import { endLogin } from '../../src/core/end-login.ts';
import type { SessionDeps } from '../../src/core/sessions.ts';
import { mintToken, type TokenKind } from '../../src/core/tokens.ts';
import { servicesOf } from '../../src/services.ts';
import { env } from '../support/env.ts';
import { counted } from '../support/intercepted-database.ts';
import {
  ADMIN,
  later,
  NOW,
  openedSession,
  SOMEWHERE,
  sessionIdsOf,
  storedSession,
  storedUser,
  users,
} from '../support/stores.ts';

const deps: SessionDeps = servicesOf(env);
const HOUR = 3_600_000;

/** A token of ours that names this user and session. */
async function tokenOf(userId: number, sid: string, kind: TokenKind = 'refresh'): Promise<string> {
  const { signer } = await deps.signingKeys();
  const times = { issuedAt: NOW, expiresAt: later(HOUR) };
  return mintToken(signer, deps.tokenPolicy, { kind, userId, sid, ...times });
}

const end = (token: string, ms = 0, by = deps): Promise<void> =>
  endLogin(by, { token, kind: 'refresh', from: SOMEWHERE, now: later(ms) });

const revocationsOf = async (userId: number) => {
  const sql = "select * from audit_events where user_id = ? and event = 'authn_token_revoked'";
  return (await env.DB.prepare(sql).bind(userId).all()).results;
};

describe('endLogin', () => {
  it('ends the session that the token names, once, as its user, in one round trip', async () => {
    const { id } = await storedUser();
    const [{ id: session, sid }, other] = [await openedSession(id), await storedSession(id)];
    const token = await tokenOf(id, sid);
    const { database, trips } = counted(env.DB);
    const by = servicesOf({ ...env, DB: database });
    for (let i = 0; i < 2; i++) await end(token, 0, by);
    expect([trips.length, await sessionIdsOf(id)]).toEqual([2, [other]]);
    expect(await revocationsOf(id)).toMatchObject([
      {
        actor_id: id,
        actor_kind: 'session',
        actor_credential: session,
        address: SOMEWHERE.address,
        country: SOMEWHERE.country,
        request_id: SOMEWHERE.requestId,
        detail: JSON.stringify({ session_id: session }),
      },
    ]);
  });

  it('ends nothing by a token that is bad, expired, of the other kind, or of another session', async () => {
    const [{ id }, { id: other }] = [await storedUser(), await storedUser()];
    const { id: session, sid } = await openedSession(id);
    const token = await tokenOf(id, sid);
    for (const bad of ['', 'x', '..', `${token}x`, token.slice(1), await tokenOf(id, sid, 'access')]) {
      await end(bad);
    }
    await end(token, HOUR);
    await end(await tokenOf(other, sid));
    await end(await tokenOf(id, 'made-up'));
    await end(await tokenOf(id, session));
    expect([await sessionIdsOf(id), await revocationsOf(id), await revocationsOf(other)]).toEqual([
      [session],
      [],
      [],
    ]);
  });

  it('takes a token of either kind where either may come', async () => {
    const { id } = await storedUser();
    for (const kind of ['access', 'refresh'] as const) {
      const token = await tokenOf(id, (await openedSession(id)).sid, kind);
      await endLogin(deps, { token, kind: 'any', from: SOMEWHERE, now: NOW });
      expect(await sessionIdsOf(id)).toEqual([]);
    }
  });

  it('is no error when the user is gone', async () => {
    const { id } = await storedUser();
    const token = await tokenOf(id, (await openedSession(id)).sid);
    await users.delete(id, ADMIN);
    await end(token);
    expect(await revocationsOf(id)).toEqual([]);
  });
});
