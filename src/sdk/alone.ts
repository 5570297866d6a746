import { abortable } from './aborting.ts';
import type { TokenStorage } from './storage.ts';

/** More than a refresh or a storage ever takes; whoever waits for one must not wait for good. */
export const TIMEOUT_MS = 30_000;

/**
 * Does work while nobody else who shares the storage does any: not in this realm, and in no other (tab) where the
 * storage names its lock and there are Web Locks. `signal` ends the wait for it, and gives it up when it runs.
 */
type Alone = <Value>(
  storage: TokenStorage,
  signal: AbortSignal,
  work: () => Promise<Value>,
) => Promise<Value>;

/** @param purpose what makes it another lock than the others of a storage. */
function createLock(purpose: string): Alone {
  const lasts = new Map<TokenStorage | string, Promise<void>>();

  return (storage, signal, work) => {
    const held = () => abortable(work(), signal);
    const { lockName } = storage;
    const locks = webLocks();
    if (lockName !== undefined && locks !== undefined)
      return locks.request(lockName + purpose, { signal }, held);
    const key = lockName ?? storage;
    const result = abortable(lasts.get(key) ?? Promise.resolve(), signal).then(held);
    // Who gave up waiting asked later than all before it: their time is over as well, so nobody waits for them.
    const last: Promise<void> = result
      .then(ignore, ignore)
      .finally(() => lasts.get(key) === last && lasts.delete(key));
    lasts.set(key, last);
    return result;
  };
}

/** Around each change of what is kept, which takes no longer than the storage does. */
export const changing = createLock('');

/** Around a refresh, and so around changes; never the other way. A login or logout need not wait for it. */
export const refreshing = createLock(' refresh');

const ignore = () => undefined;

type Locks = {
  request<Value>(name: string, options: { signal: AbortSignal }, work: () => Promise<Value>): Promise<Value>;
};

/** Pages have them over https and on this machine; the cast is the promise of the Web Locks standard. */
const webLocks = (): Locks | undefined =>
  (globalThis as unknown as { navigator?: { locks?: Locks } }).navigator?.locks;
