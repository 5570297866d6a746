import * as z from 'zod/mini';
import { login, refresh, verify } from '../../core/sessions.ts';
import { open } from '../access.ts';
import { documentation, lazily } from '../documentation.ts';
import { password, text, token } from '../fields.ts';
import { type Route, route } from '../route.ts';

export const credentials = lazily(() =>
  z
    .object({
      username: text({ max: 150, example: 'admin' }),
      password: password('Compared as the exact text given.'),
    })
    .register(documentation, { id: 'Credentials' }),
);

const jwt = (description: string) =>
  z.string().register(documentation, { example: 'eyJhbGciOiJFUzI1NiJ9...', description });

export const accessToken = () => jwt('JWT for `Authorization: Bearer`.');

const tokenPair = lazily(() =>
  z
    .object({ access: accessToken(), refresh: jwt('JWT for `token/refresh/`.') })
    .register(documentation, { id: 'TokenPair' }),
);

const refreshedTokens = lazily(() =>
  z
    .object({
      access: accessToken(),
      refresh: z.optional(jwt('With `REFRESH_ROTATION=on`: takes the place of the one that was sent.')),
    })
    .register(documentation, { id: 'RefreshedTokens' }),
);

/** One handler behind two paths, as clients of either expect. */
const loginAt = (path: `/${string}/`, operationId: string) =>
  route(
    open,
    {
      method: 'post',
      path,
      operationId,
      tag: 'tokens',
      summary: 'Log in with username and password',
      description: 'Begins a session and returns its tokens. Credentials in headers are ignored.',
      body: credentials,
      answer: { status: 200, description: 'The session has begun.', schema: tokenPair },
      failures: {
        401: 'Unknown or disabled user, or wrong password: one answer for all.',
        429: 'Too many attempts; `Retry-After` says for how many seconds.',
      },
    },
    async ({ body, deps, client, afterwards, now }) =>
      login(deps, { ...body, client: client(), afterwards, now }),
  );

const refreshToken = route(
  open,
  {
    method: 'post',
    path: '/api/accounts/token/refresh/',
    operationId: 'refreshToken',
    tag: 'tokens',
    summary: 'Get a new access token',
    description:
      'The refresh token stays usable until its session ends, which no refresh puts off. With `REFRESH_ROTATION=on` ' +
      'the answer has another to go on with: the old one is accepted, and gets the same, until that has been used ' +
      'or 10 seconds have passed, whichever is later. After that its use ends the session.',
    body: () => z.object({ refresh: token('From the login.') }).register(documentation, { id: 'Refresh' }),
    answer: { status: 200, description: 'A new access token.', schema: refreshedTokens },
    failures: { 401: 'The token is bad or was replaced, or its session has ended.' },
  },
  async ({ body, deps, client, now }) => refresh(deps, { token: body.refresh, from: client(), now }),
);

const verifyToken = route(
  open,
  {
    method: 'post',
    path: '/api/accounts/token/verify/',
    operationId: 'verifyToken',
    tag: 'tokens',
    summary: 'Ask whether a token is good now',
    description:
      'Takes access and refresh tokens; 401 when the token is bad or was replaced, or its session has ended.',
    body: () => z.object({ token: token('Of either kind.') }).register(documentation, { id: 'Verify' }),
    answer: { status: 200, description: 'The token is good.', schema: () => z.object({}) },
    failures: { 401: 'The token is bad or was replaced, or its session has ended.' },
  },
  async ({ body, deps, now }) => {
    await verify(deps, { token: body.token, now });
    return {};
  },
);

export const tokenRoutes: Route[] = [
  loginAt('/api/accounts/token/', 'createToken'),
  loginAt('/api/accounts/auth/login/', 'login'),
  refreshToken,
  verifyToken,
];
