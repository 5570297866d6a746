import { generateCookie, getCookie } from 'hono/cookie';
import { forbidden } from '../core/errors.ts';
import type { Access } from './access.ts';
import type { AppContext } from './context.ts';

/** Below it are the paths that see the cookie. It ends with no slash, so that both forms of each path do. */
const PATH = '/api/accounts/auth/cookie';

type PageLoginPath = `${typeof PATH}/${string}/`;

export const pageLoginPath = (action: string): PageLoginPath => `${PATH}/${action}/`;

export const isPageLoginPath = (route: string): boolean => route.startsWith(`${PATH}/`);

/** The refresh token of our own page, in a cookie that no script can read. */
export type PageLogin = {
  /** Null without a cookie. One that is empty, sent twice or spoiled is kept too, and is no good token. */
  kept: string | null;
  keep(token: string): void;
  forget(): void;
};

/**
 * Our own page, whoever is at it. A browser sends the cookie by itself, so a request must also show that our own
 * script had it sent: `SameSite` alone lets in every page below the same domain.
 */
export const ourPage: Access<PageLogin> = {
  isPublic: true,
  right: null,
  async check(c) {
    const url = new URL(c.req.url);
    assertOurPage(c, url);
    const { name, attributes } = cookieFor(url);
    const put = (token: string, maxAge: number): void => {
      c.get('headers')['Set-Cookie'] = generateCookie(name, token, { ...attributes, maxAge });
    };
    return {
      kept: keptIn(c, name),
      keep: (token) => put(token, c.get('deps')().tokenPolicy.refreshTokenTtlSeconds),
      forget: () => put('', 0),
    };
  },
};

/** @throws DomainError `forbidden` unless a script of this very origin asks: a form sends no header of its own. */
function assertOurPage(c: AppContext, { origin }: URL): void {
  if (c.req.header('Origin') !== origin) {
    throw forbidden('Only the page of this service itself may ask this: Origin must be its own.');
  }
  if (!c.req.header('X-Requested-With')) {
    throw forbidden('Only the page of this service itself may ask this: X-Requested-With must not be empty.');
  }
}

/**
 * How the cookie is called and bounded. Over http anyone on the way could read it, except on this machine itself.
 * @throws DomainError `forbidden`
 */
function cookieFor({ protocol, hostname }: URL) {
  const secure = protocol === 'https:';
  if (!secure && !isLoopback(hostname)) {
    throw forbidden('A login can be kept over https or on this machine only.');
  }
  const attributes = { path: PATH, httpOnly: true, secure, sameSite: 'Strict' } as const;
  return { name: secure ? '__Secure-refresh' : 'refresh', attributes };
}

/** RFC 6761 section 6.3, RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3. */
const isLoopback = (hostname: string): boolean =>
  /^((.+\.)?localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);

/** Of two, nothing tells which one is ours: another page of the same domain may have set the other. */
function keptIn(c: AppContext, name: string): string | null {
  const pairs = (c.req.header('Cookie') ?? '').split(';');
  const count = pairs.filter((pair) => pair.split('=', 1)[0]?.trim() === name).length;
  if (count === 0) return null;
  return count === 1 ? (getCookie(c, name) ?? '') : '';
}
