import { describe, expect, it } from 'vitest';
import readme from '../../README.md?raw';
import { createVerifier } from '../../src/verify/verifier.ts';
import { del, get, patch, post } from '../support/api.ts';
import { groupOf, keyOf, person, type SignedIn, signedInAdmin, signIn } from '../support/people.ts';
import { authenticate, verify } from '../support/rpc.ts';
import { sessionIdOf } from '../support/wire-tokens.ts';

type Scene = { who: SignedIn; elsewhere: SignedIn; key: string; admin: string };
type Credential = 'access' | 'refresh' | 'key';

async function setTheScene(): Promise<Scene> {
  const who = await signIn(await person());
  const elsewhere = await signIn(who);
  const admin = (await signedInAdmin()).access;
  return { who, elsewhere, key: await keyOf(who), admin };
}

const NEW = { password: 'another password' };
const me = (who: SignedIn, changes: object) => patch('/users/me/', changes, { token: who.access });
const byAdmin = ({ who, admin }: Scene, changes: object) =>
  patch(`/users/${who.id}/`, changes, { token: admin });
const logout = (who: SignedIn, scope = 'local') =>
  post(`/auth/logout/?scope=${scope}`, undefined, { token: who.access });
const revoke = (token: string) => post('/token/revoke/', { token });

/** What is done before the credentials are shown, by the words of the README. */
const EVENTS: Record<string, (scene: Scene) => Promise<unknown>> = {
  nothing: async () => undefined,
  'logout of that login': ({ who }) => logout(who),
  'logout of another login': ({ elsewhere }) => logout(elsewhere),
  'logout everywhere': ({ elsewhere }) => logout(elsewhere, 'global'),
  'that login is ended from a list': ({ who, elsewhere }) =>
    del(`/sessions/${sessionIdOf(who.access)}/`, { token: elsewhere.access }),
  '`token/revoke/` of its access token': ({ who }) => revoke(who.access),
  '`token/revoke/` of its refresh token': ({ who }) => revoke(who.refresh),
  'the key is revoked': ({ who }) => post('/api-keys/revoke/', {}, { token: who.access }),
  'the key is replaced': ({ who }) => post('/api-keys/generate/', {}, { token: who.access }),
  '`token/revoke/` of the key': ({ key }) => revoke(key),
  'a new password, set with that login': ({ who }) => me(who, NEW),
  'a new password, set elsewhere': ({ elsewhere }) => me(elsewhere, NEW),
  'a new password, set by an admin': (scene) => byAdmin(scene, NEW),
  deactivation: (scene) => byAdmin(scene, { is_active: false }),
  'deactivation and activation': async (scene) => {
    await byAdmin(scene, { is_active: false });
    await byAdmin(scene, { is_active: true });
  },
  deletion: ({ who, admin }) => del(`/users/${who.id}/`, { token: admin }),
};

/** Every way to ask this service whether a credential is good. */
const WAYS: Record<
  string,
  { takes: readonly Credential[]; ask: (text: string, kind: Credential) => Promise<boolean> }
> = {
  'users/me/': {
    takes: ['access', 'key'],
    ask: async (text, kind) => (await get('/users/me/', headerOf(text, kind))).status === 200,
  },
  'auth/verify/': {
    takes: ['access', 'key'],
    ask: async (text, kind) => (await get('/auth/verify/', headerOf(text, kind))).status === 204,
  },
  'token/verify/': {
    takes: ['access', 'refresh'],
    ask: async (token) => (await post('/token/verify/', { token })).status === 200,
  },
  'token/refresh/': {
    takes: ['refresh'],
    ask: async (refresh) => (await post('/token/refresh/', { refresh })).status === 200,
  },
  'token/introspect/': {
    takes: ['access', 'refresh', 'key'],
    ask: async (token) => {
      const asker = await signIn(await person({ groups: [await groupOf(['introspect_token'])] }));
      return (await post('/token/introspect/', { token }, { token: asker.access })).body.active;
    },
  },
  'the binding': { takes: ['access', 'key'], ask: async (text) => (await verify(text)).valid },
  'a verifier with the binding': {
    takes: ['access', 'key'],
    ask: async (text) => (await createVerifier({ binding: { authenticate, verify } }).verify(text)).valid,
  },
};

const headerOf = (text: string, kind: Credential) => (kind === 'key' ? { key: text } : { token: text });

/** A verifier that knows the public keys and nothing else. */
async function offline(token: string): Promise<boolean> {
  const { body } = await get('/.well-known/jwks.json');
  return (await createVerifier({ jwks: body }).verify(token)).valid;
}

const [, table = ''] = /## What ends when[\s\S]*?\n\|---[^\n]*\n([\s\S]*?)\n\n/.exec(readme) ?? [];
const rows = table.split('\n').map((line) =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim()),
);

describe('the table of the README', () => {
  it('has a row for each of these events, and no other', () => {
    expect(rows.map(([event]) => event)).toEqual(Object.keys(EVENTS));
  });

  it.each(rows)(
    'after %s: access token %s, refresh token %s, API key %s, by the public keys %s',
    async (...row) => {
      const [event = '', access, refresh, key, byKeys] = row;
      const scene = await setTheScene();
      await EVENTS[event]?.(scene);
      const texts = { access: scene.who.access, refresh: scene.who.refresh, key: scene.key };
      const said = { access, refresh, key };
      for (const [way, { takes, ask }] of Object.entries(WAYS)) {
        for (const kind of takes) {
          const isGood = await ask(texts[kind], kind);
          expect([way, kind, isGood ? 'good' : 'ended']).toEqual([way, kind, said[kind]]);
        }
      }
      expect(await offline(texts.access)).toBe(true);
      expect(byKeys).toBe(access === 'ended' ? 'until it expires' : 'good');
    },
  );
});
