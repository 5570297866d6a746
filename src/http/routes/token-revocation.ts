import * as z from 'zod/mini';
import { revoke } from '../../core/revocation.ts';
import { open } from '../access.ts';
import { documentation } from '../documentation.ts';
import { anyToken, typeHint } from '../fields.ts';
import { oauthErrors } from '../oauth-errors.ts';
import { type Route, route } from '../route.ts';

const revokeToken = route(
  open,
  {
    method: 'post',
    path: '/api/accounts/token/revoke/',
    operationId: 'revokeToken',
    tag: 'tokens',
    summary: 'End what a token or API key opens',
    description:
      'RFC 7009: whoever has it may. A token of either kind ends its login, and with it the other token; a key is ' +
      'deleted. 200 also where there was nothing to end. A token of another issuer without a session ends nothing, ' +
      'and is good until it expires. Credentials in headers are ignored.',
    body: () =>
      z
        .object({ token: anyToken('A token or a key.'), token_type_hint: typeHint() })
        .register(documentation, { id: 'RevokedToken' }),
    answer: { status: 200, description: 'It opens nothing, or is of another issuer.' },
    failures: { 400: 'There is no token, or more than one, or the body cannot be read.' },
    errors: oauthErrors,
  },
  async ({ body, deps, client, now }) => revoke(deps, { token: body.token, from: client(), now }),
);

export const tokenRevocationRoutes: Route[] = [revokeToken];
