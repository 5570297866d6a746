import type { Deps } from './core/deps.ts';
import type { Env } from './env.ts';
import { answerNotFound } from './http/errors.ts';
import { operations } from './http/operations.ts';
import { createServing, type Measured } from './http/request.ts';
import { type App, createRouter, mount } from './http/router.ts';
import { docsRoutes } from './http/routes/docs.ts';
import { jwksRoutes } from './http/routes/jwks.ts';
import { pageRoutes } from './http/routes/page.ts';

/**
 * The whole HTTP side. `servicesOf` gives the rules of an environment and throws while it is not configured;
 * `measured` counts what they ask of the database.
 */
export function createApp(servicesOf: (env: Env) => Deps, measured: Measured): App {
  const app = createRouter();
  const serving = createServing(servicesOf, measured);
  mount(app, [...operations, ...docsRoutes, ...jwksRoutes, ...pageRoutes], serving);
  app.notFound(serving(answerNotFound));
  return app;
}
