import { lifetimeMs } from './payload.ts';
import type { Shelf, Tokens } from './shelf.ts';

/** A moment by the clock of this machine, and by one that nobody sets, which starts anew with each page. */
export type Moment = { wall: number; steady: number };

export const thisMoment = (): Moment => ({ wall: Date.now(), steady: performance.now() });

/** Tokens as they came, and when they were asked for, so that they never count as younger than they are. */
export type Received = Pick<Tokens, 'access' | 'refresh'> & { asked: Moment };

/** How long before its end a token is replaced, so that none ends on its way; of a short one the last tenth. */
const LEEWAY_MS = 30_000;

/** Who is signed in: what is kept, and what this client knows of it. */
export type KeptLogin = {
  /** Null where nobody is signed in. Tells once when somebody else has ended the login since the last look. */
  read(): Promise<Tokens | null>;
  /** In place of whoever was signed in. */
  keep(received: Received): Promise<void>;
  /** As `keep`, unless somebody logged in or out since `old`, who has the last word: answers what holds then. */
  replace(old: Tokens, received: Received): Promise<Tokens | null>;
  /** The service refused this refresh token: forgets it and tells, unless it was replaced as above. */
  drop(refresh: string): Promise<Tokens | null>;
  /** Forgets the login, which counts from the call on; `finish` gets it also where the storage fails to forget it. */
  leave(finish: (left: Tokens) => Promise<void>): Promise<void>;
  /** For how long the access token is good, endless where it does not tell, and whether it is time for another. */
  timeLeft(tokens: Tokens): { ms: number; isShort: boolean };
};

export function createKeptLogin(shelf: Shelf, onSignedOut: () => void): KeptLogin {
  /** What this client believes: who it is matters, since a look takes time in which a login can begin or end. */
  let believed: object | null = null;
  let received: { access: string; steady: number } | null = null;
  let leaving = 0;
  /** The refresh token of a login that is over, should the storage still have it. */
  let over: string | null = null;

  const living = (tokens: Tokens | null) =>
    leaving > 0 || tokens === null || tokens.refresh === over ? null : tokens;

  function noticed(tokens: Tokens | null): Tokens | null {
    if (tokens !== null) believed ??= {};
    else if (believed !== null) {
      believed = null;
      onSignedOut();
    }
    return tokens;
  }

  async function put({ access, refresh, asked }: Received, old?: Tokens): Promise<Tokens | null> {
    const tokens = { access, refresh, receivedAt: asked.wall };
    const now = await shelf.change((found) => (old === undefined || isSame(found, old) ? tokens : found));
    if (now === tokens) received = { access, steady: asked.steady };
    return now;
  }

  return {
    async read() {
      const before = believed;
      const tokens = living(await shelf.get());
      return before === believed ? noticed(tokens) : tokens;
    },
    async keep(tokens) {
      await put(tokens);
      believed = {};
    },
    replace: async (old, tokens) => noticed(living(await put(tokens, old))),
    async drop(refresh) {
      over = refresh;
      let now: Tokens | null = null;
      try {
        now = living(await shelf.change((found) => (found?.refresh === refresh ? null : found)));
      } finally {
        noticed(now);
      }
      return now;
    },
    async leave(finish) {
      believed = null;
      leaving++;
      let left = null as Tokens | null;
      try {
        await shelf.change((found) => {
          left = found;
          over = found?.refresh ?? over;
          return null;
        });
      } finally {
        leaving--;
        // A login that was being kept when this was called ended with it.
        believed = null;
        if (left !== null) await finish(left);
      }
    },
    timeLeft({ access, receivedAt }) {
      const now = thisMoment();
      const age = received?.access === access ? now.steady - received.steady : now.wall - receivedAt;
      const lifetime = lifetimeMs(access);
      const ms = lifetime - age;
      return { ms, isShort: ms <= Math.min(LEEWAY_MS, lifetime / 10) };
    },
  };
}

const isSame = (found: Tokens | null, old: Tokens): boolean =>
  found?.access === old.access && found.refresh === old.refresh;
