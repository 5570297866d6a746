import { PERMISSIONS } from '../../src/core/permissions.ts';
import {
  answer,
  aUser,
  type Change,
  each,
  invalid,
  type Members,
  NO_DATA,
  NO_USER_BEHIND,
  notADictionary,
  notAllowed,
  notFound,
  setupError,
  TOKENS,
  UNPARSABLE,
  unauthenticated,
  withMembers,
} from './changes.ts';

/** Something that we answer otherwise than the reference, on purpose: to these requests, by their numbers. */
export type Difference = { why: string; lines: Record<number, Change> };

/** Not sent: Workers have no such method, and answer it with 501 before any code of ours. */
export const UNKNOWN_METHOD = 119;

const REQUIRED = ['This field is required.'];
const ALLOW_USERS = 'GET, POST, HEAD, OPTIONS';
const ALLOW_ME = 'GET, PATCH, HEAD, OPTIONS';

const aUserNamed = (username: string): Members => aUser({ username });
const LISTED = ['admin', 'standard1', 'streamer1', 'inactive1', 'all.fields@x-y_z'].map(aUserNamed);
const LISTED_LATER = ['admin', 'standard1', 'streamer1', 'inactive1', 'all.fields'].map(aUserNamed);

export const DIFFERENCES: Difference[] = [
  {
    why: 'What the reference crashes on is the client’s mistake: 400, 401 or 404, as JSON.',
    lines: {
      10: setupError('Username and password are required.', { username: REQUIRED, password: REQUIRED }),
      11: setupError('JSON parse error - <any text>'),
      13: setupError('No data provided', { non_field_errors: ['No data provided'] }),
      25: setupError('Enter a valid email address.', { email: ['Enter a valid email address.'] }),
      27: setupError('JSON parse error - <any text>'),
      ...each([105, 238, 422], notADictionary('list')),
      ...each([106, 424], notADictionary('str')),
      107: notADictionary('int'),
      ...each([108, 423], NO_DATA),
      ...each([220, 221, 223], NO_USER_BEHIND),
      279: unauthenticated({ detail: 'Authentication credentials were not provided.' }),
      291: unauthenticated({ detail: 'User not found', code: 'user_not_found' }),
      476: invalid({ password: REQUIRED }),
      586: invalid({ username: REQUIRED, password: REQUIRED }),
      616: notFound(),
    },
  },
  {
    why: 'Under /api/ everything is JSON, whatever is asked for; a format in the path or query is not known.',
    lines: {
      53: invalid({ username: REQUIRED, password: REQUIRED }),
      350: unauthenticated({ detail: 'Authentication credentials were not provided.' }),
      ...each([351, 357], answer(200, aUser({ username: 'standard1' }))),
      359: notFound(),
      124: notFound(),
    },
  },
  {
    why: 'A path means the same without its trailing slash.',
    lines: {
      28: answer(200, { superuser_exists: false, client_ip: '127.0.0.1', setup_allowed: true }),
      29: answer(200, { superuser_exists: true }),
      ...each([120, 121], notAllowed('POST, OPTIONS')),
      229: unauthenticated({ detail: 'Token is invalid', code: 'token_not_valid' }),
      248: TOKENS,
      348: answer(200, aUser({ username: 'standard1' })),
      588: answer(201, aUser({ username: 'z' })),
      599: answer(200, LISTED),
      695: answer(200, { key: null }),
      736: answer(201, { key: '<key>', user: aUser({ username: 'standard1' }) }),
    },
  },
  {
    why: 'OPTIONS is answered to anyone: 204 and Allow. HEAD is allowed wherever GET is.',
    lines: {
      ...each([118, 227, 699], options('POST, OPTIONS')),
      ...each([337, 338, 339], options(ALLOW_ME)),
      ...each([3, 38, 596, 691, 692, 803], options(ALLOW_USERS)),
      ...each([759, 760], options('GET, HEAD, OPTIONS')),
      128: options('POST, OPTIONS'),
      755: notAllowed('GET, HEAD, OPTIONS'),
    },
  },
  {
    why: 'A method that a path does not have is 405 before any look at credentials.',
    lines: { ...each([340, 341, 343], notAllowed(ALLOW_ME)), 603: notAllowed(ALLOW_USERS) },
  },
  {
    why: 'A parse error says what kind it is, not at which character.',
    lines: each(
      [86, 89, 91, 92, 93, 94, 95, 96, 97, 98, 99, 102, 103, 194, 237, 425, 585, 657, 733, 790],
      UNPARSABLE,
    ),
  },
  {
    why: 'First set-up takes the same bodies and names as the rest, and answers `detail` and fields besides `error`.',
    lines: {
      14: answer(200, { superuser_exists: true }),
      15: setupError('Username and password are required.', { username: REQUIRED, password: REQUIRED }),
      18: setupError('Username and password are required.', { username: ['This field may not be blank.'] }),
      19: setupError('Username and password are required.', { password: ['This field may not be null.'] }),
      23: setupError('Ensure this field has no more than 150 characters.', {
        username: ['Ensure this field has no more than 150 characters.'],
      }),
      30: setupError(
        'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.',
        {
          username: [
            'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.',
          ],
        },
      ),
      31: answer(415, {
        error: 'Unsupported media type "text/plain" in request.',
        detail: 'Unsupported media type "text/plain" in request.',
      }),
    },
  },
  {
    why: 'A client’s word on its own address (`X-Forwarded-For`) is not believed.',
    lines: { 6: withMembers({ client_ip: '127.0.0.1', setup_allowed: true }) },
  },
  {
    why: 'Logins are limited otherwise: by network and username, not three a minute by address.',
    lines: {
      134: notAllowed('POST, OPTIONS'),
      136: UNPARSABLE,
      ...each([138, 144, 148], TOKENS),
      158: invalid({ username: REQUIRED, password: REQUIRED }),
    },
  },
  {
    why: 'A logout ends the login: its token is refused from then on.',
    lines: each(
      [254, 255],
      unauthenticated({
        detail: 'Given token not valid for any token type',
        code: 'token_not_valid',
        messages: [{ token_class: 'AccessToken', token_type: 'access', message: 'Token is invalid' }],
      }),
    ),
  },
  {
    why: 'Passwords are the exact text given, blanks around them included.',
    lines: each([60, 442], unauthenticated({ detail: 'No active account found with the given credentials' })),
  },
  {
    why: 'auth/login/ ignores credentials in headers, as token/ does.',
    lines: { 241: TOKENS },
  },
  {
    why: '`user_id` of our tokens is text, also where the token that was refreshed had a number.',
    lines: each([201, 215], (expected) => ({
      ...expected,
      tokens: expected.tokens.map((token) => ({
        ...token,
        claims: { ...token.claims, user_id: '<str id>' },
      })),
    })),
  },
  {
    why: 'A token without `iat` is refused: nobody could end it before it expires.',
    lines: {
      294: unauthenticated({
        detail: 'Given token not valid for any token type',
        code: 'token_not_valid',
        messages: [{ token_class: 'AccessToken', token_type: 'access', message: 'Token is invalid' }],
      }),
    },
  },
  {
    why: 'Only a whole number names a user in a token; 1.5 and true are not user 1.',
    lines: each([289, 290], unauthenticated({ detail: 'User not found', code: 'user_not_found' })),
  },
  {
    why: 'An id in a path is written in ASCII digits.',
    lines: each([614, 615], notFound()),
  },
  {
    why: '100 KB bound what `custom_properties` holds after the change, not the change alone.',
    lines: {
      402: invalid({ custom_properties: ['custom_properties exceeds maximum size of 102400 bytes'] }),
    },
  },
  {
    why: '`custom_properties` belong to the clients: their members are stored as they come, whatever they mean there.',
    lines: {
      406: answer(200, aUser({ username: 'standard1', custom_properties: '<object>' })),
      408: answer(200, aUser({ username: 'standard1', custom_properties: '<object>' })),
      409: answer(200, aUser({ username: 'standard1', custom_properties: '<object>' })),
      412: answer(200, aUser({ username: 'standard1', custom_properties: '<object>' })),
      415: withMembers({ custom_properties: { navOrder: ['channels', 'stale'], k: 1, z: 1 } }),
      532: answer(201, aUser({ username: 'cup45', custom_properties: { xc_password: 'bad pass!' } })),
      538: answer(201, aUser({ username: 'cup51', custom_properties: { navOrder: null } })),
    },
  },
  {
    why: '`custom_properties` and `avatar_config` are always objects: null is an empty one, anything else refused.',
    lines: {
      416: withMembers({ custom_properties: {} }),
      ...each([540, 633, 638, 640, 643, 651], withMembers({ avatar_config: {} })),
      ...each([542, 543, 547], invalid({ avatar_config: ['avatar_config must be a dictionary'] })),
    },
  },
  {
    why: 'Integers have 32 bits.',
    lines: {
      ...each(
        [503, 504],
        invalid({ user_level: ['Ensure this value is less than or equal to 2147483647.'] }),
      ),
      511: invalid({ stream_limit: ['Ensure this value is less than or equal to 2147483647.'] }),
    },
  },
  {
    why: 'Channel profiles live elsewhere: their ids are kept without a look whether they exist.',
    lines: { 515: answer(201, aUser({ username: 'cp28', channel_profiles: [999] })) },
  },
  {
    why: 'An object is no list.',
    lines: {
      ...each([525, 526], invalid({ channel_profiles: ['Expected a list of items but got type "dict".'] })),
      ...each([786, 787], invalid({ permissions: ['Expected a list of items but got type "dict".'] })),
    },
  },
  {
    why: '`last_login` says when the user signed in: nobody writes it.',
    lines: {
      ...each([562, 571], withMembers({ last_login: null })),
      569: answer(201, aUser({ username: 'll82', last_login: null })),
      570: answer(201, aUser({ username: 'll83', last_login: null })),
    },
  },
  {
    why: '`is_active` and `groups` are part of a user here, and `last_login` as above.',
    lines: { 451: withMembers({ is_active: false, groups: ['<id>'], last_login: null }) },
  },
  {
    why: 'Whether a username is taken is judged when the user is stored, after everything else was found right.',
    lines: { 455: invalid({ email: ['Enter a valid email address.'] }) },
  },
  {
    why: 'A list that a PUT form does not name keeps its value, as in JSON.',
    lines: { 653: withMembers({ channel_profiles: [1] }) },
  },
  {
    why: 'The body is read before the user is looked up.',
    lines: { 656: UNPARSABLE },
  },
  {
    why: 'The last active admin stays one.',
    lines: {
      661: answer(200, LISTED_LATER),
      852: invalid({ detail: 'The last active admin cannot be deleted, demoted or deactivated.' }),
      854: answer(200, { superuser_exists: true }),
    },
  },
  {
    why: 'A key can be read by its id.',
    lines: { 696: notFound('No ApiKey matches the given query.') },
  },
  {
    why: 'One’s own id is oneself.',
    lines: { 706: answer(201, { key: '<key>', user: aUser({ username: 'standard1' }) }) },
  },
  {
    why: 'A `user_id` that can be no id is nobody’s: it does not fall back to the caller or to user 1.',
    lines: each([722, 723, 725, 726, 727, 728, 729, 730], notFound('User not found.')),
  },
  {
    why: 'The permissions are those of this service.',
    lines: { 754: answer(200, [...PERMISSIONS]) },
  },
];

function options(allow: string): Change {
  return ({ headers }) => {
    const { 'Access-Control-Allow-Origin': origin } = headers;
    const kept: Record<string, string> =
      origin === undefined ? {} : { 'Access-Control-Allow-Origin': origin };
    return { status: 204, headers: { ...kept, Allow: allow }, body: undefined, tokens: [] };
  };
}
