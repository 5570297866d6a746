import type { Afterwards } from './afterwards.ts';
import { isWellFormedKey, touchOf } from './api-keys.ts';
import { authenticate, type CredentialDeps } from './credentials.ts';
import type { Account, Source } from './principal.ts';
import { judgeToken } from './sessions.ts';
import type { TokenClaims } from './tokens.ts';

/** What a credential is worth now. One that is not good tells no reason: whoever asks may have guessed it. */
export type Introspection =
  | { active: false }
  | { active: true; kind: 'access_token' | 'refresh_token'; account: Account; claims: TokenClaims }
  | { active: true; kind: 'api_key'; account: Account };

type Presented = { token: string; from: Source; afterwards: Afterwards; now: Date };

/**
 * Judges an access token, a refresh token or an API key as the doors that take it do, in one round trip at most. It
 * spends no refresh token, and is a use of a key, which is noted as any other.
 * @throws DomainError `unavailable`: what cannot be judged is not the same as what is not good.
 */
export async function introspect(deps: CredentialDeps, presented: Presented): Promise<Introspection> {
  return isWellFormedKey(presented.token) ? introspectKey(deps, presented) : introspectToken(deps, presented);
}

async function introspectKey(
  deps: CredentialDeps,
  { token: key, from, afterwards, now }: Presented,
): Promise<Introspection> {
  const result = await authenticate(deps, { credential: { kind: 'api_key', key }, from, now });
  if (!result.valid) return { active: false };
  const touch = touchOf(deps, { proof: result.principal.proof, now });
  if (touch !== null) afterwards(touch);
  return { active: true, kind: 'api_key', account: result.principal };
}

async function introspectToken(deps: CredentialDeps, { token, now }: Presented): Promise<Introspection> {
  const judged = await judgeToken(deps, { token, kind: 'any', now });
  if (!judged.valid) return { active: false };
  const { account, claims } = judged;
  return { active: true, kind: `${claims.kind}_token`, account, claims };
}
