import type { MiddlewareHandler } from 'hono';
import type { Deps } from '../core/deps.ts';
import type { Env } from '../env.ts';
import type { AppEnv } from './context.ts';

/** Sets up what every request has, and runs what it left for after the answer. */
export const requestContext =
  (servicesOf: (env: Env) => Deps): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const requestId = crypto.randomUUID();
    const afterwards: (() => Promise<void>)[] = [];
    c.set('requestId', requestId);
    c.set('deps', () => servicesOf(c.env));
    c.set('errorShape', (body) => body);
    c.set('afterwards', afterwards);
    await next();
    c.res.headers.set('X-Request-Id', requestId);
    c.res.headers.set('X-Content-Type-Options', 'nosniff');
    for (const work of afterwards) c.executionCtx.waitUntil(work().catch(() => logLoss(requestId)));
  };

function logLoss(requestId: string): void {
  console.warn(JSON.stringify({ level: 'warn', requestId, message: 'work after the answer failed' }));
}
