import { decodeProtectedHeader } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { refreshKeyText } from '../support/refresh-secrets.ts';
import { LIBRARIES, type Protection, type ResourceServer, serveProtected } from './support/jwt-libraries.ts';
import { type Issuer, startIssuer } from './support/running-issuer.ts';

const [issuer, audience] = ['https://accounts.example', 'shop'];

/** One service without a refresh key, one with its first, and one whose second key has taken over. */
let withoutKey: Issuer;
let firstKey: Issuer;
let secondKey: Issuer;

beforeAll(async () => {
  const names = { JWT_ISSUER: issuer, JWT_AUDIENCE: audience };
  const [first, second] = [refreshKeyText(0), refreshKeyText(1)];
  [withoutKey, firstKey, secondKey] = await Promise.all([
    startIssuer(names),
    startIssuer({ ...names, REFRESH_KEY: first }),
    startIssuer({ ...names, REFRESH_KEY: first, REFRESH_KEY_2: second }),
  ]);
});

afterAll(async () => {
  for (const service of [withoutKey, firstKey, secondKey]) await service.stop();
});

const servers: ResourceServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serverFor(protection: Protection, { jwksUri }: Issuer, names = { issuer, audience }) {
  const server = await serveProtected(protection, { jwksUri, ...names });
  servers.push(server);
  return server;
}

const [ACCEPTED, REFUSED] = [204, 401];

describe.each(LIBRARIES)('%s', (_, protection) => {
  it('accepts the access token and refuses the refresh token of the same login', async () => {
    const { visit } = await serverFor(protection, firstKey);
    const { access, refresh } = firstKey;
    expect([await visit(access), await visit(refresh), await visit(access)]).toEqual([
      ACCEPTED,
      REFUSED,
      ACCEPTED,
    ]);
  });

  it('refuses a refresh token that the second refresh key signed', async () => {
    const { visit } = await serverFor(protection, secondKey);
    const { access, refresh } = secondKey;
    expect([await visit(access), await visit(refresh)]).toEqual([ACCEPTED, REFUSED]);
  });

  // The reason for refresh keys: a library that checks signature, issuer and audience cannot tell the two kinds apart.
  it('accepts a refresh token where no refresh key is set', async () => {
    const { visit } = await serverFor(protection, withoutKey);
    expect(await visit(withoutKey.refresh)).toBe(ACCEPTED);
  });

  it.each([
    ['issuer', { issuer: 'https://other.example', audience }],
    ['audience', { issuer, audience: 'other' }],
  ])('refuses an access token with another %s', async (_name, expected) => {
    const { visit } = await serverFor(protection, firstKey, expected);
    expect(await visit(firstKey.access)).toBe(REFUSED);
  });

  it('refuses an access token of another service with the same names', async () => {
    const { visit } = await serverFor(protection, firstKey);
    expect(await visit(secondKey.access)).toBe(REFUSED);
  });
});

describe('the refresh tokens of these tests', () => {
  it('are valid for the service that issued them', async () => {
    for (const service of [withoutKey, firstKey, secondKey]) {
      expect(await service.refreshStatus(service.refresh)).toBe(200);
    }
  });

  it('name the key that signed them', () => {
    const headers = [firstKey, secondKey].map(({ refresh }) => decodeProtectedHeader(refresh));
    expect(headers).toEqual([
      { alg: 'HS256', kid: 'refresh', typ: 'rt+jwt' },
      { alg: 'HS256', kid: 'refresh-2', typ: 'rt+jwt' },
    ]);
    expect(decodeProtectedHeader(withoutKey.refresh)).toEqual({
      ...decodeProtectedHeader(withoutKey.access),
      typ: 'rt+jwt',
    });
  });
});
