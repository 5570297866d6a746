import { type ApiKeyStore, digestOf, isWellFormedKey } from './api-keys.ts';
import { endLogin } from './end-login.ts';
import type { Source } from './principal.ts';
import type { SessionDeps, TokenDeps } from './sessions.ts';

/**
 * Ends what a token or API key opens, in one round trip: whoever has it may. A token of either kind ends its login, a
 * key itself. What is bad, unknown or over already ends nothing, which is no error, and takes the same way.
 */
export async function revoke(
  deps: TokenDeps & Pick<SessionDeps, 'sessions'> & { apiKeys: ApiKeyStore },
  { token, from, now }: { token: string; from: Source; now: Date },
): Promise<void> {
  if (isWellFormedKey(token)) await deps.apiKeys.deleteItself(await digestOf(token), from);
  else await endLogin(deps, { token, kind: 'any', from, now });
}
