import * as z from 'zod/mini';
import { createGroup, deleteGroup, getGroup, updateGroup } from '../../core/groups.ts';
import { adminOnly, requires } from '../access.ts';
import { documentation, lazily } from '../documentation.ts';
import { idList, text } from '../fields.ts';
import { answerPage, arrayOrPage, isPaged, pageQuery, pagerOf } from '../paging.ts';
import { type Route, route } from '../route.ts';
import { groupSchema } from '../schemas.ts';

const GROUPS = '/api/accounts/groups/';
const GROUP = '/api/accounts/groups/{id}/';
const noGroup = { 404: 'There is no such group.' };

const members = () =>
  z.object({
    name: text({ max: 150, example: 'support' }),
    permissions: idList([4, 11], 'Ids, as `permissions/` lists them.'),
  });

const groupBody = lazily(() => members().register(documentation, { id: 'NewGroup' }));
const groupChangesBody = lazily(() => z.partial(members()).register(documentation, { id: 'GroupChanges' }));

const list = route(
  requires('view_group'),
  {
    method: 'get',
    path: GROUPS,
    operationId: 'listGroups',
    tag: 'groups',
    summary: 'List groups',
    description: 'A bare array, or with `page` or `page_size` an envelope.',
    query: pageQuery,
    answer: {
      status: 200,
      description: 'The groups, by id.',
      schema: () => arrayOrPage(groupSchema(), 'GroupPage'),
    },
    failures: { 404: 'There is no such page.' },
  },
  async ({ query, deps, url }) => {
    if (!isPaged(query)) return deps.groups.list();
    const pager = pagerOf(query, url());
    return answerPage(await deps.groups.page(pager), pager, (group) => group);
  },
);

const create = route(
  adminOnly,
  {
    method: 'post',
    path: GROUPS,
    operationId: 'createGroup',
    tag: 'groups',
    summary: 'Create a group',
    body: groupBody,
    answer: { status: 201, description: 'The new group.', schema: groupSchema },
  },
  async ({ caller, body, deps }) => createGroup(deps, { caller, fields: body }),
);

const get = route(
  requires('view_group'),
  {
    method: 'get',
    path: GROUP,
    operationId: 'getGroup',
    tag: 'groups',
    summary: 'Read one group',
    answer: { status: 200, description: 'The group.', schema: groupSchema },
    failures: noGroup,
  },
  async ({ id, deps }) => getGroup(deps, id),
);

const update = (
  method: 'put' | 'patch',
  operationId: string,
  body: typeof groupBody | typeof groupChangesBody,
) =>
  route(
    adminOnly,
    {
      method,
      path: GROUP,
      operationId,
      tag: 'groups',
      summary: method === 'put' ? 'Replace a group' : 'Change a group',
      description:
        'Its members gain and lose rights from their next request on. API keys that someone other than their users or ' +
        'an admin made are revoked when the users gain rights.',
      // PUT asks for every member, PATCH for none: the wider type holds for both.
      body: body as typeof groupChangesBody,
      answer: { status: 200, description: 'The group, changed.', schema: groupSchema },
      failures: {
        ...noGroup,
        409: 'It would give rights to members whose passwords were set by someone other than themselves or an admin.',
      },
    },
    async ({ caller, id, body: changes, deps }) => updateGroup(deps, { caller, id, changes }),
  );

const remove = route(
  adminOnly,
  {
    method: 'delete',
    path: GROUP,
    operationId: 'deleteGroup',
    tag: 'groups',
    summary: 'Delete a group',
    answer: { status: 204, description: 'The group is gone, and with it the rights that it gave.' },
    failures: noGroup,
  },
  async ({ caller, id, deps }) => deleteGroup(deps, { caller, id }),
);

export const groupRoutes: Route[] = [
  list,
  create,
  get,
  update('put', 'replaceGroup', groupBody),
  update('patch', 'updateGroup', groupChangesBody),
  remove,
];
