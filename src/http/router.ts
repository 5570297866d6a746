import { Hono, type MiddlewareHandler } from 'hono';
import { DomainError } from '../core/errors.ts';
import type { AppContext, AppEnv } from './context.ts';
import type { Route } from './route.ts';

export type App = Hono<AppEnv>;

/** What the router needs of a route. */
export type Mounted = { config: Pick<Route['config'], 'method' | 'path'>; serve: MiddlewareHandler<AppEnv> };

/** An app that serves every path with and without its trailing slash, without a redirect. */
export const createRouter = (): App =>
  new Hono<AppEnv>({
    getPath: (request) => {
      const { pathname } = new URL(request.url);
      return pathname.endsWith('/') ? pathname : `${pathname}/`;
    },
  });

/**
 * Mounts routes, and for each of their paths the answers to OPTIONS and to every other method, so that 405
 * comes before any look at credentials. Paths without a parameter go first: `users/me/` is no id.
 */
export function mount(app: App, routes: readonly Mounted[]): void {
  const paths = [...Map.groupBy(routes, ({ config }) => config.path)];
  for (const [path, ofPath] of paths.sort(([a], [b]) => Number(a.includes('{')) - Number(b.includes('{')))) {
    const pattern = path.replaceAll(/\{(\w+)\}/g, ':$1');
    const named = (serve: Mounted['serve']): Mounted['serve'] => {
      return (c, next) => {
        c.set('route', path);
        return serve(c, next);
      };
    };
    for (const { config, serve } of ofPath) app.on(config.method.toUpperCase(), pattern, named(serve));
    const allow = allowed(ofPath);
    app.options(
      pattern,
      named(async (c) => answerOptions(c, allow)),
    );
    app.all(
      pattern,
      named(async (c) => refuseMethod(c, allow)),
    );
  }
}

function answerOptions(c: AppContext, allow: string): Response {
  c.header('Allow', allow);
  return c.body(null, 204);
}

function allowed(routes: readonly Mounted[]): string {
  const methods = routes.map(({ config }) => config.method.toUpperCase());
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}

function refuseMethod(c: AppContext, allow: string): never {
  c.header('Allow', allow);
  throw new DomainError('method_not_allowed', `Method "${c.req.method}" not allowed.`);
}
