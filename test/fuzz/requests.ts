import fc from 'fast-check';
import { type Call, requestOf } from '../support/api.ts';
import { formFields, multipart, urlencoded } from '../support/forms.ts';
import type { Operation } from '../support/openapi.ts';
import { FROM_PAGE } from '../support/page-logins.ts';
import { anyText, type Body, bodyOf, ODD_NAMES } from './bodies.ts';
import { CALLERS, type Caller, type Cast, credentialsOf, withSecrets } from './cast.ts';

/** A request as it is written down, so that a failure can be read and sent again. */
export type Sketch = {
  by: Caller;
  method: string;
  path: string;
  query: string;
  headers: Record<string, string>;
  body: Body | null;
};

/** Half a pair of surrogates has no UTF-8, so it comes as the replacement character that a URL holds for it. */
const escaped = anyText.map((text) => encodeURIComponent(text.toWellFormed().slice(0, 200)));

const ODD_IDS = [
  '-1',
  '01',
  '1.0',
  '1e0',
  '%31',
  '%00',
  '%2F',
  '%',
  '%zz',
  '%ff',
  '9'.repeat(15),
  '9'.repeat(16),
  '1;x',
  '1,2',
];
/** No text that makes it the path of another operation. */
const id = fc
  .oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 4 }).map(String) },
    { weight: 1, arbitrary: fc.constantFrom(...ODD_IDS) },
    { weight: 1, arbitrary: escaped },
  )
  .filter((text) => !/^((\.|%2e){0,2}|me|generate|revoke)$/i.test(text));

const anyNumber = fc.oneof(
  fc.integer({ min: -1, max: 60 }).map(String),
  fc.constantFrom('', '1e3', '0x1', '9'.repeat(9), '9'.repeat(30)),
);
const parameter = fc.tuple(
  fc.oneof(
    fc.constantFrom('page', 'page_size', 'search', 'user_id', 'page'),
    fc.constantFrom(...ODD_NAMES).map(encodeURIComponent),
  ),
  fc.oneof(
    { weight: 2, arbitrary: anyNumber },
    { weight: 1, arbitrary: escaped },
    { weight: 1, arbitrary: fc.constantFrom('u', 'admin', '%', '%ff') },
  ),
);
const someQuery = fc
  .array(parameter, { minLength: 1, maxLength: 3 })
  .map((pairs) => `?${pairs.map((pair) => pair.join('=')).join('&')}`);
const query = fc.oneof({ weight: 2, arbitrary: fc.constant('') }, { weight: 1, arbitrary: someQuery });

/** Few are of no ASCII, since the platform prints a warning for each. */
const headerText = fc.oneof(
  { weight: 200, arbitrary: fc.string({ maxLength: 30 }) },
  { weight: 20, arbitrary: fc.constantFrom('', ',', 'a.b.c', 'null', '\x01', '\x7f', 'x'.repeat(8000)) },
  { weight: 1, arbitrary: fc.constantFrom('é', '\xff\xfe', '☃', 'aé') },
);
const scheme = fc.constantFrom('Bearer ', 'ApiKey ', 'bearer\t', 'Basic ', 'Bearer', '');
const credential = fc.oneof(
  fc.tuple(scheme, headerText).map(([before, text]) => before + text),
  fc.constantFrom('Bearer <access>', 'Bearer <access> x', 'ApiKey <key>', 'Bearer <refresh>', 'Bearer <key>'),
);
const HEADERS = {
  Authorization: credential,
  'X-API-Key': fc.oneof(headerText, fc.constantFrom('<key>', ' <key>', '<access>', '<key>, <key>')),
  'CF-Connecting-IP': fc.oneof(
    fc.constantFrom('127.0.0.1', '::1', '::ffff:10.0.0.1', '203.0.113.9', '10.0.0', '::'),
    headerText,
  ),
  'X-Forwarded-For': fc.constantFrom('127.0.0.1', ''),
  'Content-Length': fc.constantFrom('-1', '0', '1e9', '262145', 'x', ''),
  'Content-Encoding': fc.constantFrom('gzip', 'identity', 'x'),
  'User-Agent': headerText,
  Origin: fc.oneof(fc.constantFrom('null', 'http://localhost:8787', 'https://evil.example'), headerText),
  'Sec-Fetch-Site': fc.constantFrom('cross-site', 'same-origin', 'none', ''),
  Accept: fc.constantFrom('text/html', '*/*;q=0', ''),
  Range: fc.constantFrom('bytes=0-1', 'x'),
};
const keptLogin = fc.oneof(
  fc.constantFrom(
    'refresh=<refresh>',
    'refresh=<access>',
    'refresh=<refresh>; refresh=<refresh>',
    'refresh=',
  ),
  headerText.map((text) => `refresh=${text}`),
  headerText,
);
/** As our own page asks, which gets further than anyone with the paths that take a cookie. */
const ofOurPage = keptLogin.map((Cookie) => ({ ...FROM_PAGE, Cookie }));
const headers = fc.oneof(
  { weight: 2, arbitrary: ofOurPage },
  { weight: 3, arbitrary: fc.constant({}) },
  ...Object.entries(HEADERS).map(([name, value]) => ({ weight: 1, arbitrary: fc.record({ [name]: value }) })),
  { weight: 1, arbitrary: fc.record(HEADERS, { requiredKeys: [] }) },
) as fc.Arbitrary<Record<string, string>>;

const by = fc.oneof(fc.constant<Caller>('admin by token'), fc.constantFrom<Caller[]>(...CALLERS));

/** Any request of one operation. */
export const requestsOf = (operation: Operation): fc.Arbitrary<Sketch> =>
  fc.record({
    by,
    method: fc.constant(operation.method),
    path: operation.hasId
      ? id.map((text) => operation.path.replace('{id}', text))
      : fc.constant(operation.path),
    query: (operation.object.parameters ?? []).some((one) => one.in === 'query') ? someQuery : query,
    headers,
    body: operation.method === 'GET' ? fc.constant(null) : bodyOf(operation.id),
  });

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'LOCK'];
const SEGMENTS = [
  'api',
  'accounts',
  'users',
  'me',
  'token',
  'groups',
  'api-keys',
  'schema',
  'swagger',
  'health',
  'auth',
  '1',
];
const ODD_SEGMENTS = [
  '',
  '.',
  '..',
  '%2e%2e',
  '%2F',
  '%00',
  '%',
  '%ff',
  '*',
  ':id',
  '{id}',
  '~',
  'é',
  'x'.repeat(5000),
  '__proto__',
];
const segment = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...SEGMENTS) },
  { weight: 2, arbitrary: fc.constantFrom(...ODD_SEGMENTS) },
  { weight: 1, arbitrary: escaped },
);
const segments = fc.tuple(
  fc.array(segment, { maxLength: 6 }),
  fc.constantFrom('', '/'),
  fc.constantFrom('/', '/api/accounts/'),
);

/** Any method on any path: those that are served, their neighbours, and others. */
export const requestsAnywhere = (operations: readonly Operation[]): fc.Arbitrary<Sketch> =>
  fc.record({
    by,
    method: fc.constantFrom(...METHODS),
    path: fc.oneof(
      segments.map(([parts, end, start]) => start + parts.join('/') + end),
      fc.tuple(fc.constantFrom(...operations), id).map(([{ path }, text]) => path.replace('{id}', text)),
    ),
    query,
    headers,
    body: fc.constant(null),
  });

/** The request itself, with the secrets that the sketch only names. */
export async function requestFrom(cast: Cast, sketch: Sketch): Promise<Request> {
  const { contentType, bytes } = await encodedBody(cast, sketch.body);
  const named = Object.entries(sketch.headers).map(([name, value]) => [name, withSecrets(cast, value)]);
  const headers = {
    // Cloudflare tells it of every request.
    'CF-Connecting-IP': '127.0.0.1',
    ...(contentType === undefined ? {} : { 'Content-Type': contentType }),
    ...Object.fromEntries(named),
  };
  const call: Call = {
    ...credentialsOf(cast, sketch.by),
    headers,
    ...(bytes === undefined ? {} : { body: bytes }),
  };
  // Without its host: what begins with two slashes is a path here too.
  const request = requestOf(sketch.method, '/api/', call);
  return new Request(new URL(request.url).origin + sketch.path + sketch.query, request);
}

async function encodedBody(
  cast: Cast,
  body: Body | null,
): Promise<{ contentType?: string; bytes?: Uint8Array }> {
  if (body === null) return {};
  const { contentType, bytes } = await encoded(cast, body);
  return { contentType: body.contentType ?? contentType, bytes };
}

async function encoded(cast: Cast, body: Body): Promise<{ contentType: string; bytes: Uint8Array }> {
  if (body.as === 'bytes') return { contentType: '', bytes: body.bytes };
  const utf8 = (text: string) => new TextEncoder().encode(withSecrets(cast, text));
  if (body.as === 'text') return { contentType: '', bytes: utf8(body.text) };
  if (body.as === 'json')
    return { contentType: 'application/json', bytes: utf8(JSON.stringify(body.members)) };
  const fields = formFields(body.members).map(([name, value]): [string, string] => [
    name,
    withSecrets(cast, String(value)),
  ]);
  // The platform's own writer of such forms refuses to write a name that ends with a backslash.
  const writable = fields.map(([name, value]): [string, string] => [name.replace(/\\$/, '/'), value]);
  const form = await (body.as === 'multipart' ? multipart(writable) : urlencoded(fields));
  return { contentType: form.contentType, bytes: form.body };
}
