import * as z from 'zod/mini';
import { isJsonObject, type JsonObject, leavesOf } from '../core/json.ts';
import { MAX_PASSWORD_BYTES } from '../core/passwords.ts';
import { utf8 } from '../core/secrets.ts';
import { parseJson, pythonTypeOf } from './body.ts';
import { type Documentation, documentation, lazily } from './documentation.ts';

/** Returns the value, or notes sentences in `problems`, in which case what it returns is not used. */
type Reader<T> = (value: NonNullable<unknown>, problems: string[]) => T;

/** Fields whose form is not the last text: a repeated name gives a list or is refused, an object is JSON text. */
const formKinds = new WeakMap<z.core.$ZodType, 'list' | 'once' | 'json'>();

/** A field in the words of Django REST Framework, which existing clients show to people. */
function field<T>(shown: Documentation, read: Reader<T>) {
  return readingWith((value, problems): T | undefined => {
    if (value === undefined) problems.push('This field is required.');
    if (value === null) problems.push('This field may not be null.');
    return value === undefined || value === null ? undefined : read(value, problems);
  }).register(documentation, shown);
}

/** Without a problem there is a value, which may be undefined only where its type says so. */
const readingWith = <T>(read: (value: unknown, problems: string[]) => T | undefined) =>
  z.pipe(
    z.unknown(),
    z.transform((value, context): T => {
      const problems: string[] = [];
      const result = read(value, problems);
      for (const message of problems) context.issues.push({ code: 'custom', message, input: value });
      return problems.length > 0 || result === undefined ? z.NEVER : result;
    }),
  );

/** Whatever the client sent; the rule that uses it judges it. */
export const anything = (shown: Documentation) => z.unknown().register(documentation, shown);

type TextOptions = {
  max: number;
  example: string;
  description?: string;
  blank?: boolean;
  /** A sentence for a value that must not be, or nothing. */
  refuse?: (value: string) => string | undefined;
};

/** A trimmed text; numbers become text, as they do in the reference. */
export function text({ max, example, description, blank = false, refuse }: TextOptions) {
  const bounds = {
    ...(Number.isFinite(max) ? { maxLength: max } : {}),
    ...(blank ? {} : { minLength: 1 }),
    ...(description ? { description } : {}),
  };
  return field({ type: 'string', example, ...bounds }, (value, problems) => {
    const trimmed = asText(value, problems).trim();
    if (problems.length > 0) return trimmed;
    if (trimmed === '' && !blank) problems.push('This field may not be blank.');
    const tooLong = [...trimmed].length > max;
    // A pattern sees no text beyond the limit: no length makes it backtrack for long.
    const refused = trimmed === '' || tooLong ? undefined : refuse?.(trimmed);
    if (refused !== undefined) problems.push(refused);
    if (tooLong) problems.push(`Ensure this field has no more than ${max} characters.`);
    problems.push(...forbiddenCharacters(trimmed));
    return trimmed;
  });
}

/** A password as the exact text given: never trimmed, never normalised. */
export const password = (description: string) =>
  field(
    { type: 'string', format: 'password', minLength: 1, example: 'correct horse battery', description },
    (value, problems) => {
      const exact = asText(value, problems);
      if (problems.length > 0) return exact;
      if (exact === '') problems.push('This field may not be blank.');
      if (utf8(exact).byteLength > MAX_PASSWORD_BYTES) {
        problems.push(`Ensure this field has no more than ${MAX_PASSWORD_BYTES} bytes.`);
      }
      problems.push(...forbiddenCharacters(exact));
      return exact;
    },
  );

/** A token; any length that the body allows, since a wrong one is refused with 401 and not 400. */
export const token = (description: string) =>
  text({ max: Number.POSITIVE_INFINITY, example: 'eyJhbGciOiJFUzI1NiJ9...', description });

/**
 * A token or key of any kind, of which it is asked whether it is good: a text that can be none is one that is not,
 * and no fault of the request. Given twice it is one (RFC 6749 section 3.2): others along the way may see the first.
 */
export function anyToken(description: string) {
  const documentation = { minLength: 1, example: 'eyJhbGciOiJFUzI1NiJ9...', description };
  const schema = field({ type: 'string', ...documentation }, (value, problems) => {
    const trimmed = asText(value, problems).trim();
    if (problems.length === 0 && trimmed === '') problems.push('This field may not be blank.');
    return trimmed;
  });
  formKinds.set(schema, 'once');
  return schema;
}

/** RFC 7662 section 2.1, RFC 7009 section 2.1: a help for the search, which needs none here. */
export const typeHint = lazily(() =>
  z.optional(anything({ type: 'string', example: 'access_token', description: 'Ignored.' })),
);

const INT32_MAX = 2 ** 31 - 1;

/** A whole number within 32 bits, also as text: `3`, `"3"`, `" 3 "`, `3.0`. */
export const integer = (example: number, description: string) =>
  field({ type: 'integer', format: 'int32', example, description }, (value, problems) => {
    const number = toInteger(value);
    if (number === undefined) problems.push('A valid integer is required.');
    else problems.push(...outOfRange(number));
    return number ?? 0;
  });

function outOfRange(value: number): string[] {
  if (value > INT32_MAX) return [`Ensure this value is less than or equal to ${INT32_MAX}.`];
  if (value < -INT32_MAX - 1) return [`Ensure this value is greater than or equal to ${-INT32_MAX - 1}.`];
  return [];
}

function toInteger(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined;
  if (typeof value !== 'string' || !/^\s*[-+]?\d{1,1000}(\.0*)?\s*$/.test(value)) return undefined;
  return Number(value);
}

const TRUE = new Set<unknown>([true, 1, 't', 'y', 'yes', 'true', 'on', '1']);
const FALSE = new Set<unknown>([false, 0, 'f', 'n', 'no', 'false', 'off', '0']);

export const boolean = (example: boolean, description: string) =>
  field({ type: 'boolean', example, description }, (value, problems) => {
    const plain = typeof value === 'string' ? value.trim().toLowerCase() : value;
    if (!TRUE.has(plain) && !FALSE.has(plain)) problems.push('Must be a valid boolean.');
    return TRUE.has(plain);
  });

/** A JSON object, kept as it is. `null` counts as an empty one. */
export function jsonObject(name: string, example: JsonObject, description: string) {
  const schema = readingWith((value, problems): JsonObject | undefined => {
    if (value === null) return {};
    problems.push(...(value === undefined ? ['This field is required.'] : problemsOfObject(value, name)));
    return isJsonObject(value) ? value : undefined;
  }).register(documentation, { type: 'object', additionalProperties: {}, example, description });
  formKinds.set(schema, 'json');
  return schema;
}

const MAX_IDS = 1000;

/** A list of ids, returned sorted and without repetitions. */
export function idList(example: number[], description: string) {
  const items = { items: { type: 'integer' }, maxItems: MAX_IDS } as const;
  const shown = { type: 'array', ...items, example, description } as const;
  const schema = field(shown, (value, problems) => {
    if (!Array.isArray(value)) {
      problems.push(`Expected a list of items but got type "${pythonTypeOf(value)}".`);
      return [];
    }
    if (value.length > MAX_IDS) {
      problems.push(`Ensure this field has no more than ${MAX_IDS} elements.`);
      return [];
    }
    const ids: number[] = [];
    for (const item of value) {
      const problem = problemOfId(item);
      if (problem !== undefined) {
        problems.push(problem);
        break;
      }
      ids.push(Number(item));
    }
    return [...new Set(ids)].sort((a, b) => a - b);
  });
  formKinds.set(schema, 'list');
  return schema;
}

/** Some of a closed list, in a query by repeating the name. */
export function choices<Choice extends string>(all: readonly Choice[], example: Choice, description: string) {
  const items = { type: 'string' as const, enum: [...all] };
  const schema = field({ type: 'array', items, example: [example], description }, (value, problems) => {
    const chosen = Array.isArray(value) ? value : [value];
    for (const each of chosen) if (!all.includes(each)) problems.push(`"${each}" is not a valid choice.`);
    return all.filter((choice) => chosen.includes(choice));
  });
  formKinds.set(schema, 'list');
  return schema;
}

/** The members of a form that a schema knows, each as the field's kind wants it. */
export function formMembers(
  schema: z.ZodMiniObject,
  form: FormData | URLSearchParams,
): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const [name, wrapped] of Object.entries(schema.shape)) {
    const values = form.getAll(name);
    const isOptional = wrapped instanceof z.ZodMiniOptional;
    const kind = formKinds.get(isOptional ? wrapped.def.innerType : wrapped);
    // A form has no way to write an empty list, so a required one that is absent is empty.
    if (values.length === 0 && (isOptional || kind !== 'list')) continue;
    const last = values.at(-1);
    const isList = kind === 'list' || (kind === 'once' && values.length > 1);
    members[name] = isList ? values : kind === 'json' ? fromJsonText(last) : last;
  }
  return members;
}

/** Text that is no JSON, or nested too deep, stays text, which the field then refuses by its name. */
function fromJsonText(value: unknown): unknown {
  try {
    return typeof value === 'string' ? parseJson(value) : value;
  } catch {
    return value;
  }
}

function asText(value: unknown, problems: string[]): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  problems.push('Not a valid string.');
  return '';
}

/** NUL ends texts in C code along the way; a lone surrogate has no UTF-8, so it would be stored as another. */
function forbiddenCharacters(value: string): string[] {
  const problems = value.includes('\0') ? ['Null characters are not allowed.'] : [];
  const [surrogate] =
    /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.exec(value) ?? [];
  if (surrogate === undefined) return problems;
  const codePoint = surrogate.charCodeAt(0).toString(16).toUpperCase();
  return [...problems, `Surrogate characters are not allowed: U+${codePoint}.`];
}

/** `1e999` is valid JSON, but becomes infinite when read and null, which deletes, when written. */
const forbiddenNumbers = (value: number): string[] =>
  Number.isFinite(value) ? [] : ['Numbers must be within the range of a double.'];

function problemsOfObject(value: unknown, name: string): string[] {
  if (!isJsonObject(value)) return [`${name} must be a dictionary`];
  for (const leaf of leavesOf(value)) {
    const problems = typeof leaf === 'string' ? forbiddenCharacters(leaf) : forbiddenNumbers(leaf);
    if (problems.length > 0) return problems;
  }
  return [];
}

function problemOfId(item: unknown): string | undefined {
  const id = toInteger(item);
  if (id === undefined) {
    return `Incorrect type. Expected pk value, received ${pythonTypeOf(item)}.`;
  }
  return id < 1 || id > INT32_MAX ? `Invalid pk "${id}" - object does not exist.` : undefined;
}
