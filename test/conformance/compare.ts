import { isJsonObject, type Json } from '../../src/core/json.ts';
import { PERMISSIONS } from '../../src/core/permissions.ts';
import type { Answer } from '../support/api.ts';
import { claimsOf } from '../support/wire-tokens.ts';
import { longText, type Recorded, type RecordedToken } from './recording.ts';
import type { Kept } from './replay.ts';

/** What an answer has to be; `body` is undefined where there must be none. */
export type Expected = {
  status: number;
  headers: Record<string, string>;
  body: Json | undefined;
  /** Of the tokens in the body. */
  tokens: readonly RecordedToken[];
};

/** What the recording says. `Allow` is on each of its answers, but matters where a method is what was wrong. */
export function expectedOf({ method, status, headers = {}, body, body_text, jwt = [] }: Recorded): Expected {
  const { Allow: allow, ...others } = headers;
  const isAboutMethods = allow !== undefined && (status === 405 || method === 'OPTIONS');
  return {
    status,
    headers: isAboutMethods ? { ...others, Allow: allow } : others,
    body: method === 'HEAD' ? undefined : (body ?? body_text),
    tokens: jwt,
  };
}

/** Where the answer is not what was expected; empty when it is. */
export function mismatches(expected: Expected, answer: Answer, kept: Kept): string[] {
  const shown = answer.text === '' ? undefined : (answer.body ?? answer.text);
  return [
    ...(answer.status === expected.status ? [] : [`status ${answer.status} instead of ${expected.status}`]),
    ...inHeaders(expected.headers, answer.headers),
    ...inValue('body', expected.body, shown, kept),
    ...expected.tokens.flatMap((token) => inToken(token, answer.body)),
  ];
}

/** Headers that clients read, with those that an answer must not have. */
const COMPARED = ['Content-Type', 'WWW-Authenticate', 'Allow', 'Retry-After', 'Access-Control-Allow-Origin'];

function inHeaders(expected: Record<string, string>, found: Headers): string[] {
  return COMPARED.flatMap((name) => {
    const [wanted, got] = [expected[name] ?? null, found.get(name)];
    if (name === 'Allow' && wanted === null) return [];
    const isSame = name === 'Allow' ? setOf(wanted) === setOf(got) : matches(wanted, got);
    return isSame ? [] : [`${name}: ${got} instead of ${wanted}`];
  });
}

const setOf = (list: string | null): string => (list ?? '').split(', ').sort().join();

function inValue(path: string, expected: Json | undefined, found: unknown, kept: Kept): string[] {
  if (isJsonObject(expected) && isJsonObject(found)) {
    const names = new Set([...Object.keys(expected), ...Object.keys(found)]);
    return [...names].flatMap((name) => inValue(`${path}.${name}`, expected[name], found[name], kept));
  }
  if (Array.isArray(expected) && Array.isArray(found) && expected.length === found.length) {
    return expected.flatMap((item, i) => inValue(`${path}[${i}]`, item, found[i], kept));
  }
  if (isSame(expected, found, kept)) return [];
  return [`${path}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`];
}

function isSame(expected: Json | undefined, found: unknown, kept: Kept): boolean {
  if (typeof expected !== 'string') return matches(expected, found);
  const long = longText(expected);
  if (long !== null) {
    return typeof found === 'string' && found.length === long.length && found.startsWith(long.beginning);
  }
  const [, named] = /^<id:(\w+)>$/.exec(expected) ?? [];
  if (named !== undefined) return Number.isInteger(found) && found === (kept.get(`${named}_id`) ?? found);
  return KINDS[expected]?.(found) ?? matches(expected, found);
}

/** What stands for any value of its kind. `<id:admin>` is the id that was kept under that name. */
const KINDS: Record<string, (found: unknown) => boolean> = {
  '<id>': Number.isInteger,
  '<integer>': Number.isInteger,
  '<boolean>': (found) => typeof found === 'boolean',
  '<text>': (found) => typeof found === 'string',
  '<object>': isJsonObject,
  '<keys>': (found) => Array.isArray(found) && found.every(isKey),
  '<permissions>': (found) =>
    Array.isArray(found) && found.every((one) => PERMISSIONS.some(({ codename }) => codename === one)),
  '<ids>': (found) => Array.isArray(found) && found.every(Number.isInteger),
  '<datetime or null>': (found) => found === null || matches('<datetime>', found),
  '<preview or null>': (found) => found === null || matches('<preview>', found),
};

const KEY_MEMBERS = 'created_at,id,key_preview,last_used_at,name,user_id,username';
const isKey = (value: unknown): boolean =>
  isJsonObject(value) && Object.keys(value).sort().join() === KEY_MEMBERS;

/** What stands in a text for anything of its form. */
const FORMS: Record<string, string> = {
  '<jwt>': '[\\w-]+\\.[\\w-]+\\.[\\w-]+',
  '<key>': 'dsp_[0-9A-Za-z]{49}',
  '<preview>': 'dsp_[0-9A-Za-z]{4}\\.{3}[0-9A-Za-z]{4}',
  '<datetime>': '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z',
  '<n>': '\\d+',
  '<any text>': '.+',
};

/** Equal but for forms in a text. */
function matches(expected: unknown, found: unknown): boolean {
  if (typeof expected !== 'string' || typeof found !== 'string') {
    return JSON.stringify(expected) === JSON.stringify(found);
  }
  const parts = expected.split(/(<[a-z ]+>)/).map((part) => FORMS[part] ?? RegExp.escape(part));
  return new RegExp(`^${parts.join('')}$`, 's').test(found);
}

/** What the reference requires of a token: its claims and for how long it is good. */
function inToken({ claims, exp_minus_iat: lifetime }: RecordedToken, body: Record<string, string>): string[] {
  const name = claims['token_type'] ?? '';
  const token = body[name];
  if (token === undefined) return [`no ${name} token`];
  const { token_type, exp, iat, jti, user_id } = claimsOf(token);
  const wanted = { token_type: name, lifetime, jti: 32, user_id: claims['user_id'] };
  const id = `<${typeof user_id === 'string' ? 'str' : typeof user_id} id>`;
  const got = { token_type, lifetime: exp - iat, jti: jti?.length, user_id: id };
  return matches(wanted, got) ? [] : [`${name} token: ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`];
}
