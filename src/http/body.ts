import { DomainError } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';

export const MAX_BODY_BYTES = 256 * 1024;
/** D1's JSON functions stop at about 1,000 levels; nothing real needs a tenth of it. */
export const MAX_JSON_DEPTH = 100;

export type Body =
  | { kind: 'json'; members: Record<string, unknown> }
  | { kind: 'form'; members: FormData | URLSearchParams };

/** What a client sent, not yet looked at; null when it is larger than `MAX_BODY_BYTES`. */
export type RawBody = Uint8Array<ArrayBuffer> | null;

/**
 * Waits for the whole body. The client decides how long that takes, so it comes before the check of its
 * credentials: a request that was held back is judged by what holds when it has arrived.
 * @throws DomainError `invalid` when the client breaks off.
 */
export async function bufferBody(request: Request): Promise<RawBody> {
  const declared = Number(request.headers.get('Content-Length') ?? Number.NaN);
  if (declared > MAX_BODY_BYTES) return null;
  if (request.body === null) return new Uint8Array();
  try {
    return await readAll(request.body, declared);
  } catch (cause) {
    throw new DomainError('invalid', 'The request body broke off.', { cause });
  }
}

/** As the Streams standard has it (section 4.5.3), whose `min` the runtime's types do not take. */
type ByteReader = {
  read(
    into: Uint8Array<ArrayBuffer>,
    options: { min: number },
  ): Promise<{ value?: Uint8Array<ArrayBuffer> | undefined }>;
  cancel(): Promise<void>;
};

/** What is read at once, at most: memory is taken for what has come, and not for what somebody says will come. */
const STEP_BYTES = 16 * 1024;

/**
 * The length header may be absent or, from another Worker, wrong, so the bytes are counted as they come. One more than
 * `declared` is asked for, so that a small body that is as long as it says is read at once: to iterate it took twice
 * the CPU.
 */
async function readAll(body: ReadableStream, declared: number): Promise<RawBody> {
  const reader = body.getReader({ mode: 'byob' }) as unknown as ByteReader;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let [size, step] = [0, declared >= 0 ? Math.min(Math.floor(declared) + 1, STEP_BYTES) : STEP_BYTES];
  for (;;) {
    const { value: chunk = new Uint8Array() } = await reader.read(new Uint8Array(step), { min: step });
    size += chunk.byteLength;
    chunks.push(chunk);
    if (size > MAX_BODY_BYTES) break;
    if (chunk.byteLength < step) return joined(chunks);
    step = STEP_BYTES;
  }
  await reader.cancel();
  return null;
}

const joined = async ([first = new Uint8Array(), ...more]: Uint8Array<ArrayBuffer>[]) =>
  more.length === 0 ? first : new Uint8Array(await new Blob([first, ...more]).arrayBuffer());

/**
 * Reads a body as JSON or form. An empty one counts as `{}` whatever its type.
 * @throws DomainError `too_large`, `unsupported_media_type`, `invalid`
 */
export async function parseBody(bytes: RawBody, contentType: string): Promise<Body> {
  if (bytes === null) throw tooLarge();
  if (bytes.byteLength === 0) return { kind: 'json', members: {} };
  switch (contentType.split(';', 1)[0]?.trim().toLowerCase()) {
    case 'application/json':
      return { kind: 'json', members: parseObject(decode(bytes)) };
    case 'application/x-www-form-urlencoded':
      return { kind: 'form', members: asUnicode(new URLSearchParams(decode(bytes))) };
    case 'multipart/form-data':
      return { kind: 'form', members: asUnicode(await parseMultipart(bytes, contentType)) };
    default: {
      const detail = `Unsupported media type "${contentType}" in request.`;
      throw new DomainError('unsupported_media_type', detail);
    }
  }
}

/**
 * Forms are decoded with a replacement character for what is no UTF-8, under which different passwords would
 * be one.
 */
function asUnicode<Form extends FormData | URLSearchParams>(form: Form): Form {
  for (const value of form.values()) {
    if (typeof value === 'string' && value.includes('\ufffd')) {
      throw new DomainError('invalid', 'Form parse error - the body is not UTF-8');
    }
  }
  return form;
}

const tooLarge = (): DomainError =>
  new DomainError('too_large', `The request body is larger than ${MAX_BODY_BYTES} bytes.`);

const parseError = (reason: string): DomainError =>
  new DomainError('invalid', `JSON parse error - ${reason}`);

/** Keeps a byte order mark, which JSON does not allow (RFC 8259 section 8.1). */
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes);
  } catch {
    throw parseError('the body is not UTF-8');
  }
}

function parseObject(text: string): Record<string, unknown> {
  const value = parseJson(text);
  if (isJsonObject(value)) return value;
  const sentence =
    value === null
      ? 'No data provided'
      : `Invalid data. Expected a dictionary, but got ${pythonTypeOf(value)}.`;
  throw new DomainError('invalid', sentence, { fields: { non_field_errors: [sentence] } });
}

/** @throws DomainError `invalid` for what is no JSON or nested too deep. */
export function parseJson(text: string): unknown {
  if (depthOf(text) > MAX_JSON_DEPTH) throw parseError(`nested deeper than ${MAX_JSON_DEPTH} levels`);
  try {
    return JSON.parse(text);
  } catch {
    throw parseError('the body is not valid JSON');
  }
}

/** Deepest level of brackets outside strings, in one pass: neither recursion nor a pattern that backtracks. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inString && character === '\\') i++;
    else if (character === '"') inString = !inString;
    else if (!inString && (character === '{' || character === '[')) deepest = Math.max(deepest, ++depth);
    else if (!inString && (character === '}' || character === ']')) depth--;
  }
  return deepest;
}

async function parseMultipart(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<FormData> {
  try {
    return await new Response(bytes, { headers: { 'Content-Type': contentType } }).formData();
  } catch {
    throw new DomainError('invalid', 'Multipart form parse error - the body does not fit its Content-Type.');
  }
}

/** The names that clients of the reference see in its sentences. */
export function pythonTypeOf(value: unknown): string {
  if (value === null) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return 'dict';
}
