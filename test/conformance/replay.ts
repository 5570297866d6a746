import { type Answer, answerTo, call, ORIGIN } from '../support/api.ts';
import { env } from '../support/env.ts';
import { compact, encoded, hmacKey } from '../support/tokens.ts';
import { envWithInterchange, nowInSeconds, SHARED_SECRET } from '../support/wire-tokens.ts';
import { type CraftedToken, longText, type Recorded, type Setup } from './recording.ts';
import { STATEMENTS, STEPS_BEFORE, type Step } from './steps.ts';

/** What earlier answers gave, by the names under which the recording mentions it. */
export type Kept = Map<string, unknown>;

/** Many recorded passwords are shorter than ours may be; tokens made by hand are signed with the shared secret. */
const bindings = { ...envWithInterchange(), PASSWORD_MIN_LENGTH: '1' };

/** Sends recorded requests in their order, each with what the answers before it gave. */
export function createReplay() {
  const kept: Kept = new Map();
  return {
    kept,
    async answerTo(line: Recorded): Promise<Answer> {
      for (const step of STEPS_BEFORE[line.n] ?? []) await take(step, kept);
      for (const step of line.setup ?? []) await prepare(step, kept);
      const answer = await answerTo(requestOf(line, kept), bindings);
      for (const [name, member] of Object.entries(line.save ?? {})) kept.set(name, answer.body?.[member]);
      if (line.save_id !== undefined) kept.set(line.save_id.var, answer.body?.[line.save_id.from]);
      return answer;
    },
  };
}

async function take(step: Step, kept: Kept): Promise<void> {
  if (typeof step === 'string') {
    await env.DB.exec(step);
    return;
  }
  const { as, method, path, body, status, keep = {} } = step;
  const caller = as === undefined ? {} : { token: String(kept.get(`${as}_access`)) };
  const answer = await call(method, filled(path, kept), { ...caller, body, env: bindings });
  if (answer.status !== status) throw new Error(`a step failed: ${method} ${path} ${answer.text}`);
  for (const [name, member] of Object.entries(keep)) kept.set(name, answer.body[member]);
}

/** Requests without an address came from the machine itself; the recorder gave others one in `X-Real-IP`. */
function requestOf({ method, path, request_headers = {}, request_body }: Recorded, kept: Kept): Request {
  const headers = new Headers({ 'CF-Connecting-IP': request_headers['X-Real-IP'] ?? '127.0.0.1' });
  for (const [name, value] of Object.entries(request_headers)) headers.set(name, filled(value, kept));
  return new Request(ORIGIN + filled(path, kept), {
    method,
    headers,
    ...(request_body === undefined ? {} : { body: bytesOf(request_body, kept) }),
  });
}

/** Bytes, since a text would be given a Content-Type that the recorded request did not have. */
const bytesOf = (body: string | { base64: string }, kept: Kept): Uint8Array =>
  typeof body === 'string'
    ? new TextEncoder().encode(filled(body, kept))
    : Uint8Array.from(atob(body.base64), (character) => character.charCodeAt(0));

const filled = (text: string, kept: Kept): string =>
  expanded(text).replaceAll(/\{\{(\w+)\}\}/g, (_, name) => String(kept.get(name)));

/** The last character of a long body's beginning goes on to its end. */
function expanded(text: string): string {
  const long = longText(text);
  if (long === null) return text;
  const end = '"}}';
  return long.beginning.padEnd(long.length - end.length, long.beginning.at(-1)) + end;
}

async function prepare(step: Setup, kept: Kept): Promise<void> {
  if ('craft_jwt' in step) {
    kept.set(step.craft_jwt, await craft(step, kept));
    return;
  }
  const statement = STATEMENTS[step.sql];
  if (statement === undefined) throw new Error(`what is that on our tables? ${step.sql}`);
  if (statement !== null) await env.DB.exec(statement);
}

async function craft({ claims, header, alg }: CraftedToken, kept: Kept): Promise<string> {
  const values = Object.entries(claims).map(([name, value]) => [name, claimOf(value, kept)]);
  const payload = Object.fromEntries(values);
  if (alg === 'none') return `${encoded(header)}.${encoded(payload)}.`;
  return compact(header, payload, await hmacKey(SHARED_SECRET, alg.replace('HS', 'SHA-')));
}

const RECORDED_HOUR_LATER = 1795571680;

/** `<now-11>` is a moment, `{{admin_id}}` an id as it was given. */
function claimOf(value: unknown, kept: Kept): unknown {
  const [, seconds] = /^<now([+-]\d+)>$/.exec(String(value)) ?? [];
  if (seconds !== undefined) return nowInSeconds() + Number(seconds);
  // The recording has the moment itself: an hour later.
  if (value === RECORDED_HOUR_LATER) return nowInSeconds() + 3600;
  const [, name] = /^\{\{(\w+)\}\}$/.exec(String(value)) ?? [];
  return name === undefined ? value : kept.get(name);
}
