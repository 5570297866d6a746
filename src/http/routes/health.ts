import * as z from 'zod/mini';
import { assertHealthy } from '../../core/health.ts';
import { open } from '../access.ts';
import { documentation } from '../documentation.ts';
import { type Route, route } from '../route.ts';

const health = route(
  open,
  {
    method: 'get',
    path: '/api/health/',
    operationId: 'getHealth',
    tag: 'service',
    summary: 'Ask whether the service and its database answer',
    answer: {
      status: 200,
      description: 'Both answer.',
      schema: () => z.object({ status: z.literal('ok').register(documentation, { example: 'ok' }) }),
    },
  },
  async ({ deps }) => {
    await assertHealthy(deps);
    return { status: 'ok' as const };
  },
);

export const healthRoutes: Route[] = [health];
