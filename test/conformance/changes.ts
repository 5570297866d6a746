import type { Json } from '../../src/core/json.ts';
import type { Expected } from './compare.ts';
import type { Recorded } from './recording.ts';

/** Makes of what the reference answered what we answer instead. */
export type Change = (expected: Expected, line: Recorded) => Expected;
export type Members = { [name: string]: Json };

export const answer =
  (status: number, body: Json, headers: Record<string, string> = {}): Change =>
  () => ({ status, headers: { 'Content-Type': 'application/json', ...headers }, body, tokens: [] });

export const invalid = (body: Members): Change => answer(400, body);
export const notFound = (detail = 'Not found.'): Change => answer(404, { detail });

export const unauthenticated = (body: Members): Change =>
  answer(401, body, { 'WWW-Authenticate': 'Bearer realm="api"' });

export const notAllowed =
  (allow: string): Change =>
  (expected, line) =>
    answer(405, { detail: `Method "${line.method}" not allowed.` }, { Allow: allow })(expected, line);

/** First set-up says it twice: some clients read `error`, others `detail`. */
export const setupError = (error: string, fields: Members = {}): Change =>
  invalid({ error, detail: error, ...fields });

export const notADictionary = (type: string): Change =>
  invalid({ non_field_errors: [`Invalid data. Expected a dictionary, but got ${type}.`] });

export const NO_DATA: Change = invalid({ non_field_errors: ['No data provided'] });
export const UNPARSABLE: Change = invalid({ detail: 'JSON parse error - <any text>' });
export const TOKENS: Change = answer(200, { access: '<jwt>', refresh: '<jwt>' });
export const NO_USER_BEHIND: Change = unauthenticated({
  detail: 'No active account found for the given token.',
  code: 'user_not_found',
});

const ANY_USER = {
  id: '<id>',
  username: '<text>',
  email: '<text>',
  first_name: '<text>',
  last_name: '<text>',
  user_level: '<integer>',
  is_staff: '<boolean>',
  is_superuser: '<boolean>',
  date_joined: '<datetime>',
  last_login: '<datetime or null>',
  api_key: null,
  custom_properties: '<object>',
  avatar_config: '<object>',
  channel_profiles: '<ids>',
  stream_limit: '<integer>',
};

/** A whole user, of whom these members are known. */
export const aUser = (members: Members): Members => ({ ...ANY_USER, ...members });

/** The recorded answer with some members of its body replaced. */
export const withMembers =
  (members: Members): Change =>
  (expected) => ({ ...expected, body: { ...(expected.body as Members), ...members } });

export const each = (numbers: readonly number[], change: Change): Record<number, Change> =>
  Object.fromEntries(numbers.map((n) => [n, change]));
