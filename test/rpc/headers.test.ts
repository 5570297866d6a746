import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Credential, credentialOf, credentialOfText } from '../../src/core/credentials.ts';
import type { AccountsBinding } from '../../src/verify/caller.ts';
import { type Offered, offeredBy } from '../../src/verify/credential.ts';
import { credentialHeadersOf } from '../../src/verify/headers.ts';
import { createVerifier } from '../../src/verify/verifier.ts';
import { authenticate, verify } from '../support/rpc.ts';

/** What the service sees, in the words of the verifier, which for lack of keys does not tell one from another. */
function asOffered(credential: Credential): Offered {
  switch (credential.kind) {
    case 'bearer':
      return { kind: 'token', token: credential.token };
    case 'api_key':
      return { kind: 'key' };
    case 'malformed_bearer':
      return { kind: 'malformed' };
    case 'none':
      return { kind: 'none' };
  }
}

const piece = fc.constantFrom(
  'Bearer',
  'bearer',
  'ApiKey',
  'APIKEY',
  'Basic',
  'dsp_x',
  'x',
  ' ',
  '\t',
  '\u00a0',
  ',',
  '',
);
const header = fc.option(fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')));

describe('the verifier reads', () => {
  it('the headers by the rules of the service', () => {
    const property = fc.property(header, header, (authorization, apiKey) => {
      const given = { authorization: authorization ?? undefined, 'x-api-key': apiKey ?? undefined };
      expect(offeredBy(given)).toEqual(asOffered(credentialOf({ authorization, apiKey })));
    });
    fc.assert(property, { seed: 1, numRuns: 5000 });
  });

  it('a list of one member as that member, and refuses one of several', () => {
    const key = { kind: 'key' };
    expect(offeredBy({ authorization: ['Bearer x'] })).toEqual({ kind: 'token', token: 'x' });
    expect(offeredBy({ 'x-api-key': ['dsp_x'], authorization: [] })).toEqual(key);
    for (const several of [['Bearer x', 'Bearer x'], [['Bearer x']], [7]])
      expect(offeredBy({ authorization: several })).toEqual({ kind: 'malformed' });
  });

  it('X-API-Key only where there is no Bearer, as the service does', () => {
    for (const apiKey of [['dsp_x', 'dsp_y'], 7, 'x'.repeat(20_000)]) {
      const given = { 'x-api-key': apiKey };
      expect(offeredBy({ ...given, authorization: 'Bearer x' })).toEqual({ kind: 'token', token: 'x' });
      expect(credentialHeadersOf({ ...given, authorization: '\tbearer' })).toEqual({
        authorization: '\tbearer',
        apiKey: null,
      });
      expect(offeredBy({ ...given, authorization: 'ApiKey dsp_z' })).toEqual({ kind: 'malformed' });
    }
  });

  it('a text by the rules of the service', () => {
    const property = fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
      const text = pieces.join('');
      expect(offeredBy(text)).toEqual(asOffered(credentialOfText(text)));
    });
    fc.assert(property, { seed: 1, numRuns: 1000 });
  });

  it('and fails at nothing that it may be given', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withMap: true, withDate: true }), (given) => {
        expect(['token', 'key', 'none', 'malformed']).toContain(offeredBy(given).kind);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});

it('a member of an object of another kind is never read: it may be remote', () => {
  let reads = 0;
  class Remote {
    get authorization() {
      return `read ${++reads}`;
    }
  }
  const remote = new Proxy(new Remote(), { ownKeys: () => [`read ${++reads}`], get: () => ++reads });
  expect(credentialHeadersOf(remote)).toBeNull();
  expect(credentialHeadersOf({ authorization: remote })).toBeNull();
  expect(reads).toBe(0);
});

describe('an object that throws when it is read is malformed, and throws no further:', () => {
  const fail = () => {
    throw new Error('no reading');
  };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const objects: [string, unknown][] = [
    ['by a getter', Object.defineProperty({}, 'authorization', { get: fail, enumerable: true })],
    ['by a list', { authorization: new Proxy([], { get: fail }) }],
    ['by a proxy that has no prototype to tell', new Proxy({}, { getPrototypeOf: fail })],
    ['by a proxy that has no keys to tell', new Proxy({}, { ownKeys: fail })],
    ['by a proxy that was revoked', revoked.proxy],
    ['by headers of its own making', Object.assign(new Headers(), { get: fail })],
  ];
  const binding: AccountsBinding = { authenticate, verify };

  it.each(objects)('%s', async (_, given) => {
    for (const verifier of [createVerifier({ jwks: { keys: [] } }), createVerifier({ binding })])
      expect(await verifier.verify(given as Headers)).toEqual({ valid: false, reason: 'malformed' });
  });
});
