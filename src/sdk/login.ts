import type { TokenStorage } from './storage.ts';

/** The tokens of a login. */
export type Tokens = {
  access: string;
  refresh: string;
  /** By the clock of this machine, in milliseconds: good for a difference, however wrong it goes. */
  receivedAt: number;
};

/** A moment by the clock of this machine, and by one that nobody sets, which starts anew with each page. */
export type Moment = { wall: number; steady: number };

export const thisMoment = (): Moment => ({ wall: Date.now(), steady: performance.now() });

export type TokenState = 'good' | 'ending' | 'over';

/** How long before its end a token is replaced, so that none ends on its way; of a short one the last tenth. */
const LEEWAY_MS = 30_000;

/** What is kept of a login, in a storage that others (another tab) may change at any time. */
export type KeptLogin = {
  /** Null where nobody is signed in. Tells once when somebody else has ended the login since the last look. */
  read(): Promise<Tokens | null>;
  /** @param asked when the tokens were asked for, so that they never count as younger than they are. */
  keep(tokens: Pick<Tokens, 'access' | 'refresh'>, asked: Moment): Promise<Tokens>;
  forget(): Promise<void>;
  /** Whether the access token is good, still good but to be replaced, or over; good where it does not tell. */
  stateOf(tokens: Tokens): TokenState;
};

export function createKeptLogin(storage: TokenStorage, onSignedOut: () => void): KeptLogin {
  /** What this client believes: who it is matters, since a look takes time in which a login can begin or end. */
  let believed: object | null = null;
  let received: { access: string; steady: number } | null = null;

  return {
    async read() {
      const before = believed;
      const tokens = parse(await storage.get());
      if (before !== believed) return tokens;
      if (tokens !== null) believed ??= {};
      else if (believed !== null) {
        believed = null;
        onSignedOut();
      }
      return tokens;
    },
    async keep({ access, refresh }, asked) {
      const tokens = { access, refresh, receivedAt: asked.wall };
      received = { access, steady: asked.steady };
      await storage.set(JSON.stringify(tokens));
      believed = {};
      return tokens;
    },
    async forget() {
      believed = null;
      await storage.remove();
      believed = null;
    },
    stateOf({ access, receivedAt }) {
      const now = thisMoment();
      const age = received?.access === access ? now.steady - received.steady : now.wall - receivedAt;
      const lifetime = lifetimeMs(access);
      if (age >= lifetime) return 'over';
      return age >= lifetime - Math.min(LEEWAY_MS, lifetime / 10) ? 'ending' : 'good';
    },
  };
}

/** What is not of our making is no login. */
function parse(text: string | null | undefined): Tokens | null {
  const { access, refresh, receivedAt } = objectIn(text ?? '');
  const isWhole = typeof access === 'string' && typeof refresh === 'string' && typeof receivedAt === 'number';
  return isWhole ? { access, refresh, receivedAt } : null;
}

/** From `iat` to `exp` (RFC 7519 section 4.1), both of the server's clock. */
function lifetimeMs(token: string): number {
  const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
  const { exp, iat } = objectIn(payload, atob);
  return typeof exp === 'number' && typeof iat === 'number' ? (exp - iat) * 1000 : Number.POSITIVE_INFINITY;
}

function objectIn(text: string, decode = (encoded: string) => encoded): Partial<Record<string, unknown>> {
  try {
    return Object(JSON.parse(decode(text)));
  } catch {
    return {};
  }
}
