import type { DatabaseUse } from '../core/database-use.ts';
import type { Deps } from '../core/deps.ts';
import type { Env } from '../env.ts';
import type { Answer, SentHeaders } from './answer.ts';
import type { AppContext, ErrorShape, Handler } from './context.ts';
import { allowOrigins } from './cors.ts';
import { answerError } from './errors.ts';
import { logLine, orLogged } from './log.ts';

/** Runs a request and counts into `use` what it asks of the database. */
export type Measured = <T>(use: DatabaseUse, run: () => T) => T;

/** Makes of what answers a request, or fails, what serves it whole. */
export type Serving = (handle: Handler) => (c: AppContext) => Promise<Response>;

/**
 * Sets up what every request has, answers what fails, logs one line, and runs what was left for after the answer.
 * Around the handlers and not before them: a middleware of Hono's takes every request through three more functions.
 */
export const createServing =
  (servicesOf: (env: Env) => Deps, measured: Measured): Serving =>
  (handle) =>
  async (c) => {
    const started = Date.now();
    const use: DatabaseUse = { roundTrips: 0, milliseconds: 0 };
    const requestId = crypto.randomUUID();
    const afterwards: (() => Promise<void>)[] = [];
    c.set('requestId', requestId);
    c.set('deps', () => servicesOf(c.env));
    c.set('errorShape', asItIs);
    c.set('headers', {});
    c.set('afterwards', afterwards);
    const response = await measured(use, () => answered(handle, c));
    logRequest(c, { status: response.status, started, use });
    for (const work of afterwards) c.executionCtx.waitUntil(orLogged(work, requestId));
    return response;
  };

async function answered(handle: Handler, c: AppContext): Promise<Response> {
  try {
    return toResponse(c, await handle(c));
  } catch (error) {
    return toResponse(c, answerError(error, c));
  }
}

const asItIs: ErrorShape = (body) => body;

/**
 * With the headers of every answer. A page has a policy of its own; anything else is to be shown by nobody. What says
 * nothing of caches is kept by none: tokens and keys must not be (RFC 6749 section 5.1), and a shared cache does not
 * know that the answer to an `X-API-Key` is for one caller.
 */
function toResponse(c: AppContext, { status, body, headers }: Answer): Response {
  const all: SentHeaders = {
    'X-Request-Id': c.get('requestId'),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': NO_PAGE,
    ...c.get('headers'),
    ...headers,
  };
  if (c.req.url.startsWith('https:')) all['Strict-Transport-Security'] = ONE_YEAR;
  allowOrigins(c, all);
  return new Response(body, { status, headers: all });
}

const NO_PAGE = "default-src 'none'; frame-ancestors 'none'";
/** RFC 6797. Of this host alone: what else runs under its domain is not ours to decide. */
const ONE_YEAR = 'max-age=31536000';

type Outcome = { status: number; started: number; use: DatabaseUse };

function logRequest(c: AppContext, { status, started, use }: Outcome): void {
  const caller = c.get('caller');
  logLine({
    requestId: c.get('requestId'),
    method: c.req.method,
    route: c.get('route') ?? null,
    result: ['status', status],
    caller: caller === undefined ? null : { kind: caller.proof.kind, userId: caller.user.id },
    use,
    started,
    causes: c.get('causes'),
  });
}
