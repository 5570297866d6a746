import * as z from 'zod/mini';
import { forbidden, invalidFields } from '../../core/errors.ts';
import { ALL_PERMISSIONS } from '../../core/permissions.ts';
import { heldPermissions, holds } from '../../core/principal.ts';
import { utf8 } from '../../core/secrets.ts';
import { signedIn } from '../access.ts';
import { lazily } from '../documentation.ts';
import { choices } from '../fields.ts';
import { type Route, route } from '../route.ts';

const asked = lazily(() =>
  z.object({
    permission: z.optional(
      choices([...ALL_PERMISSIONS], 'view_user', 'Asked for; repeated, each of them is.'),
    ),
  }),
);

const verifyCaller = route(
  signedIn,
  {
    method: 'get',
    path: '/api/accounts/auth/verify/',
    operationId: 'verifyCaller',
    tag: 'tokens',
    summary: 'Let a reverse proxy ask who is calling',
    description:
      'For `auth_request` of nginx and forward auth of Traefik and Caddy: judges the credentials in its headers as ' +
      '`users/me/` does, and tells the caller in headers. Other headers, of the original request, are ignored.',
    query: asked,
    answer: {
      status: 204,
      description: 'The caller is signed in, and holds each permission that was asked for.',
      headers: {
        'X-Auth-User-Id': 'The id of the user.',
        'X-Auth-Username': 'What is no visible ASCII, and `%`, is written as in URLs.',
        'X-Auth-Level': '`user_level`; 10 and above is an admin.',
        'X-Auth-Permissions': 'Codenames of what the user may do now, separated by commas.',
      },
    },
    failures: {
      400: 'No such permission, or another parameter.',
      403: 'The caller lacks a permission that was asked for.',
    },
  },
  async ({ caller: { user, rights }, query, url, headers }) => {
    refuseOtherParameters(url());
    if (!(query.permission ?? []).every((each) => holds(rights, each))) throw forbidden();
    headers['X-Auth-User-Id'] = String(user.id);
    headers['X-Auth-Username'] = headerText(user.username);
    headers['X-Auth-Level'] = String(user.userLevel);
    headers['X-Auth-Permissions'] = heldPermissions(rights).join(',');
  },
);

/** A misspelt `permission` would let everybody in. */
function refuseOtherParameters({ searchParams }: URL): void {
  const others = [...searchParams.keys()].filter((name) => !Object.hasOwn(asked().shape, name));
  if (others.length > 0) throw invalidFields({ non_field_errors: ['The one parameter is "permission".'] });
}

/** Header values are bytes, of which a line break would begin another header: the rest as RFC 3986 section 2.1. */
const headerText = (text: string): string =>
  Array.from(utf8(text), (byte) => {
    const isPlain = byte > 0x20 && byte < 0x7f && byte !== 0x25;
    return isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');

export const authVerifyRoutes: Route[] = [verifyCaller];
