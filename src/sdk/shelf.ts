import { abortable } from './aborting.ts';
import { changing, TIMEOUT_MS } from './alone.ts';
import { objectIn } from './payload.ts';
import type { TokenStorage } from './storage.ts';

/** The tokens of a login. */
export type Tokens = {
  access: string;
  refresh: string;
  /** By the clock of this machine, in milliseconds: good for a difference, however wrong it goes. */
  receivedAt: number;
};

/**
 * The place of one service in a storage, which others (a tab, a client of another service) may change at any time.
 * All: @throws what the storage throws, and a TimeoutError where it does not answer.
 */
export type Shelf = {
  get(): Promise<Tokens | null>;
  /** Alone, puts there what `next` makes of what is there, and answers that; the same is not written again. */
  change(next: (now: Tokens | null) => Tokens | null): Promise<Tokens | null>;
};

/** The text is JSON: tokens by the origin of their service, so that those of one are never sent to another. */
export function shelfIn(storage: TokenStorage, origin: string): Shelf {
  async function write(all: object): Promise<void> {
    if (Object.keys(all).length === 0) await storage.remove();
    else await storage.set(JSON.stringify(all));
  }

  return {
    async get() {
      const text = storage.get();
      // A timer for each look at the memory would be one for each request.
      const isWaitedFor = text instanceof Promise;
      return tokensOf(
        objectIn(isWaitedFor ? await abortable(text, AbortSignal.timeout(TIMEOUT_MS)) : await text)[origin],
      );
    },
    change(next) {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      return changing(storage, signal, async () => {
        const { [origin]: mine, ...others } = objectIn(await storage.get());
        // Given up, so somebody else may be changing it by now.
        signal.throwIfAborted();
        const now = tokensOf(mine);
        const then = next(now);
        if (then !== now) await write(then === null ? others : { ...others, [origin]: then });
        return then;
      });
    },
  };
}

/** What is not of our making is no login. */
function tokensOf(kept: unknown): Tokens | null {
  const { access, refresh, receivedAt } = Object(kept) as Partial<Record<string, unknown>>;
  const isWhole = typeof access === 'string' && typeof refresh === 'string' && typeof receivedAt === 'number';
  return isWhole ? { access, refresh, receivedAt } : null;
}
