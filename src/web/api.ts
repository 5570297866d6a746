// Requests to the service. The access token is kept in this module alone; the refresh token is a cookie that no script
// can read.

const API = '/api/accounts/';

/** A request that was answered with an error, or not at all (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  /** What is wrong with each member of the body, in the server's words. */
  readonly fields: Record<string, string[]>;

  constructor(status: number, message: string, fields: Record<string, string[]> = {}) {
    super(message);
    this.status = status;
    this.fields = fields;
  }
}

/** The login is over, and nobody signed in again. Whoever shows errors says nothing of it. */
export class SignedOut extends ApiError {
  constructor() {
    super(401, 'You are signed out.');
  }
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

let accessToken: string | null = null;
let renewing: Promise<void> | null = null;
let signInAgain = async (): Promise<void> => {
  throw new SignedOut();
};

/** Sets what asks for the password once more where the login ended; it fails with `SignedOut` if nobody gives it. */
export function onLoginEnded(ask: () => Promise<void>): void {
  signInAgain = ask;
}

/**
 * Sends a request as whoever is signed in, and once more with a new access token when the old one is refused.
 * @throws ApiError
 */
export async function send<Answer>(method: Method, path: string, body?: object): Promise<Answer> {
  const first = await request(method, path, { body, authorized: true });
  if (first.status !== 401) return read(first);
  renewing ??= renew().finally(() => {
    renewing = null;
  });
  await renewing;
  return read(await request(method, path, { body, authorized: true }));
}

/** Asks what anyone may ask. @throws ApiError */
export const sendAsAnyone = async <Answer>(method: Method, path: string, body?: object): Promise<Answer> =>
  read(await request(method, path, { body, authorized: false }));

async function renew(): Promise<void> {
  if (!(await resume())) await signInAgain();
}

/** @throws ApiError */
export async function signIn(username: string, password: string): Promise<void> {
  const answer = await sendAsAnyone<Access>('POST', 'auth/cookie/login/', { username, password });
  accessToken = answer.access;
  noteLogin(true);
}

/** Takes up the login that this browser keeps; false where there is none. @throws ApiError */
export async function resume(): Promise<boolean> {
  // Asking without a login is answered 401, which browsers show as an error.
  if (!mayBeSignedIn()) return false;
  const answer = await request('POST', 'auth/cookie/refresh/', { authorized: false });
  if (answer.status === 401) {
    forget();
    return false;
  }
  const { access } = await read<Access>(answer);
  if (accessToken !== null && userOf(access) !== userOf(accessToken)) await startAnew();
  accessToken = access;
  return true;
}

/** Somebody else has signed in in another tab: nothing that is shown here is theirs. */
function startAnew(): Promise<never> {
  location.reload();
  return new Promise(() => undefined);
}

/** The user that a token names, which is what its middle part says (RFC 7519 section 3). */
function userOf(token: string): unknown {
  const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
  return JSON.parse(atob(payload)).user_id;
}

/** Ends the login. What this page knows of it is gone even if that fails. @throws ApiError */
export async function signOut(): Promise<void> {
  forget();
  await sendAsAnyone('POST', 'auth/cookie/logout/');
}

function forget(): void {
  accessToken = null;
  noteLogin(false);
}

type Access = { access: string };

const LOGIN_NOTE = 'signed-in';

/** Whether some tab of this browser signed in and none signed out: no secret, and no proof. */
const mayBeSignedIn = (): boolean => localStorage.getItem(LOGIN_NOTE) !== null;

function noteLogin(isSignedIn: boolean): void {
  if (isSignedIn) localStorage.setItem(LOGIN_NOTE, 'yes');
  else localStorage.removeItem(LOGIN_NOTE);
}

/** Calls back when another tab signs in or out. */
export function onLoginElsewhere(act: (isSignedIn: boolean) => void): void {
  addEventListener('storage', ({ key, newValue }) => {
    if (key !== LOGIN_NOTE) return;
    if (newValue === null) accessToken = null;
    act(newValue !== null);
  });
}

async function request(
  method: Method,
  path: string,
  { body, authorized }: { body?: object | undefined; authorized: boolean },
): Promise<Response> {
  const headers = new Headers({ 'X-Requested-With': 'page' });
  if (authorized && accessToken !== null) headers.set('Authorization', `Bearer ${accessToken}`);
  if (body !== undefined) headers.set('Content-Type', 'application/json');
  try {
    return await fetch(API + path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    });
  } catch {
    throw new ApiError(0, 'The server cannot be reached. Check your connection and try again.');
  }
}

/** The cast is the promise of the service's document. */
async function read<Answer>(answer: Response): Promise<Answer> {
  const text = await answer.text();
  const body: unknown = parse(text);
  if (answer.ok) return body as Answer;
  throw errorOf(answer, body);
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function errorOf({ status, headers }: Response, body: unknown): ApiError {
  const members = typeof body === 'object' && body !== null ? Object.entries(body) : [];
  const detail = members.find(([name]) => name === 'detail')?.[1];
  const fields = members.filter((member): member is [string, string[]] => Array.isArray(member[1]));
  const id = headers.get('X-Request-Id');
  const unknown = `The server could not do that (${status}${id === null ? '' : `, request ${id}`}).`;
  return new ApiError(status, typeof detail === 'string' ? detail : unknown, Object.fromEntries(fields));
}
