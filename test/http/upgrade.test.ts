import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../src/env.ts';
import { type Answer, envWith, get, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { logOutPage, refreshPage } from '../support/page-logins.ts';
import { type Person, person, signedInAs } from '../support/people.ts';
import { refreshKeyText } from '../support/refresh-secrets.ts';
import { claimsOf, headerOf, resigned, sessionIdOf } from '../support/wire-tokens.ts';

/** How long `npm run deploy` lets Workers with the older secrets run before the new one signs. */
const OVERLAP_SECONDS = 900;

const BEFORE = Math.floor(Date.now() / 1000) * 1000;
/** The secret is there, and does not sign yet; then it signs. */
const PHASES = { deployed: BEFORE + 60_000, signing: BEFORE + 60_000 + OVERLAP_SECONDS * 1000 };
type Phase = keyof typeof PHASES;

/** Two isolates, of which the one runs without the secret. */
type Isolate = 'without' | 'with';
const isolates: Record<Isolate, Env> = {
  without: envWith({ REFRESH_KEY: '' }),
  with: envWith({ REFRESH_KEY: refreshKeyText(PHASES.signing / 1000) }),
};

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterAll(() => void vi.useRealTimers());

type Login = { access: string; refresh: string; who: Person };
const LOGINS = [
  'of older code',
  'before',
  'deployed, without',
  'deployed, with',
  'signing, without',
  'signing, with',
] as const;
type Made = (typeof LOGINS)[number];

/** Whether a refresh token of this login is known to that isolate: one that the new secret signed to `with` alone. */
const knows = (isolate: Isolate, made: Made): boolean => made !== 'signing, with' || isolate === 'with';

async function logIn(isolate: Isolate, at: number): Promise<Login> {
  vi.setSystemTime(at);
  const who = await person();
  const { body, status } = await post('/token/', who, { env: isolates[isolate] });
  expect(status).toBe(200);
  return { ...body, who };
}

/** A session as older code stores it, which writes no more columns than there were. */
async function logInByOlderCode(): Promise<Login> {
  const login = await logIn('without', BEFORE);
  const sid = crypto.randomUUID().replaceAll('-', '');
  await env.DB.prepare(
    `insert into sessions (id, user_id, created_at, expires_at, address, country, user_agent)
     select ?, user_id, created_at, expires_at, address, country, user_agent from sessions where user_id = ?`,
  )
    .bind(sid, login.who.id)
    .run();
  const [access, refresh] = [await resigned(login.access, { sid }), await resigned(login.refresh, { sid })];
  return { ...login, access, refresh };
}

/** A new login of that kind, and the clock at the beginning of the phase in which it is used. */
async function madeAs(made: Made, used: Phase): Promise<Login> {
  const [phase, isolate = 'without'] = made.split(', ') as [string, Isolate?];
  const at = phase === 'deployed' || phase === 'signing' ? PHASES[phase] : BEFORE;
  const login = made === 'of older code' ? await logInByOlderCode() : await logIn(isolate, at);
  vi.setSystemTime(PHASES[used] + 1000);
  return login;
}

/** Every use of a login at one isolate, the ones that end it last. */
const USES: Record<string, (login: Login, on: { env: Env }) => Promise<Answer>> = {
  refresh: ({ refresh }, on) => post('/token/refresh/', { refresh }, on),
  'cookie refresh': ({ refresh }, on) => refreshPage(refresh, on),
  'verify of the refresh token': ({ refresh: token }, on) => post('/token/verify/', { token }, on),
  access: ({ access: token }, on) => get('/users/me/', { token, ...on }),
  'verify of the access token': ({ access: token }, on) => post('/token/verify/', { token }, on),
  list: ({ access: token }, on) => get('/sessions/', { token, ...on }),
  logout: ({ access: token }, on) => post('/auth/logout/', undefined, { token, ...on }),
  'cookie logout': ({ refresh }, on) => logOutPage(refresh, on),
  revocation: ({ refresh: token }, on) => post('/token/revoke/', { token }, on),
};
const ENDING = ['logout', 'cookie logout', 'revocation'];

const sessionsOf = async ({ who }: Login): Promise<{ id: string; id_is_digest: number }[]> =>
  (
    await env.DB.prepare('select id, id_is_digest from sessions where user_id = ?')
      .bind(who.id)
      .all<{ id: string; id_is_digest: number }>()
  ).results;

const CASES = (['deployed', 'signing'] as const).flatMap((used) =>
  LOGINS.filter((made) => used === 'signing' || !made.startsWith('signing')).flatMap((made) =>
    (['without', 'with'] as const).map((isolate) => ({ made, used, isolate })),
  ),
);

describe.each(CASES)(
  'a login ($made) while the secret is $used, at an isolate $isolate it',
  ({ made, used, isolate }) => {
    it('is accepted everywhere', async () => {
      const on = { env: isolates[isolate] };
      for (const [what, use] of Object.entries(USES)) {
        const login = await madeAs(made, used);
        const takesRefresh = /refresh|cookie|revocation/.test(what);
        const isKnown = knows(isolate, made) || !takesRefresh;
        const before = (await sessionsOf(login)).length;
        const { status } = await use(login, on);
        const isOk = status === 200 || status === 204;
        // These answer alike to any token.
        expect([what, isOk]).toEqual([what, isKnown || what === 'cookie logout' || what === 'revocation']);
        const left = (await sessionsOf(login)).length;
        expect([what, left]).toEqual([what, ENDING.includes(what) && isKnown ? before - 1 : before]);
      }
    });

    it('shows its session as the current one, under the id that introspection tells', async () => {
      const { access: token } = await signedInAs('introspect_token');
      const login = await madeAs(made, used);
      const on = { env: isolates[isolate] };
      const { body: list } = await get('/sessions/', { token: login.access, ...on });
      const [current] = list.filter(({ current }: { current: boolean }) => current);
      const { body } = await post('/token/introspect/', { token: login.access }, { token, ...on });
      const isDigest = made === 'signing, with';
      expect(current.id).toBe(isDigest ? sessionIdOf(login.access) : claimsOf(login.access).sid);
      expect(body).toMatchObject({ active: true, sid: current.id });
    });
  },
);

describe('a login', () => {
  it.each([
    ['deployed, without', 'ES256', 0],
    ['deployed, with', 'ES256', 0],
    ['signing, without', 'ES256', 0],
    ['signing, with', 'HS256', 1],
  ] as const)(
    '(%s) has a refresh token under %s, and a session whose id is a digest: %i',
    async (made, alg, isDigest) => {
      const login = await madeAs(made, 'signing');
      expect([headerOf(login.access).alg, headerOf(login.refresh).alg]).toEqual(['ES256', alg]);
      expect(await sessionsOf(login)).toMatchObject([{ id_is_digest: isDigest }]);
    },
  );

  it('that is refreshed while the secret begins to sign goes on with a token of the new kind, where those rotate', async () => {
    const rotating = { env: { ...isolates.with, REFRESH_ROTATION: 'on' } };
    const login = await madeAs('deployed, with', 'deployed');
    const first = await post('/token/refresh/', { refresh: login.refresh }, rotating);
    expect(headerOf(first.body.refresh).alg).toBe('ES256');
    vi.setSystemTime(PHASES.signing);
    const second = await post('/token/refresh/', { refresh: first.body.refresh }, rotating);
    expect(headerOf(second.body.refresh)).toMatchObject({ alg: 'HS256', kid: 'refresh', typ: 'rt+jwt' });
    expect(claimsOf(second.body.refresh)).toMatchObject({
      sid: claimsOf(login.refresh).sid,
      exp: claimsOf(login.refresh).exp,
    });
    vi.setSystemTime(PHASES.signing + 60_000);
    const third = await post('/token/refresh/', { refresh: second.body.refresh }, rotating);
    expect([third.status, headerOf(third.body.refresh).kid]).toEqual([200, 'refresh']);
  });
});
