import type { Answer } from '../support/api.ts';
import { misfits, type OpenApi, type Operation } from '../support/openapi.ts';

/** What is wrong with an answer, whatever was asked. */
export function* faultsOf({ status, headers, text, body }: Answer, method: string): Generator<string> {
  if (status >= 500) yield `it failed with ${status}`;
  if (headers.get('X-Request-Id') === null) yield 'it has no request id';
  if (headers.get('X-Content-Type-Options') !== 'nosniff') yield 'its type may be guessed';
  if (/\$pbkdf2|\n {4}at |SQLITE|D1_ERROR|drizzle/.test(text)) yield 'it tells what is inside';
  if (status === 401 && headers.get('WWW-Authenticate') === null) yield 'it has no challenge';
  if (status === 405 && headers.get('Allow') === null) yield 'it does not say what is allowed';
  if (status < 400) return;
  if (!/^application\/json/.test(headers.get('Content-Type') ?? '')) yield 'it is an error that is no JSON';
  if (method !== 'HEAD' && !isError(body)) yield 'it has no error’s shape';
}

/** What is wrong with the answer of an operation: all that, and what the document does not say. */
export function* faultsOfOperation(
  document: OpenApi,
  operation: Operation,
  answer: Answer,
): Generator<string> {
  yield* faultsOf(answer, operation.method);
  const { status, text, body } = answer;
  const documented = operation.object.responses?.[status];
  if (documented === undefined) yield `${status} is not documented`;
  const schema = documented?.content?.['application/json']?.schema;
  if (schema !== undefined) yield* misfits(document, schema, body);
  else if (text !== '') yield 'it has a body, where the document has none';
  const isSetup = operation.path.includes('initialize-superuser');
  if (isSetup && status >= 400 && !isSentence(body?.error)) yield 'it has no `error`';
}

const isSentence = (value: unknown): boolean => typeof value === 'string' && /\S/.test(value);

const areSentences = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(isSentence);

/** `{detail}` or `{field: [sentences]}`, as clients read them, beside the code that clients of OAuth read. */
function isError(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false;
  if ('detail' in body && !Array.isArray(body.detail)) return isSentence(body.detail);
  const { error, ...fields }: { error?: unknown } = body;
  if (error !== undefined && error !== 'invalid_request') return false;
  const sentences = Object.values(fields);
  return sentences.length > 0 && sentences.every(areSentences);
}
