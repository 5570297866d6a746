// Who is at this page. The access token is kept in this module alone; the refresh token is a cookie that no script
// can read, and that all tabs share: whose it is has to be looked at each time.

import type { Me, SuperuserState } from './answers.ts';
import { leave, logIn, logOut, refresh, userOf } from './cookie.ts';
import { type Note, noted, onNote } from './note.ts';
import { ApiError, type Method, read, request } from './requests.ts';

/** The login is over, and nobody signed in again. Whoever shows errors says nothing of it. */
export class SignedOut extends ApiError {
  constructor() {
    super(401, 'You are signed out.');
  }
}

export type Who =
  | { state: 'unknown' }
  /** `isLeaving` while a login is still to be ended. */
  | { state: 'unreachable'; error: ApiError; isLeaving: boolean }
  | { state: 'nobody yet'; setUp: SuperuserState }
  | { state: 'signed out' }
  /** `isAsked` for the password, since the login has ended. */
  | { state: 'signed in'; me: Me; isAsked: boolean };

type Login = {
  userId: string;
  token: string;
  /** Settles when the token has been renewed; one renewal serves all who wait. */
  renewal: Promise<void> | null;
};

/** Requests that wait for the password. */
type Waiting = { goOn: () => void; giveUp: () => void };

let login: Login | null = null;
let waiting: Waiting | null = null;
let who: Who = { state: 'unknown' };
let follow = (_: Who): void => undefined;
/** Grows with each look: what an earlier one finds out is old, and changes nothing. */
let looks = 0;

/** Begins to look who is here, and tells whenever that changes. */
export function start(tell: (who: Who) => void): void {
  follow = tell;
  onNote(heed);
  void look();
}

function show(next: Who): void {
  who = next;
  follow(who);
}

/** Finds out who is here, and ends the login that is to be ended. */
export async function look(): Promise<void> {
  looks += 1;
  const mine = looks;
  const isOld = (): boolean => mine !== looks;
  const found = await whoIsIt(isOld);
  if (!isOld()) show(found);
}

async function whoIsIt(isOld: () => boolean): Promise<Who> {
  try {
    if (noted().state === 'leaving') await logOut(leavingToken);
    leavingToken = null;
    const taken = login ?? (await takeUp(isOld));
    if (taken !== null)
      return { state: 'signed in', me: await sendAs<Me>(taken, 'GET', 'users/me/'), isAsked: false };
    const setUp = await sendAsAnyone<SuperuserState>('GET', 'initialize-superuser/');
    return setUp.superuser_exists ? { state: 'signed out' } : { state: 'nobody yet', setUp };
  } catch (cause) {
    if (!isOld()) login = null;
    if (cause instanceof SignedOut) return { state: 'signed out' };
    return { state: 'unreachable', error: asApiError(cause), isLeaving: noted().state === 'leaving' };
  }
}

/** Takes up the login that this browser keeps. */
async function takeUp(isOld: () => boolean): Promise<Login | null> {
  const token = await refresh();
  if (isOld()) throw new SignedOut();
  login = token === null ? null : loginOf(token);
  return login;
}

const loginOf = (token: string): Login => ({ userId: userOf(token), token, renewal: null });

/** A fault of this page is told as one, and stands in the console. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  console.error(error);
  return new ApiError(0, 'Something went wrong on this page. Reload it and try again.');
}

/** @throws ApiError */
export async function signIn(username: string, password: string): Promise<void> {
  const before = looks;
  const token = await logIn(username, password);
  // Another tab may have been faster, and is followed.
  if (before === looks) login = loginOf(token);
  await look();
}

/** The token of a login that is to be ended. */
let leavingToken: string | null = null;

export function signOut(): void {
  leavingToken = login?.token ?? null;
  leave();
  startAnew();
}

/** What is shown is nobody's any more. */
function startAnew(): void {
  login = null;
  settle(({ giveUp }) => giveUp());
  show({ state: 'unknown' });
  void look();
}

function settle(end: (of: Waiting) => void): void {
  if (waiting !== null) end(waiting);
  waiting = null;
  if (who.state === 'signed in' && who.isAsked) show({ ...who, isAsked: false });
}

/** What another tab did with the login. */
function heed({ state, userId }: Note): void {
  if (state === 'signed in') {
    if (userId !== login?.userId) startAnew();
    else if (waiting !== null) void renewWithout(login);
  } else if (state !== 'ended' && who.state !== 'signed out') startAnew();
}

/** Takes what the service answered of whoever is here. */
export function changed(me: Me): void {
  if (who.state === 'signed in' && who.me.id === me.id) show({ ...who, me });
}

/**
 * Sends a request as whoever is signed in, and once more with a new access token when the old one is refused. Never as
 * anybody else: what was begun under a login that is over fails.
 * @throws ApiError, SignedOut
 */
export async function send<Answer>(method: Method, path: string, body?: object): Promise<Answer> {
  if (login === null) throw new SignedOut();
  return sendAs(login, method, path, body);
}

async function sendAs<Answer>(mine: Login, method: Method, path: string, body?: object): Promise<Answer> {
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

/** Renews the token by the cookie, or else by the password, where the page shows whom to ask. */
async function renew(mine: Login): Promise<void> {
  const token = await refresh();
  assertStill(mine);
  if (token !== null) return takeFor(mine, token);
  const shown = who;
  if (shown.state !== 'signed in') throw new SignedOut();
  await new Promise<void>((goOn, fail) => {
    waiting = { goOn, giveUp: () => fail(new SignedOut()) };
    show({ ...shown, isAsked: true });
  });
}

/** Goes on with a login that had ended. @throws ApiError */
export async function signInAgain(username: string, password: string): Promise<void> {
  const mine = login;
  if (mine === null) throw new SignedOut();
  const token = await logIn(username, password);
  assertStill(mine);
  await takeFor(mine, token);
  settle(({ goOn }) => goOn());
}

/** Another tab signed in the same user while this one asks. */
async function renewWithout(mine: Login): Promise<void> {
  const token = await refresh().catch(() => null);
  if (token === null || login !== mine) return;
  await takeFor(mine, token);
  settle(({ goOn }) => goOn());
}

/** Only of the user who is shown. Where that is somebody else now, nothing here is theirs. */
async function takeFor(mine: Login, token: string): Promise<void> {
  if (userOf(token) !== mine.userId) {
    startAnew();
    throw new SignedOut();
  }
  mine.token = token;
}
