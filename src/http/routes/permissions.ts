import { PERMISSIONS } from '../../core/permissions.ts';
import { requires } from '../access.ts';
import { answerPage, arrayOrPage, isPaged, pageQuery, pagerOf } from '../paging.ts';
import { type Route, route } from '../route.ts';
import { permissionSchema } from '../schemas.ts';

const list = route(
  requires('view_permission'),
  {
    method: 'get',
    path: '/api/accounts/permissions/',
    operationId: 'listPermissions',
    tag: 'groups',
    summary: 'List the permissions that groups can give',
    description: 'A bare array, or with `page` or `page_size` an envelope.',
    query: pageQuery,
    answer: {
      status: 200,
      description: 'Every permission there is; ids never change their meaning.',
      schema: () => arrayOrPage(permissionSchema(), 'PermissionPage'),
    },
    failures: { 404: 'There is no such page.' },
  },
  async ({ query, url }) => {
    if (!isPaged(query)) return [...PERMISSIONS];
    const pager = pagerOf(query, url());
    const rows = PERMISSIONS.slice(pager.offset, pager.offset + pager.limit);
    return answerPage({ count: PERMISSIONS.length, rows }, pager, (permission) => permission);
  },
);

export const permissionRoutes: Route[] = [list];
