import * as z from 'zod/mini';
import { endSession, listSessions, pageSessions } from '../../core/live-sessions.ts';
import { signedIn } from '../access.ts';
import { answerPage, arrayOrPage, isPaged, pageQuery, pagerOf } from '../paging.ts';
import { type Route, route } from '../route.ts';
import { sessionJson, sessionSchema } from '../schemas.ts';
import { userFilter, userIdOf } from '../user-ids.ts';

const list = route(
  signedIn,
  {
    method: 'get',
    path: '/api/accounts/sessions/',
    operationId: 'listSessions',
    tag: 'sessions',
    summary: 'List live logins',
    description:
      'One’s own, newest first; with `view_session` those of `user_id`. A bare array, or with `page` or `page_size` ' +
      'an envelope.',
    query: () => z.extend(pageQuery(), { user_id: userFilter() }),
    answer: {
      status: 200,
      description: 'The logins.',
      schema: () => arrayOrPage(sessionSchema(), 'SessionPage'),
    },
    failures: { 404: 'There is no such page, or `user_id` is no id.' },
  },
  async ({ caller, query, deps, now, url }) => {
    const userId = userIdOf(query.user_id);
    if (!isPaged(query)) return (await listSessions(deps, { caller, userId, now })).map(sessionJson);
    const pager = pagerOf(query, url());
    return answerPage(await pageSessions(deps, { caller, userId, slice: pager, now }), pager, sessionJson);
  },
);

const remove = route(
  signedIn,
  {
    method: 'delete',
    path: '/api/accounts/sessions/{id}/',
    idIsText: true,
    operationId: 'deleteSession',
    tag: 'sessions',
    summary: 'End one login',
    description: 'Both its tokens are refused from then on. Another’s login asks for `delete_session`.',
    answer: { status: 204, description: 'The login is over.' },
    failures: { 404: 'There is no such login, or the caller may not end it.' },
  },
  async ({ caller, textId, deps, now }) => endSession(deps, { caller, id: textId, now }),
);

export const sessionRoutes: Route[] = [list, remove];
