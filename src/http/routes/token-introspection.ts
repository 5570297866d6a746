import * as z from 'zod/mini';
import { type IntrospectedToken, type Introspection, introspect } from '../../core/introspection.ts';
import { type Account, heldPermissions, type Identity } from '../../core/principal.ts';
import type { TokenPolicy } from '../../core/tokens.ts';
import { requires } from '../access.ts';
import { documentation, lazily } from '../documentation.ts';
import { anyToken, typeHint } from '../fields.ts';
import { oauthErrors } from '../oauth-errors.ts';
import { type Route, route } from '../route.ts';
import { permissionCodename } from '../schemas.ts';

const seconds = (example: number, description: string) =>
  z.optional(z.int()).register(documentation, { example, description });
const text = (example: string, description: string) =>
  z.optional(z.string()).register(documentation, { example, description });

const good = lazily(() =>
  z
    .object({
      active: z.literal(true).register(documentation, { example: true }),
      kind: z
        .enum(['access_token', 'refresh_token', 'api_key'])
        .register(documentation, { example: 'access_token' }),
      token_type: z.optional(z.literal('Bearer')).register(documentation, {
        example: 'Bearer',
        description: 'How an access token is used (RFC 6749 section 7.1); others have none.',
      }),
      sub: z
        .string()
        .register(documentation, { example: '1', description: 'The id of the user, as in tokens.' }),
      username: z.string().register(documentation, { example: 'admin' }),
      scope: z.string().register(documentation, {
        example: 'view_user',
        description: 'The permissions, separated by blanks.',
      }),
      user_id: z.int().register(documentation, { example: 1 }),
      user_level: z.int().register(documentation, { example: 1 }),
      permissions: z.array(permissionCodename()).register(documentation, { example: ['view_user'] }),
      exp: seconds(1795600000, 'Seconds since 1970. A key does not expire, and has no member below either.'),
      iat: seconds(1795598200, 'Seconds since 1970.'),
      jti: text('3f1c2d4e5b6a79881726354433221100', 'The id of the token.'),
      sid: text(
        '0f0e0d0c0b0a09080706050403020100',
        'The id of the session, as in lists; a token of another issuer may have none.',
      ),
      iss: text('https://accounts.example.com', 'With `JWT_ISSUER`.'),
      aud: text('example', 'With `JWT_AUDIENCE`.'),
    })
    .register(documentation, { id: 'GoodToken' }),
);

const notGood = lazily(() =>
  z
    .object({ active: z.literal(false).register(documentation, { example: false }) })
    .register(documentation, { id: 'NoGoodToken' }),
);

const introspectToken = route(
  requires('introspect_token'),
  {
    method: 'post',
    path: '/api/accounts/token/introspect/',
    operationId: 'introspectToken',
    tag: 'tokens',
    summary: 'Ask what a token or API key is worth',
    description:
      'RFC 7662, for access tokens, refresh tokens and API keys, with the rights of their user as they are now. ' +
      'Whatever is not good is `{active: false}`, for whatever reason. A refresh token is not spent by it.',
    body: () =>
      z
        .object({ token: anyToken('A token or a key.'), token_type_hint: typeHint() })
        .register(documentation, { id: 'AskedToken' }),
    answer: { status: 200, description: 'What it is worth.', schema: () => z.union([good(), notGood()]) },
    errors: oauthErrors,
  },
  async ({ body, deps, client, afterwards, now }) => {
    const found = await introspect(deps, { token: body.token, from: client(), afterwards, now });
    return introspectionJson(found, deps.tokenPolicy);
  },
);

function introspectionJson(
  found: Introspection,
  policy: TokenPolicy,
): z.input<ReturnType<typeof good>> | z.input<ReturnType<typeof notGood>> {
  if (!found.active) return { active: false };
  const { kind, account } = found;
  const type = kind === 'access_token' ? { token_type: 'Bearer' as const } : {};
  const whose = { active: true as const, kind, ...type, ...accountJson(account) };
  return kind === 'api_key' ? whose : { ...whose, ...tokenJson(found.token, policy) };
}

function accountJson({ user, rights }: Account<Identity>) {
  const permissions = heldPermissions(rights);
  return {
    sub: String(user.id),
    username: user.username,
    scope: permissions.join(' '),
    user_id: user.id,
    user_level: user.userLevel,
    permissions,
  };
}

function tokenJson({ id, sessionId, issuedAt, expiresAt }: IntrospectedToken, policy: TokenPolicy) {
  return {
    exp: secondsOf(expiresAt),
    iat: secondsOf(issuedAt),
    jti: id,
    ...(sessionId === null ? {} : { sid: sessionId }),
    ...(policy.jwtIssuer === undefined ? {} : { iss: policy.jwtIssuer }),
    ...(policy.jwtAudience === undefined ? {} : { aud: policy.jwtAudience }),
  };
}

const secondsOf = (instant: Date): number => Math.floor(instant.getTime() / 1000);

export const tokenIntrospectionRoutes: Route[] = [introspectToken];
