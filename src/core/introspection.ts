import type { Afterwards } from './afterwards.ts';
import { type ApiKeyStore, isWellFormedKey, touchOf } from './api-keys.ts';
import type { CallerDeps } from './callers.ts';
import { authenticate } from './credentials.ts';
import type { Account, Identity, Source } from './principal.ts';
import { judgeToken, type TokenDeps } from './sessions.ts';
import type { TokenClaims } from './tokens.ts';

/** What a credential is worth now. One that is not good tells no reason: whoever asks may have guessed it. */
export type Introspection =
  | { active: false }
  | {
      active: true;
      kind: 'access_token' | 'refresh_token';
      account: Account<Identity>;
      token: IntrospectedToken;
    }
  | { active: true; kind: 'api_key'; account: Account<Identity> };

/** The facts that introspection returns about a token: the id of its session, never its `sid`. */
export type IntrospectedToken = Pick<TokenClaims, 'id' | 'issuedAt' | 'expiresAt'> & {
  sessionId: string | null;
};

type IntrospectionDeps = TokenDeps & Pick<CallerDeps, 'callers'> & { apiKeys: ApiKeyStore };
type Presented = { token: string; from: Source; afterwards: Afterwards; now: Date };

/**
 * Judges an access token, a refresh token or an API key as the doors that take it do, in one round trip at most. It
 * spends no refresh token, and is a use of a key, which is noted as any other.
 * @throws DomainError `unavailable`: what cannot be judged is not the same as what is not good.
 */
export async function introspect(deps: IntrospectionDeps, presented: Presented): Promise<Introspection> {
  return isWellFormedKey(presented.token) ? introspectKey(deps, presented) : introspectToken(deps, presented);
}

async function introspectKey(
  deps: IntrospectionDeps,
  { token: key, from, afterwards, now }: Presented,
): Promise<Introspection> {
  const presented = { credential: { kind: 'api_key' as const, key }, callers: deps.callers, from, now };
  const result = await authenticate(deps, presented);
  if (!result.valid) return { active: false };
  const touch = touchOf(deps, { proof: result.principal.proof, now });
  if (touch !== null) afterwards(touch);
  return { active: true, kind: 'api_key', account: result.principal };
}

async function introspectToken(deps: IntrospectionDeps, { token, now }: Presented): Promise<Introspection> {
  const judged = await judgeToken(deps, { token, kind: 'any', now }, deps.callers.byToken);
  if (!judged.valid) return { active: false };
  const { account, sessionId } = judged;
  const { kind, id, issuedAt, expiresAt } = judged.claims;
  return { active: true, kind: `${kind}_token`, account, token: { id, sessionId, issuedAt, expiresAt } };
}
