import * as z from 'zod/mini';
import {
  createApiKey,
  deleteApiKey,
  getApiKey,
  listApiKeys,
  MAX_KEY_NAME_CHARACTERS,
  revokeApiKey,
} from '../../core/api-keys.ts';
import { signedIn } from '../access.ts';
import { documentation, lazily } from '../documentation.ts';
import { anything, text } from '../fields.ts';
import { answerPage, pageQuery, pagerOf, pageSchema } from '../paging.ts';
import { type Route, route } from '../route.ts';
import { apiKeyJson, apiKeySchema, userJson, userSchema } from '../schemas.ts';
import { targetOf, userFilter, userIdOf } from '../user-ids.ts';

const KEYS = '/api/accounts/api-keys/';
const KEY = '/api/accounts/api-keys/{id}/';

const userId = () =>
  z.optional(
    anything({
      type: ['integer', 'string', 'null'],
      example: 2,
      description: 'Whose key; oneself when absent or null. Another user asks for a permission.',
    }),
  );

const newKeyBody = lazily(() =>
  z
    .object({
      user_id: userId(),
      name: z.optional(text({ max: MAX_KEY_NAME_CHARACTERS, example: 'home-assistant', blank: true })),
    })
    .register(documentation, { id: 'NewApiKey' }),
);

const createdKey = lazily(() =>
  z
    .object({
      key: z.string().register(documentation, {
        example: `dsp_${'A'.repeat(43)}000000`,
        description: 'The key itself: shown in this answer and never again.',
      }),
      user: userSchema(),
      id: z.int().register(documentation, { example: 1 }),
      name: z.string().register(documentation, { example: '' }),
      key_preview: z.string().register(documentation, { example: 'dsp_AbCd...wxyz' }),
      created_at: z
        .string()
        .register(documentation, { format: 'date-time', example: '2026-11-01T12:00:00.000000Z' }),
    })
    .register(documentation, { id: 'CreatedApiKey' }),
);

const list = route(
  signedIn,
  {
    method: 'get',
    path: KEYS,
    operationId: 'listApiKeys',
    tag: 'api-keys',
    summary: 'List API keys',
    description: 'One’s own, newest first; with `view_apikey` everyone’s, and `user_id` filters.',
    query: () => z.extend(pageQuery(), { user_id: userFilter() }),
    answer: {
      status: 200,
      description: 'The keys. `key` is always null: clients of older servers look for the key there.',
      schema: () =>
        z
          .extend(pageSchema(apiKeySchema()), {
            key: z.null().register(documentation, { example: null }),
            keys_per_user: z.int().register(documentation, {
              example: 1,
              description:
                'How many a user may have. At 1 a new key replaces all of them, else the one of its name.',
            }),
          })
          .register(documentation, { id: 'ApiKeyPage' }),
    },
    failures: { 404: 'There is no such page, or `user_id` is no id.' },
  },
  async ({ caller, query, deps, url }) => {
    const pager = pagerOf(query, url());
    const page = await listApiKeys(deps, { caller, userId: userIdOf(query.user_id), slice: pager });
    return { key: null, keys_per_user: deps.apiKeysPerUser, ...answerPage(page, pager, apiKeyJson) };
  },
);

/** One handler behind two paths, as clients of either expect. */
const createAt = (path: `/${string}/`, operationId: string) =>
  route(
    signedIn,
    {
      method: 'post',
      path,
      operationId,
      tag: 'api-keys',
      summary: 'Create an API key',
      description:
        'Replaces the live key, which is refused from then on. Another’s key asks for `add_apikey`.',
      body: newKeyBody,
      answer: { status: 201, description: 'The new key.', schema: createdKey },
      failures: { 404: 'There is no such user.', 409: 'The user has as many keys as it may have.' },
    },
    async ({ caller, body, deps, now }) => {
      const target = targetOf(body.user_id);
      const made = await createApiKey(deps, { caller, target, name: body.name ?? '', now });
      const { id, name, key_preview, created_at } = apiKeyJson(made.stored);
      const user = userJson(made.stored.owner, caller);
      return { key: made.key.reveal(), user, id, name, key_preview, created_at };
    },
  );

const revoke = route(
  signedIn,
  {
    method: 'post',
    path: '/api/accounts/api-keys/revoke/',
    operationId: 'revokeApiKey',
    tag: 'api-keys',
    summary: 'Revoke the personal API key',
    description: 'Refused from the next request on. Another’s key asks for `delete_apikey`.',
    body: () => z.object({ user_id: userId() }).register(documentation, { id: 'RevokeApiKey' }),
    answer: {
      status: 200,
      description: 'There is no such key any more, whether or not there was one.',
      schema: () => z.object({ success: z.literal(true).register(documentation, { example: true }) }),
    },
    failures: { 404: 'There is no such user.' },
  },
  async ({ caller, body, deps }) => {
    await revokeApiKey(deps, { caller, target: targetOf(body.user_id) });
    return { success: true as const };
  },
);

const get = route(
  signedIn,
  {
    method: 'get',
    path: KEY,
    operationId: 'getApiKey',
    tag: 'api-keys',
    summary: 'Read one API key',
    answer: { status: 200, description: 'What is kept of the key.', schema: apiKeySchema },
    failures: { 404: 'There is no such key, or the caller may not see it.' },
  },
  async ({ caller, id, deps }) => apiKeyJson(await getApiKey(deps, { caller, id })),
);

const remove = route(
  signedIn,
  {
    method: 'delete',
    path: KEY,
    operationId: 'deleteApiKey',
    tag: 'api-keys',
    summary: 'Revoke one API key by its id',
    answer: { status: 204, description: 'The key is refused from the next request on.' },
    failures: { 404: 'There is no such key, or the caller may not revoke it.' },
  },
  async ({ caller, id, deps }) => deleteApiKey(deps, { caller, id }),
);

export const apiKeyRoutes: Route[] = [
  list,
  createAt(KEYS, 'createApiKey'),
  createAt('/api/accounts/api-keys/generate/', 'generateApiKey'),
  revoke,
  get,
  remove,
];
