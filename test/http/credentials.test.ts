import { beforeAll, describe, expect, it } from 'vitest';
import { generateKey } from '../../src/core/api-keys.ts';
import { type Call, get } from '../support/api.ts';
import { keyOf, type SignedIn, signedInAs } from '../support/people.ts';
import { nowInSeconds, resigned } from '../support/wire-tokens.ts';

type Cast = {
  bearer: SignedIn;
  header: SignedIn;
  scheme: SignedIn;
  headerKey: string;
  schemeKey: string;
  expired: string;
};
let cast: Cast;

beforeAll(async () => {
  const [bearer, header, scheme] = [await signedInAs(), await signedInAs(), await signedInAs()];
  const expired = await resigned(bearer.access, { exp: nowInSeconds() - 1 });
  cast = { bearer, header, scheme, headerKey: await keyOf(header), schemeKey: await keyOf(scheme), expired };
});

/** Who the service takes the caller for: one of the cast, or the words of the refusal. */
async function caller(headers: Record<string, string>, more: Call = {}): Promise<string> {
  const { status, body, headers: answered } = await get('/users/me/', { headers, ...more });
  if (status !== 200) {
    expect(status).toBe(401);
    expect(answered.get('WWW-Authenticate')).toBe('Bearer realm="api"');
    return body.detail;
  }
  const { bearer, header, scheme } = cast;
  return (
    { [bearer.id]: 'bearer', [header.id]: 'header key', [scheme.id]: 'scheme key' }[body.id as number] ??
    'someone'
  );
}

const BAD_TOKEN = 'Given token not valid for any token type';
const BAD_KEY = 'Invalid API key';
const NONE = 'Authentication credentials were not provided.';
const MALFORMED = 'Authorization header must contain two space-delimited values';

/** Passes the checksum, which a mistyped one does not, and is unknown all the same. */
const UNKNOWN_KEY = generateKey().reveal();

type Spelling = [name: string, value: (cast: Cast) => string | null];
const API_KEY_HEADERS: [...Spelling, outcome: string | null][] = [
  ['none', () => null, null],
  ['empty', () => '', null],
  ['blank', () => '  ', null],
  ['good', ({ headerKey }) => headerKey, 'header key'],
  ['good, padded', ({ headerKey }) => `  ${headerKey}\t`, 'header key'],
  ['bad', () => 'nope', BAD_KEY],
  ['unknown', () => UNKNOWN_KEY, BAD_KEY],
  ['mistyped', ({ headerKey }) => `${headerKey.slice(0, -1)}${headerKey.endsWith('a') ? 'b' : 'a'}`, BAD_KEY],
  ['in other case', ({ headerKey }) => headerKey.toUpperCase(), BAD_KEY],
  ['good, twice', ({ headerKey }) => `${headerKey}, ${headerKey}`, BAD_KEY],
];

/** What each says alone; `decides`: it counts whatever `X-API-Key` holds. */
const AUTHORIZATIONS: [...Spelling, outcome: string, decides: boolean][] = [
  ['none', () => null, NONE, false],
  ['a good Bearer', ({ bearer }) => `Bearer ${bearer.access}`, 'bearer', true],
  ['a good Bearer in lower case', ({ bearer }) => `bearer ${bearer.access}`, 'bearer', true],
  ['a good Bearer in upper case, padded', ({ bearer }) => ` BEARER   ${bearer.access} `, 'bearer', true],
  ['an expired Bearer', ({ expired }) => `Bearer ${expired}`, BAD_TOKEN, true],
  ['a Bearer of the refresh token', ({ bearer }) => `Bearer ${bearer.refresh}`, BAD_TOKEN, true],
  ['a garbage Bearer', () => 'bEaReR garbage', BAD_TOKEN, true],
  ['a Bearer with a key', ({ schemeKey }) => `Bearer ${schemeKey}`, BAD_TOKEN, true],
  ['a bare Bearer', () => 'Bearer', MALFORMED, true],
  ['a Bearer of three parts', ({ bearer }) => `Bearer ${bearer.access} x`, MALFORMED, true],
  ['a good ApiKey', ({ schemeKey }) => `ApiKey ${schemeKey}`, 'scheme key', false],
  [
    'a good ApiKey in lower case, padded',
    ({ schemeKey }) => `  apikey   ${schemeKey}  `,
    'scheme key',
    false,
  ],
  ['a good ApiKey in upper case', ({ schemeKey }) => `APIKEY ${schemeKey}`, 'scheme key', false],
  ['a bad ApiKey', () => 'ApiKey nope', BAD_KEY, false],
  ['an ApiKey with a token', ({ bearer }) => `ApiKey ${bearer.access}`, BAD_KEY, false],
  ['a bare ApiKey', () => 'ApiKey', NONE, false],
  ['an ApiKey of three parts', ({ schemeKey }) => `ApiKey ${schemeKey} x`, NONE, false],
  ['an unknown scheme', ({ bearer }) => `Token ${bearer.access}`, NONE, false],
  ['another unknown scheme', ({ bearer }) => `JWT ${bearer.access}`, NONE, false],
  ['Basic', () => `Basic ${btoa('a:b')}`, NONE, false],
  ['a token without a scheme', ({ bearer }) => bearer.access, NONE, false],
  ['a key without a scheme', ({ schemeKey }) => schemeKey, NONE, false],
  ['nothing', () => '', NONE, false],
];

const headersOf = (authorization: string | null, apiKey: string | null): Record<string, string> => ({
  ...(authorization === null ? {} : { Authorization: authorization }),
  ...(apiKey === null ? {} : { 'X-API-Key': apiKey }),
});

describe.each(AUTHORIZATIONS)('Authorization: %s', (_, authorization, alone, decides) => {
  it.each(API_KEY_HEADERS)('beside X-API-Key %s', async (_, apiKey, outcome) => {
    const headers = headersOf(authorization(cast), apiKey(cast));
    expect(await caller(headers)).toBe(decides ? alone : (outcome ?? alone));
  });
});

it('reads no credential from the query, a cookie or another header', async () => {
  const { bearer, headerKey: key } = cast;
  expect(
    (await get(`/users/me/?api_key=${key}&token=${bearer.access}&access_token=${bearer.access}`)).status,
  ).toBe(401);
  for (const name of ['Cookie', 'X-Auth-Token', 'Api-Key', 'Proxy-Authorization', 'X-Authorization']) {
    expect(
      await caller({ [name]: name === 'Cookie' ? `access=${bearer.access}` : `Bearer ${bearer.access}` }),
    ).toBe(NONE);
  }
});

it('refuses two Authorization headers, whatever they hold', async () => {
  const headers = { Authorization: `Bearer ${cast.bearer.access}, Bearer ${cast.bearer.access}` };
  expect(await caller(headers)).toBe(MALFORMED);
});

it('refuses bytes that are not ASCII, in whichever header', async () => {
  expect(await caller({ 'X-API-Key': 'Ã©' })).toBe(BAD_KEY);
  expect(await caller({ Authorization: 'ApiKey Ã©' })).toBe(BAD_KEY);
  expect(await caller({ Authorization: 'Bearer Ã©' })).toBe(BAD_TOKEN);
  expect(await caller({ Authorization: 'ÿþ abc' })).toBe(NONE);
});
