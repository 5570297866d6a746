import * as z from 'zod/mini';
import { updateMe } from '../../core/me.ts';
import {
  createUser,
  deleteUser,
  getUser,
  listUsers,
  NEW_USER_FIELDS,
  type User,
  updateUser,
} from '../../core/users.ts';
import { requires, signedInProfile } from '../access.ts';
import { documentation } from '../documentation.ts';
import { answerPage, arrayOrPage, isPaged, pageQuery, pagerOf } from '../paging.ts';
import { type Route, route } from '../route.ts';
import { meJson, meSchema, userJson, userSchema } from '../schemas.ts';
import {
  changesOf,
  judgeNewPassword,
  meBody,
  newUserBody,
  replaceUserBody,
  userChangesBody,
} from './user-bodies.ts';

const USERS = '/api/accounts/users/';
const ME = '/api/accounts/users/me/';
const USER = '/api/accounts/users/{id}/';
const noUser = { 404: 'There is no such user.' };
const aUser = (description: string) => ({ status: 200, description, schema: userSchema }) as const;
const oneself = (description: string) => ({ status: 200, description, schema: meSchema }) as const;

const getMe = route(
  signedInProfile,
  {
    method: 'get',
    path: ME,
    operationId: 'getMe',
    tag: 'users',
    summary: 'Read one’s own user',
    answer: oneself('The caller, and what it may do.'),
  },
  async ({ caller }) => meJson(caller.user, caller),
);

const patchMe = route(
  signedInProfile,
  {
    method: 'patch',
    path: ME,
    operationId: 'updateMe',
    tag: 'users',
    summary: 'Change one’s own profile or password',
    description:
      'A new password ends all other logins; the API key stays. `custom_properties` merges its top-level ' +
      'members, null deletes one. With an API key neither `password`, `current_password` nor another `email` is ' +
      'taken (403).',
    body: meBody,
    judge: judgeNewPassword,
    answer: oneself('The caller, changed, and what it may do.'),
    failures: { 429: 'Too many tries of `current_password`; `Retry-After` says for how many seconds.' },
  },
  async ({ caller, body, deps, afterwards, now }) => {
    const { password, current_password: currentPassword } = body;
    const changes = changesOf(body);
    const user = await updateMe(deps, { caller, changes, password, currentPassword, afterwards, now });
    return meJson(user, caller);
  },
);

const list = route(
  requires('view_user'),
  {
    method: 'get',
    path: USERS,
    operationId: 'listUsers',
    tag: 'users',
    summary: 'List users',
    description:
      'A bare array, or with `page` or `page_size` an envelope. `search` is the beginning of a username.',
    query: () =>
      z.extend(pageQuery(), { search: z.optional(z.string()).register(documentation, { example: 'adm' }) }),
    answer: {
      status: 200,
      description: 'The users, by id; with `search` by username.',
      schema: () => arrayOrPage(userSchema(), 'UserPage'),
    },
    failures: { 404: 'There is no such page.' },
  },
  async ({ caller, query, deps, url }) => {
    const search = query.search ?? null;
    const asJson = (user: User) => userJson(user, caller);
    if (!isPaged(query)) return (await listUsers(deps, search)).map(asJson);
    const pager = pagerOf(query, url());
    return answerPage(await deps.users.page(search, pager), pager, asJson);
  },
);

const create = route(
  requires('add_user'),
  {
    method: 'post',
    path: USERS,
    operationId: 'createUser',
    tag: 'users',
    summary: 'Create a user',
    description: 'Only an admin may give `user_level`, `is_staff`, `is_superuser` or `groups`.',
    body: newUserBody,
    judge: judgeNewPassword,
    answer: { status: 201, description: 'The new user.', schema: userSchema },
  },
  async ({ caller, body, deps, now }) => {
    const { password, ...given } = body;
    const fields = { ...NEW_USER_FIELDS, ...changesOf(given), username: body.username };
    return userJson(await createUser(deps, { caller, fields, password, now }), caller);
  },
);

const get = route(
  requires('view_user'),
  {
    method: 'get',
    path: USER,
    operationId: 'getUser',
    tag: 'users',
    summary: 'Read one user',
    answer: aUser('The user.'),
    failures: noUser,
  },
  async ({ caller, id, deps }) => userJson(await getUser(deps, id), caller),
);

const update = (
  method: 'put' | 'patch',
  operationId: string,
  body: typeof userChangesBody | typeof replaceUserBody,
) =>
  route(
    requires('change_user'),
    {
      method,
      path: USER,
      operationId,
      tag: 'users',
      summary: method === 'put' ? 'Change a user (`username` is required)' : 'Change a user',
      description:
        'Absent fields keep their values, the password too. A new password ends the logins of that user, a ' +
        'deactivation all of them. Nobody may change a user who holds a right that the caller lacks. When the user ' +
        'gains rights, the API keys that someone other than the user or an admin made for it are revoked.',
      // PUT asks for the username, PATCH for nothing: the wider type holds for both.
      body: body as typeof userChangesBody,
      judge: judgeNewPassword,
      answer: aUser('The user, changed.'),
      failures: {
        ...noUser,
        409:
          'It would give rights to a user whose password was set by someone other than the user or an admin: set ' +
          'another one in the same request, signed in as an admin with your password.',
      },
    },
    async ({ caller, id, body: given, deps, now }) => {
      const { password } = given;
      const changes = changesOf(given);
      return userJson(await updateUser(deps, { caller, id, changes, password, now }), caller);
    },
  );

const remove = route(
  requires('delete_user'),
  {
    method: 'delete',
    path: USER,
    operationId: 'deleteUser',
    tag: 'users',
    summary: 'Delete a user',
    description: 'With its logins and keys. The last active admin cannot be deleted (400).',
    answer: { status: 204, description: 'The user is gone.' },
    failures: { ...noUser, 400: 'The user is the last active admin.' },
  },
  async ({ caller, id, deps }) => deleteUser(deps, { caller, id }),
);

export const userRoutes: Route[] = [
  getMe,
  patchMe,
  list,
  create,
  get,
  update('put', 'replaceUser', replaceUserBody),
  update('patch', 'updateUser', userChangesBody),
  remove,
];
