import { z } from '@hono/zod-openapi';
import { logout } from '../../core/sessions.ts';
import { signedIn } from '../access.ts';
import { type Route, route } from '../route.ts';

const logoutRoute = route(
  signedIn,
  {
    method: 'post',
    path: '/api/accounts/auth/logout/',
    operationId: 'logout',
    tag: 'tokens',
    summary: 'Log out: end this session',
    description: 'Both its tokens are refused from then on. With an API key nothing ends.',
    answer: {
      status: 200,
      description: 'The login has ended.',
      schema: z.object({ message: z.string().openapi({ example: 'Logout successful' }) }),
    },
  },
  async ({ caller, deps }) => {
    await logout(deps, caller);
    return { message: 'Logout successful' };
  },
);

export const authRoutes: Route[] = [logoutRoute];
