import * as z from 'zod/mini';
import { invalidFields } from '../../core/errors.ts';
import { type LogoutScope, logout } from '../../core/live-sessions.ts';
import { signedIn } from '../access.ts';
import { documentation } from '../documentation.ts';
import { type Route, route } from '../route.ts';

const SCOPES: readonly LogoutScope[] = ['local', 'others', 'global'];

const logoutRoute = route(
  signedIn,
  {
    method: 'post',
    path: '/api/accounts/auth/logout/',
    operationId: 'logout',
    tag: 'tokens',
    summary: 'Log out: end this login, or others',
    description:
      'Both tokens of a login that is ended are refused from then on. With an API key nothing ends, and `others` and ' +
      '`global` are refused. A token of another issuer has no login here: `local` ends nothing, `others` and `global` ' +
      'end it with all others.',
    query: () =>
      z.object({
        scope: z.optional(z.string()).register(documentation, {
          enum: [...SCOPES],
          description: '`local` is this login, `others` all but this one.',
        }),
      }),
    answer: {
      status: 200,
      description: 'The login has ended.',
      schema: () =>
        z.object({ message: z.string().register(documentation, { example: 'Logout successful' }) }),
    },
  },
  async ({ caller, query, deps, now }) => {
    await logout(deps, { caller, scope: scopeOf(query.scope), now });
    return { message: 'Logout successful' };
  },
);

function scopeOf(value = 'local'): LogoutScope {
  const scope = SCOPES.find((each) => each === value);
  if (scope === undefined) throw invalidFields({ scope: [`"${value}" is not a valid choice.`] });
  return scope;
}

export const authRoutes: Route[] = [logoutRoute];
