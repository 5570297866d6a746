import { AccountsError, NetworkError, signedOut } from './errors.ts';
import { type KeptLogin, type Tokens, thisMoment } from './login.ts';
import { isRefusal, type Service } from './service.ts';

/** More than a refresh ever takes; whoever waits for one must not wait for good. */
const TIMEOUT_MS = 30_000;

/**
 * Gets an access token in place of `stale`: by one refresh, however many ask at once, or none where somebody else has
 * made it. @throws AccountsError 401 when the login is over, which is then forgotten; any other failure keeps it.
 */
export type Refresher = (stale: string) => Promise<Tokens>;

type RefresherDeps = { service: Service; login: KeptLogin; lockName: string; onSignedOut: () => void };

export function createRefresher(deps: RefresherDeps): Refresher {
  let running: Promise<Tokens> | null = null;

  function start(stale: string): Promise<Tokens> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    return exclusively(deps.lockName, signal, () => refreshUnlessDone(deps, stale, signal))
      .catch((error: unknown) => {
        throw signal.aborted && !(error instanceof AccountsError) ? new NetworkError(error) : error;
      })
      .finally(() => {
        running = null;
      });
  }

  return async (stale) => {
    running ??= start(stale);
    const tokens = await running;
    if (tokens.access !== stale) return tokens;
    // That one began before this token came from elsewhere, and found it.
    running ??= start(stale);
    return running;
  };
}

/** Under the lock of all that share the storage, so what it holds now may come from one of them. */
async function refreshUnlessDone(deps: RefresherDeps, stale: string, signal: AbortSignal): Promise<Tokens> {
  const { service, login } = deps;
  const old = await login.read();
  if (old === null) throw signedOut();
  if (old.access !== stale) return old;
  const asked = thisMoment();
  try {
    const refreshed = await service.refresh(old.refresh, signal);
    return await unlessReplaced(login, old, () => login.keep({ refresh: old.refresh, ...refreshed }, asked));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return unlessReplaced(login, old, async () => {
      await login.forget();
      deps.onSignedOut();
      throw error;
    });
  }
}

/** Who logged in, or out, while the answer was on its way has the last word. @throws AccountsError when signed out */
async function unlessReplaced(login: KeptLogin, old: Tokens, act: () => Promise<Tokens>): Promise<Tokens> {
  const now = await login.read();
  if (now === null) throw signedOut();
  return now.access === old.access && now.refresh === old.refresh ? act() : now;
}

type Locks = {
  request<Value>(name: string, options: { signal: AbortSignal }, work: () => Promise<Value>): Promise<Value>;
};

/** Alone among all tabs where there are Web Locks, which pages have over https and on this machine. */
function exclusively<Value>(name: string, signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
  // The types of Workers and of Node know of no locks; the cast is the promise of the Web Locks standard.
  const { navigator } = globalThis as unknown as { navigator?: { locks?: Locks } };
  return navigator?.locks === undefined ? work() : navigator.locks.request(name, { signal }, work);
}
