import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Route } from './route.ts';
import { detailSchema, fieldErrorsSchema } from './schemas.ts';

const BODY_TYPES = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'] as const;

type Answer = { description: string; content?: Record<string, { schema: z.ZodType; example?: unknown }> };

const failure = (description: string, detail: string, extra: object = {}): Answer => ({
  description,
  content: { 'application/json': { schema: detailSchema, example: { detail, ...extra } } },
});

const invalid: Answer = {
  description: 'A field is not valid, or the body can not be read.',
  content: {
    'application/json': {
      schema: z.union([fieldErrorsSchema, detailSchema]),
      example: { username: ['This field is required.'] },
    },
  },
};

const UNAUTHENTICATED = failure(
  'The credentials are missing, wrong, or no longer good.',
  'Given token not valid for any token type',
  { code: 'token_not_valid' },
);
const FORBIDDEN = failure(
  'The caller lacks the right to do this.',
  'You do not have permission to perform this action.',
);

/**
 * OpenAPI 3.1 document of these routes, with the failures that follow from what each asks for and reads.
 * It takes milliseconds, so it is made when somebody asks for it and not while an isolate starts.
 */
export function documentOf(routes: readonly Route[]) {
  const described = new OpenAPIHono();
  const { openAPIRegistry: registry } = described;
  registry.registerComponent('securitySchemes', 'Bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The access token from `token/`.',
  });
  registry.registerComponent('securitySchemes', 'ApiKey', {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: 'A personal key from `api-keys/generate/`. `Authorization: ApiKey <key>` is taken too.',
  });
  for (const route of routes) registry.registerPath(operationOf(route));
  return described.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Edge Accounts',
      version: '0.1.0',
      description:
        'Accounts and authentication at the edge: logins, API keys, users, groups and permissions.',
      license: { name: 'MIT' },
    },
  });
}

function operationOf({ access, config }: Route) {
  const { method, path, operationId, tag, summary, description, body, query, answer } = config;
  return createRoute({
    method,
    path,
    operationId,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: access.isPublic ? [] : [{ Bearer: [] }, { ApiKey: [] }],
    request: {
      ...(path.includes('{id}') ? { params: idParameter } : {}),
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body: bodyOf(body) }),
    },
    responses: {
      [answer.status]: {
        description: answer.description,
        ...(answer.schema === undefined
          ? {}
          : { content: { 'application/json': { schema: answer.schema } } }),
      },
      ...failuresOf({ access, config }),
    },
  });
}

const idParameter = z.object({
  id: z.string().openapi({ param: { name: 'id', in: 'path' }, type: 'integer', example: 1 }),
});

const bodyOf = (schema: z.ZodObject) => ({
  required: !schema.safeParse({}).success,
  content: Object.fromEntries(BODY_TYPES.map((type) => [type, { schema }])),
});

function failuresOf({ access, config }: Pick<Route, 'access' | 'config'>): Record<number, Answer> {
  const { body, failures = {} } = config;
  const needsToken = config.tag === 'tokens' && body !== undefined;
  const named = Object.entries(failures).map(([status, text]) => [
    status,
    failure(text, DETAILS[status] ?? text),
  ]);
  return {
    ...(body === undefined && config.query === undefined ? {} : { 400: invalid }),
    ...(access.isPublic && !needsToken ? {} : { 401: UNAUTHENTICATED }),
    ...(access.isPublic ? {} : { 403: FORBIDDEN }),
    ...(body === undefined
      ? {}
      : {
          413: failure('The body is larger than 256 KB.', 'The request body is larger than 262144 bytes.'),
          415: failure('The body is of another type.', 'Unsupported media type "text/plain" in request.'),
        }),
    ...Object.fromEntries(named),
    503: failure(
      'The database did not answer: the outcome is unknown.',
      'The database did not answer. Try again.',
    ),
  };
}

const DETAILS: Record<string, string> = {
  403: 'The first admin can not be created from this address. Use a local one, or set SETUP_ALLOWED_IP.',
  404: 'No User matches the given query.',
  409: 'This user has 3 API keys already. Revoke one, or reuse its name.',
  429: 'Request was throttled. Expected available in 60 seconds.',
};
