import { describe, expect, it } from 'vitest';
import { get } from '../support/api.ts';
import { exampleOf, sendExample } from '../support/examples.ts';
import {
  bodySchema,
  type Media,
  misfits,
  type OpenApi,
  operationsOf,
  readDocument,
  resolved,
  type Schema,
} from '../support/openapi.ts';

const document: OpenApi = await readDocument();
const operations = operationsOf(document);

/** The table of the design's section 3, without the documents themselves. */
const METHODS_BY_PATH: Record<string, string[]> = {
  '/api/accounts/token/': ['POST'],
  '/api/accounts/auth/login/': ['POST'],
  '/api/accounts/token/refresh/': ['POST'],
  '/api/accounts/token/verify/': ['POST'],
  '/api/accounts/token/introspect/': ['POST'],
  '/api/accounts/token/revoke/': ['POST'],
  '/api/accounts/auth/verify/': ['GET'],
  '/api/accounts/auth/logout/': ['POST'],
  '/api/accounts/auth/cookie/login/': ['POST'],
  '/api/accounts/auth/cookie/refresh/': ['POST'],
  '/api/accounts/auth/cookie/logout/': ['POST'],
  '/api/accounts/users/me/': ['GET', 'PATCH'],
  '/api/accounts/users/': ['GET', 'POST'],
  '/api/accounts/users/{id}/': ['DELETE', 'GET', 'PATCH', 'PUT'],
  '/api/accounts/sessions/': ['GET'],
  '/api/accounts/sessions/{id}/': ['DELETE'],
  '/api/accounts/audit-events/': ['GET'],
  '/api/accounts/api-keys/': ['GET', 'POST'],
  '/api/accounts/api-keys/generate/': ['POST'],
  '/api/accounts/api-keys/{id}/': ['DELETE', 'GET'],
  '/api/accounts/api-keys/revoke/': ['POST'],
  '/api/accounts/permissions/': ['GET'],
  '/api/accounts/groups/': ['GET', 'POST'],
  '/api/accounts/groups/{id}/': ['DELETE', 'GET', 'PATCH', 'PUT'],
  '/api/accounts/initialize-superuser/': ['GET', 'POST'],
  '/api/health/': ['GET'],
};

const REQUIRED_FIELDS: Record<string, string[]> = {
  createToken: ['password', 'username'],
  login: ['password', 'username'],
  logInPage: ['password', 'username'],
  refreshToken: ['refresh'],
  verifyToken: ['token'],
  introspectToken: ['token'],
  revokeToken: ['token'],
  updateMe: [],
  createUser: ['password', 'username'],
  replaceUser: ['username'],
  updateUser: [],
  createApiKey: [],
  generateApiKey: [],
  revokeApiKey: [],
  createGroup: ['name', 'permissions'],
  replaceGroup: ['name', 'permissions'],
  updateGroup: [],
  createSuperuser: ['password', 'username'],
};

/** What is told in headers and not in a body. */
const TOLD_IN_HEADERS: Record<string, string[]> = {
  verifyCaller: ['X-Auth-User-Id', 'X-Auth-Username', 'X-Auth-Level', 'X-Auth-Permissions'],
};

const BODY_TYPES = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'];

/** Whether a reader sees an example: of the whole answer, of the schema, or of each of its members. */
function hasExample({ example, schema }: Media): boolean {
  if (example !== undefined) return true;
  return schema !== undefined && isExemplified(schema);
}

function isExemplified(schema: Schema): boolean {
  const { example, anyOf, items, type, properties = {} } = resolved(document, schema);
  if (example !== undefined) return true;
  if (anyOf !== undefined) return anyOf.every(isExemplified);
  if (items !== undefined) return isExemplified(items);
  return type === 'object' && Object.values(properties).every(isExemplified);
}

/** Every schema in the document with the path to it. */
function* schemasIn(value: unknown, path: string): Generator<[string, Schema]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    const here = `${path}/${name}`;
    const isSchema =
      name === 'schema' || name === 'items' || /\/(schemas|properties)$/.test(path) || isChoice(path);
    if (isSchema) yield [here, inner as Schema];
    if (name !== 'example') yield* schemasIn(inner, here);
  }
}

const isChoice = (path: string): boolean => /\/(anyOf|oneOf|allOf)$/.test(path);
const allSchemas = [...schemasIn(document, '')];

describe('the document', () => {
  it('is OpenAPI 3.1, the same at both addresses', async () => {
    const [schema, swagger] = [await get('/api/schema/'), await get('/api/swagger.json')];
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    expect(schema.status).toBe(200);
    expect(schema.headers.get('Content-Type')).toMatch(/^application\/json/);
    expect(swagger.text).toBe(schema.text);
  });

  it('has every path of the design with its methods, and no other', () => {
    const found = Object.entries(document.paths).map(([path, item]) => [
      path,
      Object.keys(item)
        .map((method) => method.toUpperCase())
        .sort(),
    ]);
    expect(Object.fromEntries(found)).toEqual(METHODS_BY_PATH);
  });

  it('gives each operation an id of its own', () => {
    const ids = operations.map(({ object }) => object.operationId);
    expect(ids.filter((id) => id === undefined || !/^[a-z][A-Za-z]+$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('names the two security schemes as existing clients know them', () => {
    const { Bearer, ApiKey } = document.components.securitySchemes;
    expect(Object.keys(document.components.securitySchemes)).toEqual(['Bearer', 'ApiKey']);
    expect(Bearer).toMatchObject({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' });
    expect(ApiKey).toMatchObject({ type: 'apiKey', in: 'header', name: 'X-API-Key' });
  });

  it('resolves every reference', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(
      ([, ref]) => ref ?? '',
    );
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(references.length).toBeGreaterThan(50);
    expect(references.filter((reference) => !known.includes(reference))).toEqual([]);
  });

  it('names every kind of object once, and uses it', () => {
    const text = JSON.stringify(document);
    const names = Object.keys(document.components.schemas);
    expect(names.filter((name) => !text.includes(`"#/components/schemas/${name}"`))).toEqual([]);
  });

  it('leaves no schema without a type', () => {
    const isTyped = ({ type, $ref, anyOf, oneOf, allOf }: Schema) => type ?? $ref ?? anyOf ?? oneOf ?? allOf;
    expect(allSchemas.length).toBeGreaterThan(200);
    expect(allSchemas.filter(([, schema]) => isTyped(schema) === undefined).map(([path]) => path)).toEqual(
      [],
    );
  });

  it('says what lists hold, and which members objects have', () => {
    const isVague = ({ type, items, properties, additionalProperties }: Schema) =>
      (type === 'array' && items === undefined) ||
      (type === 'object' && properties === undefined && additionalProperties === undefined);
    expect(allSchemas.filter(([, schema]) => isVague(schema)).map(([path]) => path)).toEqual([]);
  });

  it('requires only members that the same object describes, as generators need it', () => {
    const undescribed = allSchemas.flatMap(([path, { required = [], properties = {} }]) =>
      required.filter((name) => !(name in properties)).map((name) => `${path}: ${name}`),
    );
    expect(undescribed).toEqual([]);
  });

  it('shows the user as the design has it, every member present', () => {
    const { properties = {}, required } = document.components.schemas['User'] ?? {};
    const members =
      'id username email first_name last_name user_level is_active is_staff is_superuser date_joined last_login ' +
      'api_key api_key_preview custom_properties avatar_config channel_profiles stream_limit groups';
    expect(Object.keys(properties).sort()).toEqual(members.split(' ').sort());
    expect(required?.toSorted()).toEqual(members.split(' ').sort());
  });
});

describe.each(operations)('$id in the document', ({ id, method, isPublic, takesBody, hasId, object }) => {
  const { responses = {}, security, summary, parameters = [] } = object;
  const answers = Object.entries(responses);
  const successes = answers.filter(([status]) => status.startsWith('2'));
  const failures = answers.filter(([status]) => !status.startsWith('2'));
  const isLogin = ['createToken', 'login', 'logInPage'].includes(id);

  it('says what it does and who may call it', () => {
    expect(summary).toMatch(/\S/);
    expect(security).toEqual(isPublic ? [] : [{ Bearer: [] }, { ApiKey: [] }]);
  });

  it('shows its success, with an example', () => {
    expect(successes).toHaveLength(1);
    for (const [status, { content }] of successes) {
      const media = content?.['application/json'];
      if (status === '204' || id === 'revokeToken') expect(media).toBeUndefined();
      else expect(media?.schema && hasExample(media)).toBe(true);
    }
  });

  it('lists the failures that follow from what it asks for', () => {
    const expected = [
      ...(isPublic ? [] : ['401', '403']),
      ...(takesBody ? ['400', '413', '415'] : []),
      ...(hasId ? ['404'] : []),
      ...(isLogin ? ['401', '429'] : []),
      ...(id.endsWith('Page') ? ['403'] : []),
      ...(id === 'refreshPage' ? ['401'] : []),
      ...(id === 'deleteUser' ? ['400'] : []),
      '500',
      '503',
    ];
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(expected));
  });

  it('shows every failure, with an example', () => {
    for (const [status, { description, content }] of failures) {
      const media = content?.['application/json'];
      expect(description, status).toMatch(/\S/);
      expect(media?.schema, status).toBeDefined();
      expect(media?.example, status).toBeDefined();
      expect([...misfits(document, media?.schema ?? {}, media?.example)], status).toEqual([]);
    }
  });

  it('tells the headers that every answer has, and those that say when to come back', () => {
    for (const [status, { headers }] of Object.entries(responses)) {
      const waits = status === '429' || status === '503' ? ['Retry-After'] : [];
      const told = status === '204' ? (TOLD_IN_HEADERS[id] ?? []) : [];
      expect(Object.keys(headers ?? {}), status).toEqual(['X-Request-Id', ...told, ...waits]);
    }
  });

  it('describes its parameters', () => {
    const inPath = parameters.filter((parameter) => parameter.in === 'path');
    expect(inPath.map(({ name, required }) => [name, required])).toEqual(hasId ? [['id', true]] : []);
    expect(parameters.filter(({ schema }) => schema?.type === undefined)).toEqual([]);
    const takesQuery = method === 'GET' || id === 'logout';
    expect(parameters.every(({ in: place }) => place === 'path' || takesQuery)).toBe(true);
  });
});

describe.each(operations.filter(({ takesBody }) => takesBody))(
  'the body of $id in the document',
  (operation) => {
    const { content = {}, required } = operation.object.requestBody ?? {};
    const schema = bodySchema(document, operation);

    it('is offered in all three types', () => {
      expect(Object.keys(content)).toEqual(BODY_TYPES);
      expect(new Set(Object.values(content).map((media) => media.schema?.$ref)).size).toBe(1);
    });

    it('says which fields it needs, and so whether it may be left out', () => {
      expect(schema.required?.toSorted()).toEqual(REQUIRED_FIELDS[operation.id]);
      expect(required === true).toBe(REQUIRED_FIELDS[operation.id]?.length !== 0);
    });

    it('has an example for every field', () => {
      expect(isExemplified(schema)).toBe(true);
    });
  },
);

describe('what is answered', () => {
  it.each(operations)(
    'by $id fits its schema, with no member that the document leaves out',
    async (operation) => {
      const answer = await sendExample(operation, await exampleOf(operation));
      const documented = operation.object.responses?.[answer.status];
      const schema = documented?.content?.['application/json']?.schema;
      expect(documented, answer.text).toBeDefined();
      if (schema === undefined) expect(answer.text).toBe('');
      else expect([...misfits(document, schema, answer.body)]).toEqual([]);
    },
  );

  it('would not fit with a member missing, of another type, or unknown', () => {
    const group = { $ref: '#/components/schemas/Group' };
    const found = [
      { id: 1, name: 'a' },
      { id: 1, name: 2, permissions: ['x'] },
      { id: 1, name: 'a', permissions: [], more: 1 },
    ];
    expect(found.map((value) => [...misfits(document, group, value)])).toEqual([
      [': permissions is missing'],
      ['/name is no string', '/permissions/0 is no integer'],
      [': more is not described'],
    ]);
  });

  it.each(['createSuperuser', 'getSuperuserState'])(
    'by %s is documented with the `error` that its clients read',
    (id) => {
      const operation = operations.find((one) => one.id === id);
      const failures = Object.entries(operation?.object.responses ?? {}).filter(
        ([status]) => status >= '400',
      );
      const without = failures.filter(
        ([, { content }]) => !('error' in Object(content?.['application/json']?.example)),
      );
      expect(failures.length).toBeGreaterThan(0);
      expect(without.map(([status]) => status)).toEqual([]);
    },
  );
});
