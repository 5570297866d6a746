import type { Deps } from './core/deps.ts';
import type { Env } from './env.ts';
import { cors } from './http/cors.ts';
import { answerError, answerNotFound } from './http/errors.ts';
import { type Measured, requestContext } from './http/request.ts';
import { type App, createRouter, mount } from './http/router.ts';
import { apiKeyRoutes } from './http/routes/api-keys.ts';
import { auditEventRoutes } from './http/routes/audit-events.ts';
import { authRoutes } from './http/routes/auth.ts';
import { authCookieRoutes } from './http/routes/auth-cookie.ts';
import { authVerifyRoutes } from './http/routes/auth-verify.ts';
import { docsRoutes } from './http/routes/docs.ts';
import { groupRoutes } from './http/routes/groups.ts';
import { healthRoutes } from './http/routes/health.ts';
import { jwksRoutes } from './http/routes/jwks.ts';
import { pageRoutes } from './http/routes/page.ts';
import { permissionRoutes } from './http/routes/permissions.ts';
import { sessionRoutes } from './http/routes/sessions.ts';
import { setupRoutes } from './http/routes/setup.ts';
import { tokenIntrospectionRoutes } from './http/routes/token-introspection.ts';
import { tokenRevocationRoutes } from './http/routes/token-revocation.ts';
import { tokenRoutes } from './http/routes/tokens.ts';
import { userRoutes } from './http/routes/users.ts';

const routes = [
  ...tokenRoutes,
  ...tokenIntrospectionRoutes,
  ...tokenRevocationRoutes,
  ...authRoutes,
  ...authCookieRoutes,
  ...authVerifyRoutes,
  ...userRoutes,
  ...sessionRoutes,
  ...apiKeyRoutes,
  ...auditEventRoutes,
  ...permissionRoutes,
  ...groupRoutes,
  ...setupRoutes,
  ...healthRoutes,
];

/**
 * The whole HTTP side. `servicesOf` gives the rules of an environment and throws while it is not configured;
 * `measured` counts what they ask of the database.
 */
export function createApp(servicesOf: (env: Env) => Deps, measured: Measured): App {
  const app = createRouter();
  app.use(requestContext(servicesOf, measured));
  app.use(cors);
  mount(app, [...routes, ...docsRoutes(routes), ...jwksRoutes, ...pageRoutes]);
  app.notFound(answerNotFound);
  app.onError(answerError);
  return app;
}
