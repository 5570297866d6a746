import { type Answer, type Call, ORIGIN, post } from './api.ts';

/** What a script of our own page sends with every request of these. */
export const FROM_PAGE = { Origin: ORIGIN, 'X-Requested-With': 'fetch' };

const PATH = '/auth/cookie';

/** The headers of our page in a browser that keeps this refresh token. */
export const keeping = (refresh: string): Record<string, string> => ({
  ...FROM_PAGE,
  Cookie: `refresh=${refresh}`,
});

export const logInPage = (
  { username, password }: { username: string; password: string },
  options: Call = {},
): Promise<Answer> =>
  post(
    `${PATH}/login/`,
    { username, password },
    { ...options, headers: { ...FROM_PAGE, ...options.headers } },
  );

export const refreshPage = (kept: string, options: Call = {}): Promise<Answer> =>
  post(`${PATH}/refresh/`, undefined, { ...options, headers: { ...keeping(kept), ...options.headers } });

export const logOutPage = (kept: string, options: Call = {}): Promise<Answer> =>
  post(`${PATH}/logout/`, undefined, { ...options, headers: { ...keeping(kept), ...options.headers } });

/** The token that an answer has the browser keep; empty where it has it forget, null where it says nothing. */
export function keptBy({ headers }: Answer): string | null {
  const [, token] = /^(?:__Secure-)?refresh=([^;]*);/.exec(headers.get('Set-Cookie') ?? '') ?? [];
  return token ?? null;
}
