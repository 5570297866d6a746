// The login of this page. The access token is kept in this module alone; the refresh token is a cookie that no script
// can read, and that all tabs share: whose it is has to be looked at each time.

import { ApiError, type Method, read, request } from './requests.ts';

/** The login is over, and nobody signed in again. Whoever shows errors says nothing of it. */
export class SignedOut extends ApiError {
  constructor() {
    super(401, 'You are signed out.');
  }
}

type Login = {
  userId: string;
  token: string;
  /** Settles when the token has been renewed; one renewal serves all who wait. */
  renewal: Promise<void> | null;
};

let login: Login | null = null;

/** Asks whoever is signed in for the password once more; set while the page shows somebody. */
type SignInAgain = () => Promise<void>;
let signInAgain: SignInAgain | null = null;

/** Sets what asks for the password where the login has ended, or that nothing can ask (null). */
export function onLoginEnded(ask: SignInAgain | null): void {
  signInAgain = ask;
}

/**
 * Sends a request as whoever is signed in, and once more with a new access token when the old one is refused. Never as
 * anybody else: what was begun under a login that is over fails.
 * @throws ApiError, SignedOut
 */
export async function send<Answer>(method: Method, path: string, body?: object): Promise<Answer> {
  const mine = login;
  if (mine === null) throw new SignedOut();
  const first = await request(method, path, { body, token: mine.token });
  assertStill(mine);
  if (first.status !== 401) return read(first);
  mine.renewal ??= renew(mine).finally(() => {
    mine.renewal = null;
  });
  await mine.renewal;
  assertStill(mine);
  const second = await request(method, path, { body, token: mine.token });
  assertStill(mine);
  return read(second);
}

function assertStill(mine: Login): void {
  if (login !== mine) throw new SignedOut();
}

/** Asks what anyone may ask. @throws ApiError */
export const sendAsAnyone = async <Answer>(method: Method, path: string, body?: object): Promise<Answer> =>
  read(await request(method, path, { body }));

async function renew(mine: Login): Promise<void> {
  if (await refreshed(mine)) return;
  note(mine.userId, 'ended');
  if (signInAgain === null) throw new SignedOut();
  await signInAgain();
}

async function refreshed(mine: Login): Promise<boolean> {
  const token = await refresh();
  assertStill(mine);
  if (token === null) return false;
  await takeFor(mine, token);
  return true;
}

/** Only of the user who is shown: somebody else may have signed in in another tab. */
async function takeFor(mine: Login, token: string): Promise<void> {
  if (userOf(token) !== mine.userId) return startAnew();
  mine.token = token;
}

/** Nothing that this page shows is theirs. */
function startAnew(): Promise<never> {
  login = null;
  location.reload();
  return new Promise(() => undefined);
}

/** A new access token for the cookie; null where that is none, or no good. @throws ApiError */
async function refresh(): Promise<string | null> {
  const answer = await request('POST', 'auth/cookie/refresh/');
  return answer.status === 401 ? null : (await read<Access>(answer)).access;
}

type Access = { access: string };

/** The user that a token names, which is what its middle part says (RFC 7519 section 3). */
function userOf(token: string): string {
  const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
  return String(JSON.parse(atob(payload)).user_id);
}

function begin(token: string): void {
  login = { userId: userOf(token), token, renewal: null };
  note(login.userId, 'signed in');
}

/** @throws ApiError */
export async function signIn(username: string, password: string): Promise<void> {
  begin(await passwordLogin(username, password));
}

/** Goes on with a login that had ended. @throws ApiError */
export async function signInAsBefore(username: string, password: string): Promise<void> {
  const mine = login;
  if (mine === null) throw new SignedOut();
  const token = await passwordLogin(username, password);
  assertStill(mine);
  await takeFor(mine, token);
  note(mine.userId, 'signed in');
}

const passwordLogin = async (username: string, password: string): Promise<string> =>
  (await sendAsAnyone<Access>('POST', 'auth/cookie/login/', { username, password })).access;

/**
 * Whether somebody is signed in: takes up the login that this browser keeps, or ends the one that was to be ended.
 * @throws ApiError
 */
export async function resume(): Promise<boolean> {
  if (login !== null) return true;
  const kept = noted();
  if (kept.state === 'leaving') await endAtServer();
  // Asking without a login is answered 401, which browsers show as an error.
  if (kept.state !== 'signed in') return false;
  const token = await refresh();
  if (token === null) note(kept.userId, 'ended');
  else begin(token);
  return token !== null;
}

/** Begins to sign out: the page forgets the login, and `resume` ends it at the server, as often as that takes. */
export function leave(): void {
  forget();
  note('', 'leaving');
}

/** Whether a login is still to be ended at the server. */
export const isLeaving = (): boolean => noted().state === 'leaving';

async function endAtServer(): Promise<void> {
  await sendAsAnyone('POST', 'auth/cookie/logout/');
  note('', 'signed out');
}

/** Forgets the login, which is another tab's to end, or over. */
export function forget(): void {
  login = null;
}

/** What the tabs of a browser tell each other of its login: no secret, and no proof. */
type Note = { state: 'signed in' | 'ended' | 'leaving' | 'signed out'; userId: string };
const NOTE = 'login';

function note(userId: string, state: Note['state']): void {
  try {
    localStorage.setItem(NOTE, JSON.stringify({ state, userId }));
  } catch {
    // A browser that keeps nothing for us keeps no cookie either.
  }
}

const noted = (): Note => noteOf(() => localStorage.getItem(NOTE));

/** Without a note that can be read nobody is signed in. */
function noteOf(text: () => string | null): Note {
  try {
    const { state, userId } = JSON.parse(text() ?? '');
    return { state, userId: String(userId) };
  } catch {
    return { state: 'signed out', userId: '' };
  }
}

/**
 * Calls back when another tab signs in, or out. A login that only ended is for each tab to find out: it may hold what
 * somebody has typed.
 */
export function onLoginElsewhere(act: (change: 'in' | 'out') => void): void {
  addEventListener('storage', ({ key, newValue }) => {
    if (key !== NOTE) return;
    const { state, userId } = noteOf(() => newValue);
    if (state === 'signed in' && userId !== login?.userId) act('in');
    if (state === 'leaving' || state === 'signed out') act('out');
  });
}
