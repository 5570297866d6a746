import { createRoute, OpenAPIHono, type z as zod } from '@hono/zod-openapi';
import * as z from 'zod/mini';
import { documentation } from '../http/documentation.ts';
import type { Route } from '../http/route.ts';
import { detailSchema, fieldErrorsSchema } from '../http/schemas.ts';
import { classicObjectOf, classicOf } from './classic-schemas.ts';

const BODY_TYPES = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'] as const;

type Header = { description: string; schema: { type: 'string' | 'integer' } };
type Answer = {
  description: string;
  headers: Record<string, Header>;
  content?: Record<string, { schema: zod.ZodType; example?: unknown }>;
};

const REQUEST_ID: Record<string, Header> = {
  'X-Request-Id': { description: 'Names this request in the log.', schema: { type: 'string' } },
};
const RETRY_AFTER: Record<string, Header> = {
  'Retry-After': { description: 'Seconds to wait before the next try.', schema: { type: 'integer' } },
};

/** One failure as this document shows it: what it means, and a body to see. */
type Failure = { description: string; example: Record<string, unknown> };

const FAILURES = {
  400: {
    description: 'A field is not valid, or the body cannot be read.',
    example: { username: ['This field is required.'] },
  },
  401: {
    description: 'The credentials are missing, wrong, or no longer good.',
    example: { detail: 'Given token not valid for any token type', code: 'token_not_valid' },
  },
  403: {
    description: 'The caller lacks the right to do this.',
    example: { detail: 'You do not have permission to perform this action.' },
  },
  404: { description: 'Not found.', example: { detail: 'No User matches the given query.' } },
  409: {
    description: 'Conflicts with what already exists.',
    example: { detail: 'This user has 3 API keys already. Revoke one, or reuse its name.' },
  },
  413: {
    description: 'The body is larger than 256 KB.',
    example: { detail: 'The request body is larger than 262144 bytes.' },
  },
  415: {
    description: 'The media type of the body is not supported.',
    example: { detail: 'Unsupported media type "text/plain" in request.' },
  },
  429: {
    description: 'Too many attempts.',
    example: { detail: 'Request was throttled. Expected available in 60 seconds.' },
  },
  500: {
    description: 'A fault of the service.',
    example: { detail: 'Internal server error.', request_id: '7b0a9d0e-5c0c-4a53-9a5c-0d5f6f7a8b9c' },
  },
  503: {
    description: 'The database did not answer: the outcome is unknown. Or the service is not configured.',
    example: { detail: 'The database did not answer. Try again.' },
  },
} as const satisfies Record<number, Failure>;

type FailureStatus = keyof typeof FAILURES;

/**
 * OpenAPI 3.1 document of these routes, with the failures that follow from what each asks for and reads. The build
 * makes it, for the Worker to carry as a text.
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
      ...(path.includes('{id}')
        ? { params: classicObjectOf(config.idIsText ? textIdParameter() : idParameter()) }
        : {}),
      ...(query === undefined ? {} : { query: classicObjectOf(query()) }),
      ...(body === undefined ? {} : { body: bodyOf(body()) }),
    },
    responses: {
      [answer.status]: {
        description: answer.description,
        headers: { ...REQUEST_ID, ...headersOf(answer.headers) },
        ...(answer.schema === undefined
          ? {}
          : { content: { 'application/json': { schema: classicOf(answer.schema()) } } }),
      },
      ...failuresOf({ access, config }),
    },
  });
}

const headersOf = (described: Record<string, string> = {}): Record<string, Header> =>
  Object.fromEntries(
    Object.entries(described).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' } },
    ]),
  );

const idParameter = () =>
  z.object({
    id: z
      .string()
      .register(documentation, { param: { name: 'id', in: 'path' }, type: 'integer', example: 1 }),
  });

const textIdParameter = () =>
  z.object({
    id: z.string().register(documentation, {
      param: { name: 'id', in: 'path' },
      example: '0f0e0d0c0b0a09080706050403020100',
    }),
  });

const bodyOf = (schema: z.ZodMiniObject) => ({
  required: !schema.safeParse({}).success,
  content: Object.fromEntries(BODY_TYPES.map((type) => [type, { schema: classicOf(schema) }])),
});

/** What a route can answer besides success: by whom it lets in, what it reads, and what only it knows. */
function failuresOf({ access, config }: Pick<Route, 'access' | 'config'>): Record<number, Answer> {
  const { body, query, failures = {} } = config;
  const statuses: FailureStatus[] = [
    ...(body === undefined && query === undefined ? [] : [400 as const]),
    ...(access.isPublic ? [] : [401 as const, 403 as const]),
    ...(body === undefined ? [] : [413 as const, 415 as const]),
    500,
    503,
  ];
  const described = new Map<FailureStatus, string>(
    statuses.map((status) => [status, FAILURES[status].description]),
  );
  for (const status of [400, 401, 403, 404, 409, 429] as const) {
    const description = failures[status];
    if (description !== undefined) described.set(status, description);
  }
  return Object.fromEntries(
    [...described].map(([status, text]) => [status, failure(status, text, config.errors)]),
  );
}

function failure(status: FailureStatus, description: string, errors: Route['config']['errors']): Answer {
  const schema =
    errors?.schema() ?? (status === 400 ? z.union([fieldErrorsSchema(), detailSchema()]) : detailSchema());
  const { example } = FAILURES[status];
  const shown = errors?.shape(example, status) ?? example;
  const headers = status === 429 || status === 503 ? { ...REQUEST_ID, ...RETRY_AFTER } : REQUEST_ID;
  return {
    description,
    headers,
    content: { 'application/json': { schema: classicOf(schema), example: shown } },
  };
}
