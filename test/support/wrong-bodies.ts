/** A body that no operation takes, whatever its fields: what it is sent as, and what answers it. */
export type WrongBody = {
  what: string;
  /** Made anew for each request, since a stream can be read once. */
  body: () => BodyInit;
  contentType?: string;
  headers?: Record<string, string>;
  status: 400 | 413 | 415;
  /** The answer's `detail`, or the sentence under `non_field_errors`. */
  detail?: RegExp;
  nonField?: string;
};

export const MAX_BODY_BYTES = 256 * 1024;

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const bytes = (...parts: (string | number)[]): Uint8Array =>
  new Uint8Array(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...utf8(part)])));
const nested = (levels: number, open = '[', close = ']'): string =>
  open.repeat(levels) + close.repeat(levels);

const json = (what: string, body: string | Uint8Array, expected: Partial<WrongBody>): WrongBody => ({
  what,
  body: () => (typeof body === 'string' ? utf8(body) : body) as BodyInit,
  contentType: 'application/json',
  status: 400,
  ...expected,
});

const notObject = (body: string, type: string): WrongBody =>
  json(`JSON that is no object: ${body}`, body, {
    nonField: `Invalid data. Expected a dictionary, but got ${type}.`,
  });

const unparsable = (what: string, body: string | Uint8Array): WrongBody =>
  json(what, body, { detail: /^JSON parse error - / });

const CHUNK_BYTES = 16 * 1024;

/** Never comes to an end. */
const endless = (): ReadableStream =>
  new ReadableStream({
    type: 'bytes',
    pull: (controller) => controller.enqueue(utf8(' '.repeat(CHUNK_BYTES))),
  });

const stream = (size: number): ReadableStream =>
  new ReadableStream({
    type: 'bytes',
    start(controller) {
      for (let sent = 0; sent < size; sent += CHUNK_BYTES)
        controller.enqueue(utf8('x'.repeat(Math.min(CHUNK_BYTES, size - sent))));
      controller.close();
    },
  });

const tooLarge = (what: string, body: () => BodyInit, headers?: Record<string, string>): WrongBody => ({
  what,
  body,
  contentType: 'application/json',
  status: 413,
  detail: /larger than 262144 bytes/,
  ...(headers === undefined ? {} : { headers }),
});

const otherType = (contentType: string | undefined): WrongBody => ({
  what: `a body of type ${contentType ?? '(none)'}`,
  body: () => utf8('{}') as BodyInit,
  ...(contentType === undefined ? {} : { contentType }),
  status: 415,
  detail: /^Unsupported media type "[^"]*" in request\.$/,
});

const multipart = (what: string, contentType: string, body: string): WrongBody => ({
  what: `multipart ${what}`,
  body: () => utf8(body) as BodyInit,
  contentType,
  status: 400,
  detail: /^Multipart form parse error - /,
});

const PART = '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nvalue\r\n';

export const WRONG_BODIES: WrongBody[] = [
  notObject('[]', 'list'),
  notObject('[{"username":"x"}]', 'list'),
  notObject('"text"', 'str'),
  notObject('5', 'int'),
  notObject('true', 'bool'),
  json('JSON null', 'null', { nonField: 'No data provided' }),
  unparsable('a cut object', '{"name":'),
  unparsable('a cut string', '{"name":"x'),
  unparsable('blanks alone', '  \n'),
  unparsable('a word', 'hello'),
  unparsable('two objects', '{} {}'),
  unparsable('trailing garbage', '{}x'),
  unparsable('a trailing comma', '{"name":"x",}'),
  unparsable('single quotes', "{'name':'x'}"),
  unparsable('NaN', '{"name":NaN}'),
  unparsable('a comment', '{/* */}'),
  unparsable('a raw line break in a string', '{"name":"a\nb"}'),
  unparsable('a raw NUL in a string', '{"name":"a\0b"}'),
  unparsable('a byte order mark', bytes(0xef, 0xbb, 0xbf, '{}')),
  unparsable('bytes that are no UTF-8', bytes('{"name":"', 0xff, 0xfe, '"}')),
  unparsable('a surrogate written as UTF-8', bytes('{"name":"', 0xed, 0xa0, 0x80, '"}')),
  unparsable('UTF-16', bytes(0xff, 0xfe, '{', 0, '}', 0)),
  unparsable('101 levels', `{"custom_properties":${nested(100, '{"a":', '}').replace('}', '1}')}}`),
  unparsable('3,000 levels of lists', `{"custom_properties":{"a":${nested(3000)}}}`),
  unparsable('100,000 levels', nested(100_000)),
  unparsable('100,000 opening brackets', '['.repeat(100_000)),
  tooLarge('256 KB and one byte', () => utf8(`{"name":"${'x'.repeat(MAX_BODY_BYTES - 10)}"}`) as BodyInit),
  tooLarge('a stream of more than 256 KB', () => stream(MAX_BODY_BYTES + 1)),
  tooLarge('an endless stream', endless),
  tooLarge('a length header of more than 256 KB', () => utf8('{}') as BodyInit, {
    'Content-Length': '262145',
  }),
  tooLarge('more than 256 KB under a smaller length header', () => stream(MAX_BODY_BYTES + 1), {
    'Content-Length': '2',
  }),
  {
    ...tooLarge('more than 256 KB of a form', () => stream(MAX_BODY_BYTES + 1)),
    contentType: 'application/x-www-form-urlencoded',
  },
  {
    ...tooLarge('more than 256 KB of an unknown type', () => stream(MAX_BODY_BYTES + 1)),
    contentType: 'text/plain',
  },
  otherType('text/plain'),
  otherType('text/plain;charset=UTF-8'),
  otherType('application/vnd.api+json'),
  otherType('application/jsonx'),
  otherType('application/xml'),
  otherType(''),
  otherType(undefined),
  multipart('without a boundary', 'multipart/form-data', `${PART}--b--`),
  multipart('with another boundary', 'multipart/form-data; boundary=c', `${PART}--b--`),
  multipart('that is cut', 'multipart/form-data; boundary=b', PART.slice(0, -8)),
  multipart('of garbage', 'multipart/form-data; boundary=b', 'garbage'),
];
