import * as z from 'zod/mini';
import type { Deps } from '../../core/deps.ts';
import { endLogin } from '../../core/end-login.ts';
import { DomainError } from '../../core/errors.ts';
import type { Source } from '../../core/principal.ts';
import { login, type RefreshedTokens, refresh } from '../../core/sessions.ts';
import { documentation, lazily } from '../documentation.ts';
import { ourPage, type PageLogin, pageLoginPath } from '../page-login.ts';
import { type Route, route } from '../route.ts';
import { accessToken, credentials } from './tokens.ts';

const tag = 'page logins';
const onlyAccess = lazily(() =>
  z.object({ access: accessToken() }).register(documentation, { id: 'AccessToken' }),
);
const notOurs = {
  403:
    'Another page asks, or `X-Requested-With` is missing, or it came over http from another machine, where no ' +
    'login is kept.',
};
const FOR_OUR_PAGE =
  'For the page of this service alone: `Origin` must be its own and `X-Requested-With` not empty. ';

const loginRoute = route(
  ourPage,
  {
    method: 'post',
    path: pageLoginPath('login'),
    operationId: 'logInPage',
    tag,
    summary: 'Log the page in',
    description:
      `${FOR_OUR_PAGE}The refresh token comes as the cookie \`__Secure-refresh\` (\`refresh\` on this machine ` +
      'over http), which no script can read and which is sent to these three paths only. Credentials in headers ' +
      'are ignored. The login of a cookie that was there ends.',
    body: credentials,
    answer: {
      status: 200,
      description: 'The session has begun, and its cookie is set.',
      schema: onlyAccess,
    },
    failures: {
      ...notOurs,
      401: 'Unknown or disabled user, or wrong password: one answer for all.',
      429: 'Too many attempts; `Retry-After` says for how many seconds.',
    },
  },
  async ({ caller, body, deps, client, afterwards, now }) => {
    const pair = await login(deps, { ...body, client: client(), afterwards, now });
    // Nobody could end the login of the cookie that this one takes the place of.
    const { kept: token } = caller;
    if (token !== null) afterwards(() => endLogin(deps, { token, kind: 'refresh', from: client(), now }));
    caller.keep(pair.refresh);
    return { access: pair.access };
  },
);

const refreshRoute = route(
  ourPage,
  {
    method: 'post',
    path: pageLoginPath('refresh'),
    operationId: 'refreshPage',
    tag,
    summary: 'Get a new access token for the page',
    description:
      `${FOR_OUR_PAGE}The cookie is the refresh token, as in \`token/refresh/\`; with \`REFRESH_ROTATION=on\` ` +
      'the answer sets the next one. A refused one is removed.',
    answer: { status: 200, description: 'A new access token.', schema: onlyAccess },
    failures: {
      ...notOurs,
      401: 'There is no cookie, or its token is bad or was replaced, or its session has ended.',
    },
  },
  async ({ caller, deps, client, now }) => {
    const tokens = await refreshKept(deps, { caller, from: client(), now });
    if (tokens.refresh !== undefined) caller.keep(tokens.refresh);
    return { access: tokens.access };
  },
);

const logoutRoute = route(
  ourPage,
  {
    method: 'post',
    path: pageLoginPath('logout'),
    operationId: 'logOutPage',
    tag,
    summary: 'Log the page out',
    description: `${FOR_OUR_PAGE}Ends the session that the cookie names, if it does, and removes the cookie.`,
    answer: { status: 204, description: 'The session has ended, and the cookie is removed.' },
    failures: notOurs,
  },
  async ({ caller, deps, client, now }) => {
    const { kept: token } = caller;
    if (token !== null) await endLogin(deps, { token, kind: 'refresh', from: client(), now });
    caller.forget();
  },
);

/** Removes what is refused for good; whatever else fails may go better the next time. */
async function refreshKept(
  deps: Deps,
  { caller, from, now }: { caller: PageLogin; from: Source; now: Date },
): Promise<RefreshedTokens> {
  const { kept: token } = caller;
  if (token === null) throw notKept();
  try {
    return await refresh(deps, { token, from, now });
  } catch (error) {
    if (error instanceof DomainError && error.code === 'unauthenticated') caller.forget();
    throw error;
  }
}

const notKept = (): DomainError =>
  new DomainError('unauthenticated', 'No login is kept here.', { extra: { code: 'token_not_valid' } });

export const authCookieRoutes: Route[] = [loginRoute, refreshRoute, logoutRoute];
