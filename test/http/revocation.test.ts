import { describe, expect, it } from 'vitest';
import { generateKey } from '../../src/core/api-keys.ts';
import { type Answer, call, envWith, get, post } from '../support/api.ts';
import { keepConsoleLines } from '../support/console-lines.ts';
import { env } from '../support/env.ts';
import { broken, counted } from '../support/intercepted-database.ts';
import { keyOf, person, type SignedIn, signedInAdmin, signedInAs, signIn } from '../support/people.ts';
import {
  claimsOf,
  envWithInterchange,
  forged,
  referenceToken,
  resigned,
  sessionIdOf,
} from '../support/wire-tokens.ts';

keepConsoleLines();

const revoke = (token: unknown, env = envWith({})): Promise<Answer> =>
  post('/token/revoke/', { token }, { env });

async function statusesOf({ access, refresh }: SignedIn, env = envWith({})): Promise<number[]> {
  const refreshed = await post('/token/refresh/', { refresh }, { env });
  return [(await get('/users/me/', { token: access, env })).status, refreshed.status];
}

function expectDone({ status, text, headers }: Answer): void {
  expect([status, text, headers.get('Cache-Control')]).toEqual([200, '', 'no-store']);
}

async function revocationsOf(userId: number) {
  const { access: token } = await signedInAs('view_auditevent');
  const { body } = await get(`/audit-events/?event=authn_token_revoked&user_id=${userId}`, { token });
  return body.results;
}

describe('revoking', () => {
  it.each(['access', 'refresh'] as const)(
    'the %s token ends its login, with both tokens, and no other',
    async (kind) => {
      const who = await signIn(await person());
      const elsewhere = await signIn(who);
      const key = await keyOf(elsewhere);
      for (let i = 0; i < 2; i++) expectDone(await revoke(who[kind]));
      expect(await statusesOf(who)).toEqual([401, 401]);
      expect(await statusesOf(elsewhere)).toEqual([200, 200]);
      expect((await get('/users/me/', { key })).status).toBe(200);
      const sessionId = sessionIdOf(who.access);
      expect(await revocationsOf(who.id)).toMatchObject([
        {
          actor_id: who.id,
          actor_kind: 'session',
          actor_credential: sessionId,
          detail: { session_id: sessionId },
        },
      ]);
    },
  );

  it('an API key deletes that key, recorded as done by it, and leaves the others and the logins', async () => {
    const bindings = { env: envWith({ API_KEYS_PER_USER: '2' }) };
    const who = await signedInAs();
    const make = async (name: string) =>
      (await post('/api-keys/', { name }, { token: who.access, ...bindings })).body;
    const [one, other] = [await make('one'), await make('other')];
    const headers = { 'CF-Connecting-IP': '192.0.2.7' };
    const answer = await post('/token/revoke/', { token: one.key }, { headers });
    expectDone(answer);
    expectDone(await revoke(one.key));
    expect((await get('/users/me/', { key: one.key })).status).toBe(401);
    expect((await get('/users/me/', { key: other.key })).status).toBe(200);
    expect(await statusesOf(who)).toEqual([200, 200]);
    expect(await revocationsOf(who.id)).toMatchObject([
      {
        actor_id: who.id,
        actor_kind: 'api_key',
        actor_credential: String(one.id),
        address: '192.0.2.7',
        request_id: answer.headers.get('X-Request-Id'),
        detail: { api_key_id: one.id, name: 'one' },
      },
    ]);
  });

  it('works for whoever has the token, also of a disabled user, and looks at no other credential', async () => {
    const [who, admin] = [await signedInAs(), await signedInAdmin()];
    const key = await keyOf(who);
    await env.DB.prepare('update users set is_active = false where id = ?').bind(who.id).run();
    for (const token of [who.access, key])
      expectDone(await post('/token/revoke/', { token }, { token: admin.access }));
    await env.DB.prepare('update users set is_active = true where id = ?').bind(who.id).run();
    expect(await statusesOf(who)).toEqual([401, 401]);
    expect((await get('/users/me/', { key })).status).toBe(401);
    expect(await statusesOf(admin)).toEqual([200, 200]);
  });

  it('takes forms and a hint, also one that is wrong', async () => {
    const who = await signedInAs();
    const body = new URLSearchParams({ token: who.access, token_type_hint: 'refresh_token' }).toString();
    expectDone(
      await call('POST', '/token/revoke/', {
        body,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      }),
    );
    expect(await statusesOf(who)).toEqual([401, 401]);
  });

  it('ends nothing where the token is given twice, since nothing tells which one is meant', async () => {
    const [who, other] = [await signedInAs(), await signedInAs()];
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const part = (token: string) =>
        `--x\r\nContent-Disposition: form-data; name="token"\r\n\r\n${token}\r\n`;
      const body = type.includes('multipart')
        ? `${part(who.access)}${part(other.access)}--x--\r\n`
        : `token=${who.access}&token=${other.access}`;
      const answer = await call('POST', '/token/revoke/', { body, headers: { 'Content-Type': type } });
      expect([answer.status, answer.body]).toEqual([
        400,
        { error: 'invalid_request', token: ['Not a valid string.'] },
      ]);
    }
    expect([await statusesOf(who), await statusesOf(other)]).toEqual([
      [200, 200],
      [200, 200],
    ]);
  });

  it('a replaced refresh token ends the login too, since whoever has it may have taken it', async () => {
    const bindings = envWith({ REFRESH_ROTATION: 'on' });
    const who = await signedInAs();
    const { body } = await post('/token/refresh/', { refresh: who.refresh }, { env: bindings });
    expectDone(await revoke(who.refresh, bindings));
    expect(await statusesOf({ ...who, refresh: body.refresh }, bindings)).toEqual([401, 401]);
  });

  it('another issuer’s token ends nothing where it has no session, and the login that it renews', async () => {
    const bindings = envWithInterchange();
    const who = await signIn(await person());
    const foreign = await referenceToken(who.id);
    expectDone(await revoke(foreign, bindings));
    expect((await get('/users/me/', { token: foreign, env: bindings })).status).toBe(200);
    const { sid, sub, user_id } = claimsOf(who.refresh);
    expectDone(await revoke(await referenceToken(who.id, { sid, sub, user_id }), bindings));
    expect(await statusesOf(who, bindings)).toEqual([401, 401]);
  });
});

describe('what is no good token', () => {
  const bad: [what: string, make: (who: SignedIn) => Promise<unknown> | unknown, trips: number][] = [
    ['nonsense', () => 'nonsense', 0],
    ['a number', () => 5, 0],
    ['a text that no token can be', () => 'a\0b\ud800', 0],
    ['a forged token', ({ access }) => forged(access), 0],
    ['an expired token', ({ access }) => resigned(access, { exp: 1_000_000_000 }), 0],
    ['a mistyped key', async (who) => `${(await keyOf(who)).slice(0, -1)}~`, 0],
    ['an unknown key', () => generateKey().reveal(), 1],
    ['a token of no session', ({ access }) => resigned(access, { sid: 'made-up' }), 1],
    ['a token of another’s session', ({ access }) => resigned(access, { user_id: '1', sub: '1' }), 1],
  ];

  it.each(bad)('ends nothing, and is no error: %s', async (_, make, expected) => {
    const who = await signedInAs();
    const token = await make(who);
    const { database, trips } = counted(env.DB);
    expectDone(await revoke(token, envWith({ DB: database })));
    expect(trips.length).toBe(expected);
    expect(await statusesOf(who)).toEqual([200, 200]);
    expect(await revocationsOf(who.id)).toEqual([]);
  });

  it('is asked of the database in the same statements as what is good', async () => {
    const who = await signedInAs();
    const statementsOf = async (token: string) => {
      const { database, trips } = counted(env.DB);
      await revoke(token, envWith({ DB: database }));
      return trips.map(({ statements }) => statements);
    };
    const made = await resigned(who.access, { sid: 'made-up' });
    const [unknownKey, key] = [
      await statementsOf(generateKey().reveal()),
      await statementsOf(await keyOf(who)),
    ];
    expect(key).toEqual(unknownKey);
    const [unknown, known] = [await statementsOf(made), await statementsOf(who.access)];
    expect(known).toEqual(unknown);
    expect([key.length, known.length]).toEqual([1, 1]);
  });
});

describe('is refused', () => {
  it.each([
    ['without a token', {}],
    ['with a hint alone', { token_type_hint: 'access_token' }],
    ['with an empty one', { token: '' }],
    ['with null', { token: null }],
    ['with what is no text', { token: {} }],
  ])('%s, as other errors are and as clients of OAuth read them', async (_, body) => {
    const answer = await post('/token/revoke/', body);
    expect([answer.status, answer.body]).toEqual([
      400,
      { error: 'invalid_request', token: [expect.stringMatching(/\S/)] },
    ]);
  });

  it('with 503 while the database does not answer, so that it is tried again', async () => {
    const who = await signedInAs();
    const bindings = envWith({ DB: broken(env.DB) });
    for (const token of [who.access, who.refresh, await keyOf(who)]) {
      const { status, headers } = await revoke(token, bindings);
      expect([status, headers.get('Retry-After')]).toEqual([503, '5']);
    }
    expect(await statusesOf(who)).toEqual([200, 200]);
  });
});
