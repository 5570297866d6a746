import { base64url, type CryptoKey, importJWK, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Env } from '../../src/env.ts';
import { createVerifier } from '../../src/verify/verifier.ts';
import { type Answer, envWith, get, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { secretJwk, setOf } from '../support/jwks.ts';
import { logOutPage, refreshPage } from '../support/page-logins.ts';
import { keyOf, person, signedInAs } from '../support/people.ts';
import { refreshKeyBytes, refreshKeyText } from '../support/refresh-secrets.ts';
import { verify as verifyOverRpc } from '../support/rpc.ts';
import { openedSession, sessionIdsOf } from '../support/stores.ts';
import { nowInSeconds, publishedKid } from '../support/wire-tokens.ts';

const KINDS = ['access', 'refresh'] as const;
const TYPES = ['at+jwt', 'rt+jwt', 'JWT', undefined] as const;
type Kind = (typeof KINDS)[number];
type Typ = (typeof TYPES)[number];

/** The `typ` under which a key makes a valid token of each kind. */
const VALID: Record<string, Record<Kind, readonly Typ[]>> = {
  'the signing key': { access: ['at+jwt'], refresh: ['rt+jwt'] },
  'a secret of the key set': { access: ['at+jwt'], refresh: ['rt+jwt'] },
  'a refresh key': { access: [], refresh: ['rt+jwt'] },
  'a refresh key that does not sign yet': { access: [], refresh: ['rt+jwt'] },
  'an interchange secret': { access: ['at+jwt', 'JWT', undefined], refresh: ['rt+jwt', 'JWT', undefined] },
  'an interchange secret with a kid': {
    access: ['at+jwt', 'JWT', undefined],
    refresh: ['rt+jwt', 'JWT', undefined],
  },
  'a refresh key that was removed': { access: [], refresh: [] },
  'another secret, as a refresh key': { access: [], refresh: [] },
  'the signing key, as a refresh key': { access: [], refresh: [] },
  'a refresh key, as the signing key': { access: [], refresh: [] },
  'a refresh key, without a kid': { access: [], refresh: [] },
};

type Key = { header: { alg: string; kid?: string }; key: CryptoKey | Uint8Array };
let keys: Record<string, Key>;
let bindings: Env;
let asker: string;
let userId: number;

const bytesOf = ({ k = '' }): Uint8Array => base64url.decode(k);

beforeAll(async () => {
  const [ours, shared, named] = [
    secretJwk({ kid: 'ours' }),
    secretJwk({ interchange: true }),
    secretJwk({ interchange: true, kid: 'origin' }),
  ];
  const [published] = JSON.parse(env.JWT_KEYS).keys;
  const next = refreshKeyText(nowInSeconds() + 900);
  bindings = envWith({ JWT_KEYS: setOf(published, ours, shared, named), REFRESH_KEY_2: next });
  const signing = (await importJWK(published, 'ES256')) as CryptoKey;
  const [kid, refresh] = [await publishedKid(), refreshKeyBytes(env.REFRESH_KEY)];
  keys = {
    'the signing key': { header: { alg: 'ES256', kid }, key: signing },
    'a secret of the key set': { header: { alg: 'HS256', kid: 'ours' }, key: bytesOf(ours) },
    'a refresh key': { header: { alg: 'HS256', kid: 'refresh' }, key: refresh },
    'a refresh key that does not sign yet': {
      header: { alg: 'HS256', kid: 'refresh-2' },
      key: refreshKeyBytes(next),
    },
    'an interchange secret': { header: { alg: 'HS256' }, key: bytesOf(shared) },
    'an interchange secret with a kid': { header: { alg: 'HS256', kid: 'origin' }, key: bytesOf(named) },
    'a refresh key that was removed': {
      header: { alg: 'HS256', kid: 'refresh-3' },
      key: refreshKeyBytes(refreshKeyText()),
    },
    'another secret, as a refresh key': { header: { alg: 'HS256', kid: 'refresh' }, key: bytesOf(ours) },
    'the signing key, as a refresh key': { header: { alg: 'ES256', kid: 'refresh' }, key: signing },
    'a refresh key, as the signing key': { header: { alg: 'HS256', kid }, key: refresh },
    'a refresh key, without a kid': { header: { alg: 'HS256' }, key: refresh },
  };
  asker = await keyOf(await signedInAs('introspect_token'));
  userId = (await person()).id;
});

type Made = { name: string; kind: Kind; typ: Typ };

/** A token of a session of its own, which lives. */
async function minted({ name, kind, typ }: Made): Promise<{ token: string; id: string }> {
  const { id, sid } = await openedSession(userId);
  const { header, key } = keys[name] ?? {};
  if (header === undefined || key === undefined) throw new Error(`there is no ${name}`);
  const times = { iat: nowInSeconds(), exp: nowInSeconds() + 600 };
  const claims = { token_type: kind, user_id: String(userId), sub: String(userId), sid, jti: id, ...times };
  const jwt = new SignJWT(claims).setProtectedHeader({ ...header, ...(typ === undefined ? {} : { typ }) });
  return { token: await jwt.sign(key), id };
}

const isOk = ({ status }: Answer): boolean => status === 200 || status === 204;
const lives = async (id: string): Promise<boolean> => (await sessionIdsOf(userId)).includes(id);

/** What each door takes, and whether it took a token. */
type Door = { takes: readonly Kind[]; ask: (token: string, id: string) => Promise<boolean> };
const on = () => ({ env: bindings });
const DOORS: Record<string, Door> = {
  access: { takes: ['access'], ask: async (token) => isOk(await get('/users/me/', { token, ...on() })) },
  proxy: { takes: ['access'], ask: async (token) => isOk(await get('/auth/verify/', { token, ...on() })) },
  rpc: { takes: ['access'], ask: async (token) => (await verifyOverRpc(token, bindings)).valid },
  refresh: {
    takes: ['refresh'],
    ask: async (refresh) => isOk(await post('/token/refresh/', { refresh }, on())),
  },
  cookie: { takes: ['refresh'], ask: async (token) => isOk(await refreshPage(token, on())) },
  verify: { takes: KINDS, ask: async (token) => isOk(await post('/token/verify/', { token }, on())) },
  introspect: {
    takes: KINDS,
    ask: async (token) => (await post('/token/introspect/', { token }, { key: asker, ...on() })).body.active,
  },
  // These answer alike to any token: what counts is whether the session still lives.
  revoke: {
    takes: KINDS,
    ask: async (token, id) => isOk(await post('/token/revoke/', { token }, on())) && !(await lives(id)),
  },
  logout: {
    takes: ['access'],
    ask: async (token, id) =>
      isOk(await post('/auth/logout/', undefined, { token, ...on() })) && !(await lives(id)),
  },
  'cookie logout': {
    takes: ['refresh'],
    ask: async (token, id) => isOk(await logOutPage(token, on())) && !(await lives(id)),
  },
};

const ALL: Made[] = Object.keys(VALID).flatMap((name) =>
  KINDS.flatMap((kind) => TYPES.map((typ) => ({ name, kind, typ }))),
);

describe.each(ALL)('a token of type $kind with typ $typ under $name', (made) => {
  const isValid = (): boolean => VALID[made.name]?.[made.kind].includes(made.typ) ?? false;

  it('is taken by the doors of its kind alone, and ends its session at no other', async () => {
    for (const [door, { takes, ask }] of Object.entries(DOORS)) {
      const { token, id } = await minted(made);
      const isTaken = isValid() && takes.includes(made.kind);
      expect([door, await ask(token, id)]).toEqual([door, isTaken]);
      const ends = isTaken && ['revoke', 'logout', 'cookie logout'].includes(door);
      expect([door, await lives(id)]).toEqual([door, !ends]);
    }
  });

  it('is of the wrong type at the other kind’s doors, and valid nowhere by the published keys but as what it is', async () => {
    const { token } = await minted(made);
    const { token_type: message } = messagesOf(await get('/users/me/', { token, ...on() }));
    const refreshed = await post('/token/refresh/', { refresh: token }, on());
    if (isValid() && made.kind === 'refresh') expect(message).toBe('Token has wrong type');
    if (isValid() && made.kind === 'access') expect(refreshed.body.detail).toBe('Token has wrong type');
    const { body: jwks } = await get('/.well-known/jwks.json', on());
    const verdict = await createVerifier({ jwks }).verify(token);
    const isOffline = made.name === 'the signing key' && made.kind === 'access' && made.typ === 'at+jwt';
    expect(verdict.valid).toBe(isOffline);
    if (keys[made.name]?.header.kid?.startsWith('refresh')) {
      expect(verdict).toEqual({ valid: false, reason: 'token_wrong_type' });
    }
  });
});

const messagesOf = ({ body }: Answer): { token_type?: string } => ({
  token_type: body.messages?.[0].message,
});
