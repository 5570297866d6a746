/**
 * Where logins are kept, one of each service, as one text that nobody else has to understand. Its methods may be async,
 * and may throw: then the call that needed them fails with that error, as with a TimeoutError where they do not answer.
 */
export type TokenStorage = {
  get(): string | null | undefined | Promise<string | null | undefined>;
  set(tokens: string): void | Promise<void>;
  remove(): void | Promise<void>;
  /**
   * The same for all that share what is kept, and for nobody else: what they lock (Web Locks) while one of them changes
   * it or refreshes. Left out: nobody has it but the clients that are given this object.
   */
  lockName?: string;
};

/** Keeps the tokens in this object alone: gone with a reload, and out of the reach of whatever runs later. */
export function memoryStorage(): TokenStorage {
  let kept: string | null = null;
  return {
    get: () => kept,
    set(tokens) {
      kept = tokens;
    },
    remove() {
      kept = null;
    },
  };
}

/**
 * Keeps the tokens in `localStorage`, so that a login outlives reloads and is shared by all tabs of the origin. Any
 * script that ever runs there (a dependency, an injected one) can read them and use them elsewhere until the login
 * ends. Take it only where a policy keeps foreign scripts out; memory is safer.
 */
export function localStorageTokens(key = 'edge-accounts'): TokenStorage {
  return {
    get: () => localStorageOf().getItem(key),
    set: (tokens) => localStorageOf().setItem(key, tokens),
    remove: () => localStorageOf().removeItem(key),
    lockName: `edge-accounts ${key}`,
  };
}

type KeyValues = {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
};

/** The types of Workers and of Node know of none; the cast holds in a browser, and elsewhere the first use throws. */
const localStorageOf = (): KeyValues => (globalThis as unknown as { localStorage: KeyValues }).localStorage;
