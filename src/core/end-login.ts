import type { Source } from './principal.ts';
import { sessionNameOf } from './session-ids.ts';
import type { SessionDeps, TokenDeps } from './sessions.ts';
import { type TokenKind, verifyToken } from './tokens.ts';

/**
 * Ends the login that a token of this kind names, in one round trip: whoever has that token may. What became of its
 * user does not matter, and a token that is bad, expired or of no session ends nothing, which is no error.
 */
export async function endLogin(
  deps: TokenDeps & Pick<SessionDeps, 'sessions'>,
  { token, kind, from, now }: { token: string; kind: TokenKind | 'any'; from: Source; now: Date },
): Promise<void> {
  const expected = { token, kind, now };
  const verified = await verifyToken(await deps.signingKeys(), deps.tokenPolicy, expected);
  if (!verified.valid) return;
  const { userId, sid } = verified.claims;
  if (userId === null || sid === null) return;
  await deps.sessions.endNamed({ userId, session: await sessionNameOf(sid) }, from);
}
