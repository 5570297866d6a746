import { get } from './api.ts';

/** What the tests read of the document; everything may be missing, since that is what they find out. */
export type Schema = {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  example?: unknown;
};
export type Media = { schema?: Schema; example?: unknown };
export type Contents = Record<string, Media>;
export type OperationObject = {
  operationId?: string;
  summary?: string;
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema }[];
  requestBody?: { required?: boolean; content?: Contents };
  responses?: Record<string, { description?: string; content?: Contents; headers?: object }>;
};
export type OpenApi = {
  openapi: string;
  paths: Record<string, Record<string, OperationObject>>;
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, unknown> };
};

export type Operation = {
  id: string;
  method: string;
  /** As the document has it, with `{id}`. */
  path: string;
  isPublic: boolean;
  takesBody: boolean;
  hasId: boolean;
  object: OperationObject;
};

export async function readDocument(): Promise<OpenApi> {
  return (await get('/api/schema/')).body;
}

export async function readOperations(): Promise<Operation[]> {
  return operationsOf(await readDocument());
}

export const operationsOf = (document: OpenApi): Operation[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, object]) => ({
      id: object.operationId ?? `${method} ${path}`,
      method: method.toUpperCase(),
      path,
      isPublic: object.security?.length === 0,
      takesBody: object.requestBody !== undefined,
      hasId: path.includes('{id}'),
      object,
    })),
  );

export const pathWith = ({ path }: Operation, id: number | string = 1): string =>
  path.replace('{id}', String(id));

/** The schema behind references, with the members of `allOf` laid together. */
export function resolved(document: OpenApi, schema: Schema): Schema {
  const { $ref, allOf = [], ...own } = schema;
  const target = $ref === undefined ? {} : (document.components.schemas[nameOf($ref)] ?? {});
  const inherited = [...($ref === undefined ? [] : [target]), ...allOf].map((part) =>
    resolved(document, part),
  );
  const parts = [...inherited, own];
  return {
    ...Object.assign({}, ...parts),
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
    required: parts.flatMap(({ required }) => required ?? []),
  };
}

export const nameOf = ($ref: string): string => $ref.replace('#/components/schemas/', '');

/** The body of an operation as JSON clients see it. */
export const bodySchema = (document: OpenApi, { object }: Operation): Schema =>
  resolved(document, object.requestBody?.content?.['application/json']?.schema ?? {});

/** Where a value is not what a schema says, for the part of JSON Schema that the document uses. */
export function* misfits(document: OpenApi, schema: Schema, value: unknown, path = ''): Generator<string> {
  const { type, anyOf, items = {}, ...object } = resolved(document, schema);
  const types = [type ?? []].flat();
  if (anyOf !== undefined) {
    const each = anyOf.map((choice) => [...misfits(document, choice, value, path)]);
    if (!each.some((found) => found.length === 0)) yield* each[0] ?? [];
  } else if (!types.includes(typeOf(value))) {
    yield `${path} is no ${types.join(' or ')}`;
  } else if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) yield* misfits(document, items, item, `${path}/${i}`);
  } else if (typeof value === 'object' && value !== null) {
    yield* misfitsOfMembers(document, object, value, path);
  }
}

function* misfitsOfMembers(
  document: OpenApi,
  schema: Schema,
  value: object,
  path: string,
): Generator<string> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const missing = required.filter((name) => !Object.hasOwn(value, name));
  yield* missing.map((name) => `${path}: ${name} is missing`);
  for (const [name, inner] of Object.entries(value)) {
    // A member may be named as something that every object inherits.
    const described = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (described !== undefined) yield* misfits(document, described, inner, `${path}/${name}`);
    else if (additionalProperties === undefined) yield `${path}: ${name} is not described`;
  }
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}
