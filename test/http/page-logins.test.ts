import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Answer, answerTo, call, envWith, get, patch, post } from '../support/api.ts';
import { keepConsoleLines } from '../support/console-lines.ts';
import { env } from '../support/env.ts';
import { counted, intercepted, LOST } from '../support/intercepted-database.ts';
import { FROM_PAGE, keeping, keptBy, logInPage, logOutPage, refreshPage } from '../support/page-logins.ts';
import { person, type SignedIn, signedInAdmin, signedInAs, signIn } from '../support/people.ts';
import {
  claimsOf,
  envWithInterchange,
  nowInSeconds,
  referenceToken,
  resigned,
  sessionIdOf,
  tokensOfExpiredSession,
} from '../support/wire-tokens.ts';

const lines = keepConsoleLines();

const PATH = '/api/accounts/auth/cookie';
const REMOVED = `refresh=; Max-Age=0; Path=${PATH}; HttpOnly; SameSite=Strict`;
const cookieOf = ({ headers }: Answer): string | null => headers.get('Set-Cookie');
const invalid = (detail: string) => ({ detail, code: 'token_not_valid' });

const sessionsOf = ({ id }: { id: number }) =>
  env.DB.prepare('select count(*) as n from sessions where user_id = ?').bind(id).first<number>('n');
const eventsOf = async ({ id }: { id: number }, event: string) =>
  (await env.DB.prepare('select * from audit_events where user_id = ? and event = ?').bind(id, event).all())
    .results;

const inMinutes = (minutes: number): void => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 });
};
afterEach(() => {
  vi.useRealTimers();
});

/** A request of the page that an origin serves. */
async function fromPageAt(
  origin: string,
  action: string,
  options: { cookie?: string; body?: object } = {},
): Promise<Answer> {
  const { cookie, body } = options;
  const headers = {
    ...FROM_PAGE,
    Origin: new URL(origin).origin,
    'Content-Type': 'application/json',
    ...(cookie === undefined ? {} : { Cookie: cookie }),
  };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return answerTo(new Request(`${origin}${PATH}/${action}/`, { method: 'POST', headers, ...sent }));
}

describe('POST auth/cookie/login/', () => {
  it('answers the access token alone, and has the browser keep the refresh token', async () => {
    const who = await person();
    const answer = await logInPage(who);
    const { status, headers, body } = answer;
    expect([status, Object.keys(body), headers.get('Cache-Control')]).toEqual([200, ['access'], 'no-store']);
    const refresh = keptBy(answer) ?? '';
    expect(cookieOf(answer)).toBe(
      `refresh=${refresh}; Max-Age=86400; Path=${PATH}; HttpOnly; SameSite=Strict`,
    );
    expect(claimsOf(refresh)).toMatchObject({ token_type: 'refresh', sid: claimsOf(body.access).sid });
    expect((await get('/users/me/', { token: body.access })).body.id).toBe(who.id);
    expect((await post('/token/refresh/', { refresh })).status).toBe(200);
  });

  it('keeps it for https alone where it was asked over https', async () => {
    const answer = await fromPageAt('https://accounts.example', 'login', { body: await person() });
    expect(cookieOf(answer)).toBe(
      `__Secure-refresh=${keptBy(answer)}; Max-Age=86400; Path=${PATH}; HttpOnly; Secure; SameSite=Strict`,
    );
    const cookie = `__Secure-refresh=${keptBy(answer)}`;
    const ended = await fromPageAt('https://accounts.example', 'logout', { cookie });
    expect([ended.status, cookieOf(ended)]).toEqual([
      204,
      `__Secure-refresh=; Max-Age=0; Path=${PATH}; HttpOnly; Secure; SameSite=Strict`,
    ]);
  });

  it('keeps it for as long as a refresh token lasts', async () => {
    const year = 366 * 86_400;
    const bindings = { env: envWith({ REFRESH_TOKEN_TTL_SECONDS: String(year) }) };
    expect(cookieOf(await logInPage(await person(), bindings))).toContain(`; Max-Age=${year}; `);
  });

  it.each([
    'localhost',
    'x.localhost:8787',
    'a.b.localhost',
    '127.0.0.1:8787',
    '127.255.0.9',
    '127.1',
    '[::1]:80',
  ])('keeps it over http on %s, which is this machine', async (host) => {
    const answer = await fromPageAt(`http://${host}`, 'login', { body: await person() });
    expect([answer.status, keptBy(answer)]).toEqual([200, expect.stringMatching(/^ey/)]);
  });

  it.each([
    'accounts.example',
    'localhost.example',
    'notlocalhost',
    '127.0.0.1.example',
    '128.0.0.1',
    '10.0.0.1',
    '0.0.0.0',
    '192.168.1.1:8787',
    '[::2]',
    '[fe80::1]',
    '[::ffff:127.0.0.1]',
  ])('keeps nothing over http on %s', async (host) => {
    const who = await signedInAs();
    for (const action of ['login', 'refresh', 'logout']) {
      const options = { cookie: `refresh=${who.refresh}; __Secure-refresh=${who.refresh}`, body: who };
      const answer = await fromPageAt(`http://${host}`, action, options);
      expect([answer.status, answer.body, cookieOf(answer)]).toEqual([
        403,
        { detail: 'A login can be kept over https or on this machine only.' },
        null,
      ]);
    }
    expect(await sessionsOf(who)).toBe(1);
  });

  it('is refused in the words of token/, is recorded, and leaves alone what is kept already', async () => {
    const who = await signedInAs();
    const wrong = { ...who, password: 'a wrong one' };
    const answer = await logInPage(wrong, { headers: keeping(who.refresh) });
    const { status, body } = await post('/token/', wrong);
    expect([answer.status, answer.body, cookieOf(answer)]).toEqual([status, body, null]);
    expect(await eventsOf(who, 'authn_login_fail')).toHaveLength(2);
    expect((await refreshPage(who.refresh)).status).toBe(200);
  });

  it('ends the login of the cookie that it takes the place of', async () => {
    const who = await signedInAs();
    const other = await signedInAs();
    const answer = await logInPage(who, { headers: keeping(other.refresh) });
    expect(answer.status).toBe(200);
    expect((await refreshPage(other.refresh)).status).toBe(401);
    expect([await sessionsOf(other), await sessionsOf(who)]).toEqual([0, 2]);
  });

  it('is recorded as any login', async () => {
    const who = await person();
    const { body } = await logInPage(who, { headers: { 'CF-Connecting-IP': '203.0.113.5' } });
    expect(await eventsOf(who, 'authn_login_success')).toMatchObject([
      { actor_id: who.id, actor_credential: sessionIdOf(body.access), address: '203.0.113.5' },
    ]);
  });

  it('counts its failures together with those of token/', async () => {
    const who = await person();
    const wrong = { ...who, password: 'a wrong one' };
    const from = (i: number) => ({ headers: { 'CF-Connecting-IP': `203.0.113.${100 + i}` } });
    for (let i = 0; i < 5; i++) {
      expect((await logInPage(wrong, from(i))).status).toBe(401);
      expect((await post('/token/', wrong, from(i + 5))).status).toBe(401);
    }
    const answer = await logInPage(who, from(10));
    expect([answer.status, keptBy(answer)]).toEqual([429, null]);
    expect(answer.headers.get('Retry-After')).toMatch(/^[1-9]\d*$/);
  });

  it('does not look at credentials in headers', async () => {
    const headers = { Authorization: 'Bearer nonsense', 'X-API-Key': 'nonsense' };
    expect((await logInPage(await person(), { headers })).status).toBe(200);
  });
});

describe('POST auth/cookie/refresh/', () => {
  it('answers a new access token of the same session, and leaves the cookie as it is', async () => {
    const who = await person();
    const kept = keptBy(await logInPage(who)) ?? '';
    const answer = await refreshPage(kept);
    expect([answer.status, Object.keys(answer.body), cookieOf(answer)]).toEqual([200, ['access'], null]);
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    expect(claimsOf(answer.body.access)).toMatchObject({ token_type: 'access', sid: claimsOf(kept).sid });
  });

  it('takes the token of any login, beside other cookies and whatever Authorization says', async () => {
    const { refresh, access } = await signedInAs();
    const Cookie = `a=1; refreshed=x;refresh=${refresh} ; __Secure-refresh=y; =z`;
    const headers = { ...FROM_PAGE, Cookie, Authorization: `Bearer ${access}x` };
    expect((await post('/auth/cookie/refresh/', undefined, { headers })).status).toBe(200);
  });

  it('is refused without a cookie, also to whoever sends the token in another way', async () => {
    const { refresh, access } = await signedInAs();
    for (const options of [
      { headers: FROM_PAGE },
      { headers: { ...FROM_PAGE, Cookie: `__Secure-refresh=${refresh}` } },
      { headers: FROM_PAGE, body: { refresh } },
      { headers: FROM_PAGE, token: access },
    ]) {
      const answer = await call('POST', '/auth/cookie/refresh/', options);
      expect([answer.status, answer.body]).toEqual([401, invalid('No login is kept here.')]);
      expect(cookieOf(answer)).toBeNull();
    }
    const other = await fromPageAt('https://accounts.example', 'refresh', { cookie: `refresh=${refresh}` });
    expect(other.body).toEqual(invalid('No login is kept here.'));
  });

  it.each<[string, (who: SignedIn) => string]>([
    ['empty', () => 'refresh='],
    ['of blanks', () => 'refresh=  '],
    ['sent twice', ({ refresh }) => `refresh=${refresh}; refresh=${refresh}`],
    ['sent with another of its name', ({ refresh }) => `refresh=${refresh}; refresh=x`],
    ['sent behind another of its name', ({ refresh }) => `refresh=; refresh=${refresh}`],
    ['sent beside its bare name', ({ refresh }) => `refresh=${refresh}; refresh`],
    ['a bare name', () => 'refresh'],
    ['garbage', () => 'refresh=garbage'],
    ['no cookie value', ({ refresh }) => `refresh=a"${refresh}\\`],
    ['escaped badly', ({ refresh }) => `refresh=${refresh}%ff%`],
    ['cut', ({ refresh }) => `refresh=${refresh.slice(0, -9)}`],
    ['dots', () => 'refresh=...'],
    ['JSON', () => 'refresh={}'],
    ['an object’s own name', () => 'refresh=__proto__'],
    ['long', () => `refresh=${'x.'.repeat(8000)}`],
  ])('refuses a cookie that is %s, and removes it', async (_, cookieFor) => {
    const who = await signedInAs();
    const headers = { ...FROM_PAGE, Cookie: cookieFor(who) };
    const answer = await post('/auth/cookie/refresh/', undefined, { headers });
    expect([answer.status, answer.body, cookieOf(answer)]).toEqual([
      401,
      invalid('Token is invalid'),
      REMOVED,
    ]);
    expect(await sessionsOf(who)).toBe(1);
  });

  const byAdmin = async (method: string, { id }: SignedIn, body?: object): Promise<void> => {
    const { access: token } = await signedInAdmin();
    expect((await call(method, `/users/${id}/`, { token, body })).status).toBeLessThan(300);
  };

  it.each<[string, (who: SignedIn) => Promise<unknown>]>([
    ['an access token', async ({ access }) => access],
    ['an expired token', async ({ refresh }) => resigned(refresh, { exp: nowInSeconds() - 1 })],
    ['a token of a made-up session', async ({ refresh }) => resigned(refresh, { sid: 'made-up' })],
    ['a token of another’s session', async ({ refresh }) => resigned(refresh, { user_id: '1', sub: '1' })],
    ['a token of no type', async ({ refresh }) => resigned(refresh, { token_type: undefined })],
    [
      'one whose session ended',
      async ({ access }) => void (await post('/auth/logout/', {}, { token: access })),
    ],
    ['one whose session expired', async (who) => (await tokensOfExpiredSession(who)).refresh],
    ['one of a disabled user', async (who) => byAdmin('PATCH', who, { is_active: false })],
    ['one of a deleted user', async (who) => byAdmin('DELETE', who)],
    ['one whose password was reset', async (who) => byAdmin('PATCH', who, { password: 'another password' })],
  ])('refuses %s in the words of token/refresh/, and removes it', async (_, change) => {
    const who = await signedInAs();
    const changed = await change(who);
    const kept = typeof changed === 'string' ? changed : who.refresh;
    const { status, body } = await post('/token/refresh/', { refresh: kept });
    const answer = await refreshPage(kept);
    expect(status).toBe(401);
    expect([answer.status, answer.body, cookieOf(answer)]).toEqual([status, body, REMOVED]);
  });
});

describe('with REFRESH_ROTATION=on, a page', () => {
  const rotating = { env: envWith({ REFRESH_ROTATION: 'on' }) };

  it('gets the next token as its cookie alone', async () => {
    const first = keptBy(await logInPage(await person(), rotating)) ?? '';
    const answer = await refreshPage(first, rotating);
    const next = keptBy(answer) ?? '';
    expect([answer.status, Object.keys(answer.body)]).toEqual([200, ['access']]);
    expect(cookieOf(answer)).toBe(`refresh=${next}; Max-Age=86400; Path=${PATH}; HttpOnly; SameSite=Strict`);
    expect(claimsOf(next)).toMatchObject({ token_type: 'refresh', sid: claimsOf(first).sid });
    expect(claimsOf(next).jti).not.toBe(claimsOf(first).jti);
    expect((await refreshPage(next, rotating)).status).toBe(200);
  });

  it('may refresh in two tabs at once: both keep the same token', async () => {
    const { refresh } = await signedInAs();
    const answers = await Promise.all([1, 2, 3].map(() => refreshPage(refresh, rotating)));
    const ids = answers.map((answer) => claimsOf(keptBy(answer) ?? '').jti);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(ids).size).toBe(1);
  });

  it('is logged out when its token is used again, and so is whoever has the newer one', async () => {
    const who = await signedInAs();
    const second = keptBy(await refreshPage(who.refresh, rotating)) ?? '';
    inMinutes(1);
    const third = keptBy(await refreshPage(second, rotating)) ?? '';
    const reused = await refreshPage(who.refresh, rotating);
    expect([reused.status, reused.body, cookieOf(reused)]).toEqual([
      401,
      invalid('Token is invalid'),
      REMOVED,
    ]);
    expect(await sessionsOf(who)).toBe(0);
    expect(await eventsOf(who, 'authn_token_reuse')).toHaveLength(1);
    const late = await refreshPage(third, rotating);
    expect([late.status, cookieOf(late)]).toEqual([401, REMOVED]);
  });

  it('that never heard the answer gets it once more', async () => {
    const { refresh } = await signedInAs();
    const lost = intercepted(env.DB, async (_, send) => {
      await send();
      throw LOST();
    });
    const unheard = await refreshPage(refresh, { env: envWith({ REFRESH_ROTATION: 'on', DB: lost }) });
    expect([unheard.status, cookieOf(unheard)]).toEqual([503, null]);
    const heard = await refreshPage(refresh, rotating);
    expect([heard.status, keptBy(heard)]).toEqual([200, expect.stringMatching(/^ey/)]);
  });
});

describe('POST auth/cookie/logout/', () => {
  it('ends the session that the cookie names, and no other, and removes the cookie', async () => {
    const who = await signedInAs();
    const elsewhere = await signIn(who);
    const answer = await logOutPage(who.refresh);
    expect([answer.status, answer.text, cookieOf(answer)]).toEqual([204, '', REMOVED]);
    expect((await get('/users/me/', { token: who.access })).status).toBe(401);
    expect((await post('/token/refresh/', { refresh: who.refresh })).status).toBe(401);
    expect((await get('/users/me/', { token: elsewhere.access })).status).toBe(200);
  });

  it('is recorded as done by the user of that session, whoever Authorization names', async () => {
    const [who, other] = [await signedInAs(), await signedInAs()];
    const options = { token: other.access, headers: { 'CF-Connecting-IP': '203.0.113.5' } };
    const { headers } = await logOutPage(who.refresh, options);
    const sessionId = sessionIdOf(who.refresh);
    expect(await eventsOf(who, 'authn_token_revoked')).toMatchObject([
      {
        user_id: who.id,
        actor_id: who.id,
        actor_kind: 'session',
        actor_credential: sessionId,
        address: '203.0.113.5',
        request_id: headers.get('X-Request-Id'),
        detail: JSON.stringify({ session_id: sessionId }),
      },
    ]);
    expect((await get('/users/me/', { token: other.access })).status).toBe(200);
  });

  it.each<[string, (who: SignedIn) => Promise<string> | string]>([
    ['without a cookie', () => ''],
    ['with an empty one', () => 'refresh='],
    ['with two', ({ refresh }) => `refresh=${refresh}; refresh=x`],
    ['with garbage', () => 'refresh=garbage'],
    ['with an access token', ({ access }) => `refresh=${access}`],
    ['with an expired token', async ({ refresh }) => `refresh=${await resigned(refresh, { exp: 1 })}`],
    ['with a made-up session', async ({ refresh }) => `refresh=${await resigned(refresh, { sid: 'x' })}`],
    [
      'with another’s session',
      async ({ refresh }) => `refresh=${await resigned(refresh, { user_id: '1', sub: '1' })}`,
    ],
    ['with no user', async ({ refresh }) => `refresh=${await resigned(refresh, { user_id: 'x' })}`],
  ])('%s ends nothing, records nothing, and succeeds all the same', async (_, cookieFor) => {
    const who = await signedInAs();
    const headers = { ...FROM_PAGE, Cookie: await cookieFor(who) };
    const answer = await post('/auth/cookie/logout/', undefined, { headers });
    expect([answer.status, cookieOf(answer)]).toEqual([204, REMOVED]);
    expect([await sessionsOf(who), await eventsOf(who, 'authn_token_revoked')]).toEqual([1, []]);
  });

  it('succeeds a second time, and when the user is disabled or gone', async () => {
    const [boss, who, disabled, gone] = [
      await signedInAdmin(),
      await signedInAs(),
      await signedInAs(),
      await signedInAs(),
    ];
    await logOutPage(who.refresh);
    await patch(`/users/${disabled.id}/`, { is_active: false }, { token: boss.access });
    await call('DELETE', `/users/${gone.id}/`, { token: boss.access });
    for (const { refresh } of [who, disabled, gone]) {
      const answer = await logOutPage(refresh);
      expect([answer.status, cookieOf(answer)]).toEqual([204, REMOVED]);
    }
  });

  it('ends nothing with a token of another issuer that has no session here', async () => {
    const who = await signedInAs();
    const foreign = await referenceToken(who.id, { token_type: 'refresh' });
    expect((await logOutPage(foreign, { env: envWithInterchange() })).status).toBe(204);
    expect(await sessionsOf(who)).toBe(1);
  });

  it('asks the database only where there is a login to end', async () => {
    const { database, trips } = counted(env.DB);
    await logOutPage('garbage', { env: envWith({ DB: database }) });
    expect(trips).toEqual([]);
  });
});

it('no body and no log line tells a refresh token', async () => {
  const rotating = { env: envWith({ REFRESH_ROTATION: 'on' }) };
  const login = await logInPage(await person(), rotating);
  const first = keptBy(login) ?? '';
  const refreshed = await refreshPage(first, rotating);
  const second = keptBy(refreshed) ?? '';
  const foreign = await refreshPage(second, { headers: { Origin: 'https://evil.example' } });
  const logout = await logOutPage(second, rotating);
  const refused = await refreshPage(second, rotating);
  const answers = [login, refreshed, foreign, logout, refused];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 403, 204, 401]);
  const told = [...answers.map(({ text }) => text), ...lines].join();
  for (const part of [first, second].flatMap((token) => [token, token.split('.')[2] ?? ''])) {
    expect(part).toMatch(/^[\w.-]{40,}$/);
    expect(told).not.toContain(part);
  }
});

describe('while the database does not answer, the cookie stays', () => {
  const failures: [string, boolean][] = [
    ['before', false],
    ['after', true],
  ];

  it.each(failures)('of a refresh, whose question is lost %s it arrived', async (_, arrives) => {
    const { refresh } = await signedInAs();
    const answer = await refreshPage(refresh, { env: envWith({ DB: losing(arrives) }) });
    expect([answer.status, cookieOf(answer)]).toEqual([503, null]);
    expect((await refreshPage(refresh)).status).toBe(200);
  });

  it.each(failures)('of a logout, whose question is lost %s it arrived', async (_, arrives) => {
    const who = await signedInAs();
    const answer = await logOutPage(who.refresh, { env: envWith({ DB: losing(arrives) }) });
    expect([answer.status, cookieOf(answer), await sessionsOf(who)]).toEqual([503, null, arrives ? 0 : 1]);
    const again = await logOutPage(who.refresh);
    expect([again.status, cookieOf(again), await sessionsOf(who)]).toEqual([204, REMOVED, 0]);
    expect(await eventsOf(who, 'authn_token_revoked')).toHaveLength(1);
  });

  it.each(failures)('of before a login, whose question is lost %s it arrived', async (_, arrives) => {
    const who = await signedInAs();
    const options = { env: envWith({ DB: losing(arrives) }), headers: keeping(who.refresh) };
    const answer = await logInPage(who, options);
    expect([answer.status, cookieOf(answer)]).toEqual([503, null]);
  });

  it('where the keys are missing, too', async () => {
    const { refresh } = await signedInAs();
    for (const send of [refreshPage, logOutPage]) {
      const answer = await send(refresh, { env: envWith({ JWT_KEYS: '' }) });
      expect([answer.status, cookieOf(answer)]).toEqual([503, null]);
    }
  });

  const losing = (arrives: boolean): D1Database =>
    intercepted(env.DB, async (_, send) => {
      if (arrives) await send();
      throw LOST();
    });
});
