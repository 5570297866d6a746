import type { MiddlewareHandler } from 'hono';
import type { DatabaseUse } from '../core/database-use.ts';
import type { Deps } from '../core/deps.ts';
import type { Env } from '../env.ts';
import type { AppContext, AppEnv, ErrorShape } from './context.ts';
import { allowOrigins } from './cors.ts';
import { causesOf } from './errors.ts';

/** Runs a request and counts into `use` what it asks of the database. */
export type Measured = <T>(use: DatabaseUse, run: () => T) => T;

/** Sets up what every request has, logs one line of it, and runs what it left for after the answer. */
export const requestContext =
  (servicesOf: (env: Env) => Deps, measured: Measured): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const started = Date.now();
    const use: DatabaseUse = { roundTrips: 0, milliseconds: 0 };
    const requestId = crypto.randomUUID();
    const afterwards: (() => Promise<void>)[] = [];
    c.set('requestId', requestId);
    c.set('deps', () => servicesOf(c.env));
    c.set('errorShape', asItIs);
    c.set('afterwards', afterwards);
    await measured(use, next);
    allowOrigins(c);
    protect(c);
    logRequest(c, { started, use });
    for (const work of afterwards)
      c.executionCtx.waitUntil(work().catch((error) => logLoss(requestId, error)));
  };

const asItIs: ErrorShape = (body) => body;

/**
 * Headers of every answer. A page has a policy of its own; anything else is to be shown by nobody. What says nothing of
 * caches is kept by none: tokens and keys must not be (RFC 6749 section 5.1), and a shared cache does not know that
 * the answer to an `X-API-Key` is for one caller.
 */
function protect(c: AppContext): void {
  const { headers } = c.res;
  headers.set('X-Request-Id', c.get('requestId'));
  headers.set('X-Content-Type-Options', 'nosniff');
  headers.set('Referrer-Policy', 'no-referrer');
  if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store');
  if (!headers.has('Content-Security-Policy')) headers.set('Content-Security-Policy', NO_PAGE);
  if (c.req.url.startsWith('https:')) headers.set('Strict-Transport-Security', ONE_YEAR);
}

const NO_PAGE = "default-src 'none'; frame-ancestors 'none'";
/** RFC 6797. Of this host alone: what else runs under its domain is not ours to decide. */
const ONE_YEAR = 'max-age=31536000';

/**
 * One line of JSON for each request, without anything that the client chose but its method. The platform's clock
 * moves only while something is waited for, so the times leave computing out.
 */
function logRequest(c: AppContext, { started, use }: { started: number; use: DatabaseUse }): void {
  const [caller, causes] = [c.get('caller'), c.get('causes')];
  const by = caller === undefined ? null : `{"kind":"${caller.proof.kind}","userId":${caller.user.id}}`;
  // By hand: with an object that is made for JSON.stringify it is 3 % of a request.
  const line =
    `"requestId":"${c.get('requestId')}","method":${quoted(c.req.method)},"route":${quoted(c.get('route'))},` +
    `"status":${c.res.status},"caller":${by},"databaseRoundTrips":${use.roundTrips},` +
    `"databaseMs":${use.milliseconds},"wallMs":${Date.now() - started}`;
  if (causes === undefined) console.log(`{"level":"info",${line}}`);
  else console.error(`{"level":"error",${line},"causes":${JSON.stringify(causes)}}`);
}

const quoted = (text: string | undefined): string => JSON.stringify(text ?? null);

/** Nothing that was answered depends on such work, so a line is all that comes of its failure. */
export function logLoss(requestId: string | null, error: unknown): void {
  const line = { level: 'warn', requestId, message: 'work after the answer failed', causes: causesOf(error) };
  console.warn(JSON.stringify(line));
}
