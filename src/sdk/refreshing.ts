import { refreshing, TIMEOUT_MS } from './alone.ts';
import { AccountsError, NetworkError, signedOut } from './errors.ts';
import { type KeptLogin, thisMoment } from './login.ts';
import { haveSameUser } from './payload.ts';
import { isRefusal, type Service } from './service.ts';
import type { Tokens } from './shelf.ts';
import type { TokenStorage } from './storage.ts';

/**
 * Gets an access token of the same user in place of `stale`: by one refresh, however many ask at once, or none where
 * somebody else has made it. @throws AccountsError 401 when that login is over, which is then forgotten; any other
 * failure keeps it.
 */
export type Refresher = (stale: string) => Promise<Tokens>;

type RefresherDeps = { service: Service; login: KeptLogin; storage: TokenStorage };

export function createRefresher(deps: RefresherDeps): Refresher {
  const running = new Map<string, Promise<Tokens>>();

  async function start(stale: string): Promise<Tokens> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      return await refreshing(deps.storage, signal, () => refreshUnlessDone(deps, stale, signal));
    } catch (error) {
      throw signal.aborted && !(error instanceof AccountsError) ? new NetworkError(error) : error;
    } finally {
      running.delete(stale);
    }
  }

  return (stale) => {
    const started = running.get(stale) ?? start(stale);
    running.set(stale, started);
    return started;
  };
}

/** Alone among all that share the storage, so what it holds now may come from one of them. */
async function refreshUnlessDone(deps: RefresherDeps, stale: string, signal: AbortSignal): Promise<Tokens> {
  const { service, login } = deps;
  const old = ofSameUser(await login.read(), stale);
  if (old.access !== stale) return old;
  const asked = thisMoment();
  const now = await service.refresh(old.refresh, signal).then(
    (refreshed) => login.replace(old, { refresh: old.refresh, ...refreshed, asked }),
    async (error: unknown) => {
      if (!isRefusal(error)) throw error;
      const isOver = (await login.read()) === null;
      const replaced = await login.drop(old.refresh);
      if (replaced === null) throw isOver ? signedOut() : error;
      return replaced;
    },
  );
  return ofSameUser(now, stale);
}

/** What one user asked for is never sent as another, who has signed in since. @throws AccountsError when signed out */
function ofSameUser(tokens: Tokens | null, stale: string): Tokens {
  if (tokens === null || !haveSameUser(tokens.access, stale)) throw signedOut();
  return tokens;
}
