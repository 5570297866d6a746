import { execFileSync } from 'node:child_process';
import { projectRoot } from '../../support/node/checkout.ts';

type Schema = {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  allOf?: Schema[];
  anyOf?: Schema[];
  description?: string;
};
type Contents = Record<string, { schema?: Schema }>;
type Operation = {
  operationId: string;
  summary: string;
  /** Empty where no credential is looked at. */
  security: object[];
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema; description?: string }[];
  requestBody?: { required?: boolean; content: Contents };
  responses: Record<string, { content?: Contents }>;
};
export type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

const HEAD = `// What the service takes and answers, made from its OpenAPI document: \`npm run client:types\` writes it anew.
`;
const JSON_TYPE = 'application/json';
/** What the client does by itself, and what is for the page of the service alone. */
const NOT_TYPED = ['createToken', 'login', 'logInPage', 'refreshPage', 'logOutPage', 'refreshToken'];

/** The types of the client's requests, as the linter formats them. */
export function clientTypesOf({ paths, components }: Document): string {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, { operationId }]) => !NOT_TYPED.includes(operationId))
      .map(([method, operation]) => typeOfOperation(method, path, operation)),
  );
  const types = new Map(Object.entries(components.schemas).map(([name, schema]) => [name, typeOf(schema)]));
  const used = namesIn(types, operations.join(''));
  const named = [...types]
    .filter(([name]) => used.has(name))
    .map(([name, type]) => `export type ${name} = ${type};\n`);
  const list = `/** By method and path; a path is one below \`/api/accounts/\` unless it begins with a slash. */
export type Operations = {\n${operations.join('')}};\n`;
  return formatted([HEAD, ...named, list].join('\n'));
}

/** The types that a text names, and those that they name. */
function namesIn(types: ReadonlyMap<string, string>, text: string, found = new Set<string>()): Set<string> {
  for (const [name, type] of types) {
    if (found.has(name) || !new RegExp(`\\b${name}\\b`).test(text)) continue;
    found.add(name);
    namesIn(types, type, found);
  }
  return found;
}

function typeOfOperation(method: string, path: string, operation: Operation): string {
  const { summary, parameters = [], requestBody, responses } = operation;
  const name = `${method.toUpperCase()} ${path.replace('/api/accounts/', '')}`;
  const query = parameters.filter((each) => each.in === 'query');
  const id = parameters.find((each) => each.in === 'path')?.schema ?? null;
  const body = requestBody?.content[JSON_TYPE]?.schema;
  const input = [
    ...(id === null ? [] : [`id: ${typeOf(id)};`]),
    ...(query.length === 0 ? [] : [`query?: {${query.map(parameterType).join('')}};`]),
    ...(body === undefined ? [] : [`body${requestBody?.required ? '' : '?'}: ${typeOf(body)};`]),
  ];
  const [success] = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const answer = success?.[1].content?.[JSON_TYPE]?.schema;
  return `/** ${summary}. */\n'${name}': { input: ${input.length === 0 ? 'object' : `{${input.join('')}}`};
    answer: ${answer === undefined ? 'undefined' : typeOf(answer)} };\n`;
}

const parameterType = ({ name, schema = {} }: { name: string; schema?: Schema }): string =>
  `${name}?: ${typeOf(schema)};`;

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return schema.$ref.replace('#/components/schemas/', '');
  if (schema.enum !== undefined) return schema.enum.map((each) => JSON.stringify(each)).join(' | ');
  if (schema.allOf !== undefined) return schema.allOf.map((each) => `(${typeOf(each)})`).join(' & ');
  if (schema.anyOf !== undefined) return schema.anyOf.map((each) => `(${typeOf(each)})`).join(' | ');
  return [schema.type ?? 'unknown']
    .flat()
    .map((type) => typeOfOne(type, schema))
    .join(' | ');
}

function typeOfOne(type: string, schema: Schema): string {
  if (type === 'integer') return 'number';
  if (type === 'array') return `(${typeOf(schema.items ?? {})})[]`;
  return type === 'object' ? objectType(schema) : type;
}

function objectType({ properties = {}, required = [], additionalProperties }: Schema): string {
  const members = Object.entries(properties).map(([name, schema]) => {
    const comment = schema.description === undefined ? '' : `/** ${schema.description} */\n`;
    return `${comment}${name}${required.includes(name) ? '' : '?'}: ${typeOf(schema)};\n`;
  });
  if (members.length > 0) return `{\n${members.join('')}}`;
  if (additionalProperties === undefined) return 'object';
  return `Record<string, ${typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown'}>`;
}

function formatted(text: string): string {
  const biome = `${projectRoot}node_modules/.bin/biome`;
  const args = ['check', '--write', '--stdin-file-path=src/sdk/operations.ts'];
  return execFileSync(biome, args, { cwd: projectRoot, input: text, encoding: 'utf8' });
}
