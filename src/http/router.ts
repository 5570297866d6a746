import { HonoBase } from 'hono/hono-base';
import { DomainError } from '../core/errors.ts';
import { Answer } from './answer.ts';
import type { AppEnv, Handler } from './context.ts';
import { KnownPathsRouter } from './known-paths-router.ts';
import type { Serving } from './request.ts';
import type { Route } from './route.ts';

export type App = HonoBase<AppEnv>;

/** What the router needs of a route. */
export type Mounted = { config: Pick<Route['config'], 'method' | 'path'>; serve: Handler };

/** An app that serves every path with and without its trailing slash, without a redirect. */
export const createRouter = (): App =>
  new HonoBase<AppEnv>({
    router: new KnownPathsRouter(),
    getPath: ({ url }) => {
      const path = pathOf(url);
      return path.endsWith('/') ? path : `${path}/`;
    },
  });

/**
 * The path as every reader of URLs has it. workerd gives a URL as it came, with `..` and all, so that one in which
 * there is anything to read differently is parsed (URL standard, section 4.4), which takes longer than to find its
 * route.
 */
function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  const bare = end === -1 ? url : url.slice(0, end);
  const start = bare.indexOf('/', 'https://'.length);
  const parsed = start === -1 || ODD.test(bare) ? URL.parse(url)?.pathname : undefined;
  return parsed ?? bare.slice(start);
}

/** A character that may be written otherwise, or a segment `.` or `..`. */
const ODD = /[^\w.~:/-]|\/\.\.?(?:\/|$)/;

/**
 * Mounts routes, and for each of their paths the answers to OPTIONS and to every other method, so that 405
 * comes before any look at credentials. Each path is one entry for all methods, as `KnownPathsRouter` takes it, to
 * which `users/me/` is no id.
 */
export function mount(app: App, routes: readonly Mounted[], serving: Serving): void {
  for (const [path, ofPath] of Map.groupBy(routes, ({ config }) => config.path)) {
    const byMethod = new Map(ofPath.map(({ config, serve }) => [config.method.toUpperCase(), serve]));
    const allow = [...byMethod.keys(), ...(byMethod.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
    const answer: Handler = async (c) => {
      c.set('route', path);
      const { method } = c.req;
      const serve = byMethod.get(method === 'HEAD' ? 'GET' : method);
      if (serve !== undefined) return serve(c);
      if (method === 'OPTIONS') return new Answer(204, null, { Allow: allow });
      c.get('headers').Allow = allow;
      throw new DomainError('method_not_allowed', `Method "${method}" not allowed.`);
    };
    app.all(path.replaceAll(/\{(\w+)\}/g, ':$1'), serving(answer));
  }
}
