import { AccountsError, errorOf, membersOf, NetworkError } from './errors.ts';

export type Fetch = (request: Request) => Promise<Response>;

/** Which logins a logout ends: this one, all others of the user, or all. */
export type LogoutScope = 'local' | 'others' | 'global';

/**
 * The requests of the client itself, with the tokens that they are given.
 * All: @throws AccountsError, NetworkError; what `signal` was aborted with.
 */
export type Service = {
  login(credentials: { username: string; password: string }, signal?: AbortSignal): Promise<Pair>;
  refresh(token: string, signal?: AbortSignal): Promise<Refreshed>;
  logout(pair: Pair, scope: LogoutScope, signal?: AbortSignal): Promise<void>;
};

type Refreshed = { access: string; refresh?: string };
type Pair = Required<Refreshed>;
type Sent = { body?: object; token?: string; signal?: AbortSignal | undefined };

export const API_PATH = '/api/accounts/';

const OPEN_PATHS = [
  'token/',
  'token/refresh/',
  'token/verify/',
  'token/revoke/',
  'auth/login/',
  'initialize-superuser/',
].map((path) => API_PATH + path);

/** Paths where the service looks at no credential: none is sent, and a 401 of theirs is no reason to refresh. */
export const isOpen = (path: string): boolean =>
  OPEN_PATHS.includes(path) || path.startsWith(`${API_PATH}auth/cookie/`);

export function createService(origin: string, fetch: Fetch): Service {
  async function post(path: string, { body, token, signal }: Sent): Promise<Record<string, unknown>> {
    const request = new Request(origin + API_PATH + path, {
      method: 'POST',
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      },
      // What it carries is for this address alone.
      redirect: 'manual',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const response = await reached(() => fetch(request), signal);
    return membersOf(await read(response, signal));
  }

  async function refresh(token: string, signal?: AbortSignal): Promise<Refreshed> {
    const answer = await post('token/refresh/', { body: { refresh: token }, signal });
    if (typeof answer['access'] !== 'string') throw notOurs();
    const { access, refresh: next } = answer;
    return typeof next === 'string' ? { access, refresh: next } : { access };
  }

  return {
    async login(credentials, signal) {
      const { access, refresh: first } = await post('token/', { body: credentials, signal });
      if (typeof access !== 'string' || typeof first !== 'string') throw notOurs();
      return { access, refresh: first };
    },
    refresh,
    async logout(pair, scope, signal) {
      const end = (token: string) => post(`auth/logout/?scope=${scope}`, { token, signal });
      try {
        await end(pair.access);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        await end((await refresh(pair.refresh, signal)).access);
      }
    },
  };
}

/** The service itself says that a credential is no good: a 401 without its sentence comes from something in between. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof AccountsError && error.status === 401 && error.detail !== null;

/** A web page of something in between, as of a hotel's network, or of another server. */
const notOurs = (): NetworkError =>
  new NetworkError(undefined, 'The answer is not one of the service. Is the address right?');

/**
 * Waits for a step of a request. @throws NetworkError where it fails; what `signal` was aborted with, as `fetch` does.
 */
export async function reached<Value>(step: () => Promise<Value>, signal?: AbortSignal): Promise<Value> {
  try {
    return await step();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw error instanceof NetworkError ? error : new NetworkError(error);
  }
}

/**
 * The JSON of a success; undefined where that is empty. @throws AccountsError for an error; NetworkError for what is no answer of
 * the service.
 */
export async function read(response: Response, signal?: AbortSignal): Promise<unknown> {
  const text = await reached(() => response.text(), signal);
  const body = parse(text);
  if (response.status >= 400) throw errorOf(response, body);
  // Redirects that were not followed among them, which browsers show with status 0.
  if (!response.ok || (body === undefined && text !== '')) throw notOurs();
  return body;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
