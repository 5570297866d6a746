import { DomainError, type ErrorCode } from '../core/errors.ts';
import { Answer, type AnswerHeaders, json } from './answer.ts';
import type { AppContext } from './context.ts';

const STATUS = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  throttled: 429,
  unavailable: 503,
} as const satisfies Record<ErrorCode, number>;

/** RFC 9110 section 11.6.1; the realm is the one that existing clients know. */
const CHALLENGE = 'Bearer realm="api"';
const UNAVAILABLE_SECONDS = 5;

/** Answers any failure as JSON. What is not a DomainError is a fault of ours: fixed text, the rest to the log. */
export function answerError(error: unknown, c: AppContext): Answer {
  const status = error instanceof DomainError ? STATUS[error.code] : 500;
  if (status >= 500) c.set('causes', causesOf(error));
  const headers: AnswerHeaders = {};
  if (status === 401) headers['WWW-Authenticate'] = CHALLENGE;
  const retryAfter = status === 503 ? UNAVAILABLE_SECONDS : retryAfterOf(error);
  if (retryAfter !== undefined) headers['Retry-After'] = String(retryAfter);
  return json(c.get('errorShape')(bodyOf(error, c), status), status, headers);
}

const retryAfterOf = (error: unknown): number | undefined =>
  error instanceof DomainError ? error.retryAfterSeconds : undefined;

/** Answers a path that nobody serves. Its preflight succeeds, so that a page can read the 404. */
export async function answerNotFound(c: AppContext): Promise<Answer> {
  if (c.req.method !== 'OPTIONS') throw new DomainError('not_found', 'Not found.');
  return new Answer(204, null, { Allow: 'OPTIONS' });
}

function bodyOf(error: unknown, c: AppContext): Record<string, unknown> {
  if (error instanceof DomainError) return error.fields ?? { detail: error.message, ...error.extra };
  return { detail: 'Internal server error.', request_id: c.get('requestId') };
}

/** For the log. Messages of D1 and of our own errors are free of values; a stack is never logged. */
export function causesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [`what was thrown is no Error but of the type ${typeof error}`];
  const causes: string[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    causes.push(`${cause.name}: ${cause.message}`);
  }
  return causes;
}
