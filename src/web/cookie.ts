// The three requests whose answers set or remove the cookie of the login. One at a time among all tabs, each with its
// note: a late answer would otherwise take away the login of whoever signed in meanwhile.

import { note, noted } from './note.ts';
import { read, request } from './requests.ts';

type Access = { access: string };

/** Browsers have locks wherever they keep the cookie: over https, and on this machine. */
const alone = <T>(act: () => Promise<T>): Promise<T> =>
  navigator.locks === undefined ? act() : navigator.locks.request('login', act);

let refreshing = new AbortController();

/** @returns an access token. @throws ApiError */
export const logIn = (username: string, password: string): Promise<string> =>
  alone(async () => {
    const answer = await request('POST', 'auth/cookie/login/', { body: { username, password } });
    const { access } = await read<Access>(answer);
    note('signed in', userOf(access));
    return access;
  });

/** A new access token for the login of this browser; null where there is none any more. @throws ApiError */
export async function refresh(): Promise<string | null> {
  // Asking without a login is answered 401, which browsers show as an error.
  return noted().state === 'signed in' ? alone(refreshKept) : null;
}

async function refreshKept(): Promise<string | null> {
  const { state, userId } = noted();
  if (state !== 'signed in') return null;
  refreshing = new AbortController();
  const answer = await request('POST', 'auth/cookie/refresh/', { signal: refreshing.signal });
  const token = answer.status === 401 ? null : (await read<Access>(answer)).access;
  // Somebody may have begun to sign out meanwhile.
  if (noted().state !== 'signed in') return null;
  if (token === null) note('ended', userId);
  else note('signed in', userOf(token));
  return token;
}

/** Notes that the login is to be ended, which `logOut` does, as often as that takes. */
export function leave(): void {
  note('leaving', '');
  refreshing.abort();
}

/**
 * Ends the login that is to be ended, unless another tab has or somebody has signed in since.
 * @param token of it, which ends it also where the cookie is gone.
 * @throws ApiError
 */
export const logOut = (token: string | null): Promise<void> =>
  alone(async () => {
    if (noted().state !== 'leaving') return;
    if (token !== null) await endByToken(token);
    await read(await request('POST', 'auth/cookie/logout/'));
    if (noted().state === 'leaving') note('signed out', '');
  });

/** One that is refused is over already. */
async function endByToken(token: string): Promise<void> {
  const answer = await request('POST', 'auth/logout/', { token });
  if (answer.status !== 401) await read(answer);
}

/** The user that a token names, which is what its middle part says (RFC 7519 section 3). */
export function userOf(token: string): string {
  const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
  return String(JSON.parse(atob(payload)).user_id);
}
