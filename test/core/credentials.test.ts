import { beforeAll, describe, expect, it } from 'vitest';
import { generateKey } from '../../src/core/api-keys.ts';
import { authenticate, type Credential, credentialOf } from '../../src/core/credentials.ts';
import { servicesOf } from '../../src/services.ts';
import { env } from '../support/env.ts';
import { counted } from '../support/intercepted-database.ts';
import { newJwk, parsed } from '../support/jwks.ts';
import { SOMEWHERE } from '../support/stores.ts';
import { minted, NOW } from '../support/tokens.ts';

const bearer = (token: string): Credential => ({ kind: 'bearer', token });
const apiKey = (key: string): Credential => ({ kind: 'api_key', key });
const NONE: Credential = { kind: 'none' };
const MALFORMED: Credential = { kind: 'malformed_bearer' };

describe('credentialOf', () => {
  it.each<[string | null, string | null, Credential]>([
    // Nothing that counts.
    [null, null, NONE],
    ['', null, NONE],
    ['   ', null, NONE],
    [null, '', NONE],
    [null, '   ', NONE],
    ['Basic YTpi', null, NONE],
    ['Token abc', null, NONE],
    ['abc', null, NONE],
    ['ApiKey', null, NONE],
    ['ApiKey a b', null, NONE],
    ['Bearerabc', null, NONE],
    ['Bearer:abc def', null, NONE],
    // A Bearer decides when present, also a bad one.
    ['Bearer abc', null, bearer('abc')],
    ['Bearer abc', 'key', bearer('abc')],
    ['bearer abc', null, bearer('abc')],
    ['BEARER abc', 'key', bearer('abc')],
    ['  Bearer   abc  ', null, bearer('abc')],
    ['Bearer\tabc', null, bearer('abc')],
    ['Bearer', null, MALFORMED],
    ['Bearer ', 'key', MALFORMED],
    ['bearer', 'key', MALFORMED],
    ['Bearer a b', 'key', MALFORMED],
    ['Bearer a b', null, MALFORMED],
    ['Bearer dsp_abc', 'key', bearer('dsp_abc')],
    // Else X-API-Key.
    [null, 'key', apiKey('key')],
    [null, '  key\t', apiKey('key')],
    ['ApiKey other', 'key', apiKey('key')],
    ['Basic YTpi', 'key', apiKey('key')],
    ['abc', 'key', apiKey('key')],
    ['', 'key', apiKey('key')],
    ['ApiKey', 'key', apiKey('key')],
    // Else Authorization: ApiKey.
    ['ApiKey key', null, apiKey('key')],
    ['apikey key', null, apiKey('key')],
    ['APIKEY key', '', apiKey('key')],
    ['ApiKey key', '   ', apiKey('key')],
    ['  ApiKey   key  ', null, apiKey('key')],
  ])('of Authorization %j and X-API-Key %j is %j', (authorization, key, credential) => {
    expect(credentialOf({ authorization, apiKey: key })).toEqual(credential);
  });
});

describe('authenticate', () => {
  const { database, trips } = counted(env.DB);
  const deps = servicesOf({ ...env, DB: database });
  let forged: string;
  beforeAll(async () => {
    forged = await minted(await parsed(await newJwk('ES256')));
  });

  async function judged(credential: Credential) {
    const before = trips.length;
    const result = await authenticate(deps, { credential, callers: deps.callers, from: SOMEWHERE, now: NOW });
    return { result, roundTrips: trips.length - before };
  }
  const refused = (reason: string, roundTrips: number) => ({ result: { valid: false, reason }, roundTrips });

  it('asks the database nothing about a credential that cannot be genuine', async () => {
    expect(await judged(NONE)).toEqual(refused('not_provided', 0));
    expect(await judged(MALFORMED)).toEqual(refused('malformed_header', 0));
    expect(await judged(bearer('not a token'))).toEqual(refused('token_invalid', 0));
    expect(await judged(bearer(forged))).toEqual(refused('token_invalid', 0));
    expect(await judged(apiKey('dsp_mistyped'))).toEqual(refused('key_unknown', 0));
    expect(await judged(apiKey('ключ'))).toEqual(refused('key_unknown', 0));
    expect(await judged(apiKey('x'.repeat(100_000)))).toEqual(refused('key_unknown', 0));
  });

  it('reads a header in time that grows with its length alone', async () => {
    // Two hundred of these end in time only where no pattern backtracks.
    const blanks = `a${' '.repeat(120_000)}b`;
    for (let i = 0; i < 200; i++) {
      expect(credentialOf({ authorization: null, apiKey: blanks })).toEqual(apiKey(blanks));
      expect(credentialOf({ authorization: blanks, apiKey: null })).toEqual(NONE);
    }
  });

  it('asks once about one that could be', async () => {
    expect(await judged(apiKey(generateKey().reveal()))).toEqual(refused('key_unknown', 1));
    const token = await minted(await deps.signingKeys(), { userId: 2_000_000_000 });
    expect(await judged(bearer(token))).toEqual(refused('user_not_found', 1));
  });

  it('refuses a refresh token as proof of who is calling', async () => {
    const token = await minted(await deps.signingKeys(), { kind: 'refresh' });
    expect(await judged(bearer(token))).toEqual(refused('token_wrong_type', 0));
  });
});
