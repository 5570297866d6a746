import type { Route } from './route.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { auditEventRoutes } from './routes/audit-events.ts';
import { authRoutes } from './routes/auth.ts';
import { authCookieRoutes } from './routes/auth-cookie.ts';
import { authVerifyRoutes } from './routes/auth-verify.ts';
import { groupRoutes } from './routes/groups.ts';
import { healthRoutes } from './routes/health.ts';
import { permissionRoutes } from './routes/permissions.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { setupRoutes } from './routes/setup.ts';
import { tokenIntrospectionRoutes } from './routes/token-introspection.ts';
import { tokenRevocationRoutes } from './routes/token-revocation.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { userRoutes } from './routes/users.ts';

/** What the OpenAPI document describes: the table of contents of the API. */
export const operations: readonly Route[] = [
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
