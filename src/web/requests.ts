// Requests to the service, and the errors that come back.

const API = '/api/accounts/';

/** A request that was answered with an error, or not as the service answers, or not at all (`status` 0). */
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

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

type Options = {
  body?: object | undefined;
  token?: string | null;
  /** Ends it before it is answered. */
  signal?: AbortSignal;
};

/** Longer than the service waits for its database. */
const PATIENCE_MS = 20_000;

/** @throws ApiError where there is no answer. */
export async function request(
  method: Method,
  path: string,
  { body, token = null, signal }: Options = {},
): Promise<Response> {
  // The endpoints of the cookie ask for this header, which pages of others cannot send.
  const headers = new Headers({ 'X-Requested-With': 'page' });
  if (token !== null) headers.set('Authorization', `Bearer ${token}`);
  if (body !== undefined) headers.set('Content-Type', 'application/json');
  const content = body === undefined ? null : JSON.stringify(body);
  const ends = AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), ...(signal === undefined ? [] : [signal])]);
  try {
    return await fetch(API + path, { method, headers, body: content, signal: ends });
  } catch {
    throw new ApiError(0, 'The server cannot be reached. Check your connection and try again.');
  }
}

/** The body of a success; the cast is the promise of the service's document. @throws ApiError */
export async function read<Answer>(answer: Response): Promise<Answer> {
  const body = parse(await textOf(answer));
  if (answer.ok && body !== undefined) return body as Answer;
  throw errorOf(answer, body);
}

/** An answer that breaks off is none. */
async function textOf(answer: Response): Promise<string> {
  try {
    return await answer.text();
  } catch {
    throw new ApiError(0, 'The answer of the server broke off. Try again.');
  }
}

/** Nothing (null) for an empty text; undefined for what is no JSON, as when a network asks for its own login. */
function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return undefined;
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
