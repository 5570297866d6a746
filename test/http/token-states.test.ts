import { describe, expect, it } from 'vitest';
import { generateKey } from '../../src/core/api-keys.ts';
import { type Answer, type Call, call, del, patch, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { keyOf, person, type SignedIn, signedInAdmin, signIn, uniqueName } from '../support/people.ts';
import { emptyTables, keepRows, restoreRows } from '../support/state.ts';
import {
  claimsOf,
  envWithInterchange,
  nowInSeconds,
  referenceToken,
  resigned,
} from '../support/wire-tokens.ts';

const bindings = Object.assign(envWithInterchange(), { RATE_LIMITS: 'off' });

/** Rows of words under a head of words; what stands before the bar names the row. */
function tableOf(text: string): Map<string, Map<string, string>> {
  const words = (line: string): string[] => line.trim().split(/\s+/);
  const [head = '', ...rows] = text.trim().split('\n');
  const columns = words(head);
  return new Map(
    rows.map((row) => {
      const [name = '', cells = ''] = row.split('|');
      const named = words(cells).map((cell, i): [string, string] => [columns[i] ?? '', cell]);
      return [name.trim(), new Map(named)];
    }),
  );
}

/** What each endpoint answers to a credential that stands, by its kind and by what its owner is. */
const ANSWERS = tableOf(`
                 me  profile password list change group keys generate revoke logout refresh verify who  worth
  admin token  | 200   200     200    200   200    201  200    201     200    200     401    200   204  200
  user token   | 200   200     200    403   403    403  200    201     200    200     401    200   204  200
  admin key    | 200   200     403    200   200    403  200    201     200    200     401    401   204  200
  user key     | 200   200     403    403   403    403  200    201     200    200     401    401   204  200
  in refresh   | 401   401     401    401   401    401  401    401     401    401     200    200   401  200
  out          | 401   401     401    401   401    401  401    401     401    401     401    401   401  401
`);

/**
 * How a credential stands after what happened to an admin since it was given out: as an admin's, as a standard
 * user's, as one that is still in (refresh tokens carry no rights), or out. Those of the origin are interchange
 * tokens: the first two without a session, the last one made by the origin of a refresh token of ours.
 */
const STATES = tableOf(`
                                   access  refresh  key    origin  origin-refresh  origin-renewed
  nothing                        | admin   in       admin  admin   in              admin
  demoted                        | user    in       user   user    in              user
  disabled                       | out     out      out    out     out             out
  disabled and enabled           | out     out      admin  out     out             out
  deleted                        | out     out      out    out     out             out
  password changed with this     | admin   in       admin  out     out             admin
  password changed elsewhere     | out     out      admin  out     out             out
  password reset by an admin     | out     out      admin  out     out             out
  logged out                     | out     out      admin  admin   in              out
  logged out elsewhere           | admin   in       admin  admin   in              admin
  logged out by key              | admin   in       admin  admin   in              admin
  logged out by the origin’s     | admin   in       admin  admin   in              admin
  logged out by the renewed one  | out     out      admin  admin   in              out
  login expired                  | out     out      admin  admin   in              out
  key revoked                    | admin   in       out    admin   in              admin
  key replaced                   | admin   in       out    admin   in              admin
  renamed                        | admin   in       admin  admin   in              admin
`);

type Held = { header: Call; text: string };
type Credentials = Record<string, Held>;
type Scene = { who: SignedIn; elsewhere: SignedIn; boss: SignedIn; credentials: Credentials };

const bearer = (token: string): Held => ({ header: { token, env: bindings }, text: token });
const apiKey = (key: string): Held => ({ header: { key, env: bindings }, text: key });

/** A token of the other admin. */
let asker = '';

/** An admin who is signed in twice and has a credential of every kind, and another who can act on it. */
async function setTheScene(): Promise<Scene> {
  await emptyTables();
  const boss = await signedInAdmin();
  asker = boss.access;
  const who = await signIn(await person({ userLevel: 10 }));
  const { sid, sub, user_id } = claimsOf(who.refresh);
  const key = await keyOf(who);
  const credentials = {
    access: bearer(who.access),
    refresh: bearer(who.refresh),
    key: apiKey(key),
    origin: bearer(await referenceToken(who.id)),
    'origin-refresh': bearer(await referenceToken(who.id, { token_type: 'refresh' })),
    'origin-renewed': bearer(await referenceToken(who.id, { sid, sub, user_id })),
  };
  return { who, elsewhere: await signIn(who), boss, credentials };
}

/** What is no credential of anyone, however good the user it names. */
async function badOnes({ who, credentials }: Scene): Promise<Credentials> {
  const past = { exp: nowInSeconds() - 1 };
  const [head, payload, signature] = who.access.split('.');
  const forged = `${head}.${payload?.slice(0, -2)}${payload?.endsWith('A') ? 'Q' : 'A'}.${signature}`;
  const key = credentials['key']?.text ?? '';
  return {
    'expired access': bearer(await resigned(who.access, past)),
    'expired refresh': bearer(await resigned(who.refresh, past)),
    'expired, of the origin': bearer(await referenceToken(who.id, past)),
    'of another session': bearer(await resigned(who.access, { sid: 'made-up' })),
    'of another’s session': bearer(await resigned(who.access, { user_id: '1', sub: '1' })),
    'with other claims': bearer(forged),
    'a mistyped key': apiKey(`${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`),
    'an unknown key': apiKey(generateKey().reveal()),
    'a key as a token': { ...bearer(key), text: 'none' },
    'a token as a key': { ...apiKey(who.access), text: 'none' },
  };
}

const boss = async (scene: Scene, body: object): Promise<Answer> =>
  patch(`/users/${scene.who.id}/`, body, { token: scene.boss.access });
const NEW = { password: 'another password' };
const logoutWith =
  (name: string) =>
  ({ credentials }: Scene): Promise<Answer> =>
    post('/auth/logout/', undefined, credentials[name]?.header);

/** How a state comes about. */
const CHANGES: Record<string, (scene: Scene) => Promise<unknown>> = {
  nothing: async () => {},
  demoted: (scene) => boss(scene, { user_level: 1 }),
  disabled: (scene) => boss(scene, { is_active: false }),
  'disabled and enabled': async (scene) => {
    await boss(scene, { is_active: false });
    return boss(scene, { is_active: true });
  },
  deleted: (scene) => del(`/users/${scene.who.id}/`, { token: scene.boss.access }),
  'password changed with this': ({ who }) => patch('/users/me/', NEW, { token: who.access }),
  'password changed elsewhere': ({ elsewhere }) => patch('/users/me/', NEW, { token: elsewhere.access }),
  'password reset by an admin': (scene) => boss(scene, NEW),
  'logged out': logoutWith('access'),
  'logged out elsewhere': ({ elsewhere }) => post('/auth/logout/', undefined, { token: elsewhere.access }),
  'logged out by key': logoutWith('key'),
  'logged out by the origin’s': logoutWith('origin'),
  'logged out by the renewed one': logoutWith('origin-renewed'),
  'login expired': ({ who }) =>
    env.DB.prepare('update sessions set expires_at = ? where user_id = ?')
      .bind(Date.now() - 1, who.id)
      .run(),
  'key revoked': ({ who }) => post('/api-keys/revoke/', undefined, { token: who.access }),
  'key replaced': ({ elsewhere }) => keyOf(elsewhere),
  renamed: (scene) => boss(scene, { username: uniqueName() }),
};

/** Introspection, as if it told by its status. */
async function worth(_: Call, token: string): Promise<Answer> {
  const answer = await post('/token/introspect/', { token }, { token: asker, env: bindings });
  return answer.body.active === false ? { ...answer, status: 401 } : answer;
}

/** One request of each kind, with the credential in a header or, for those that judge a token, in the body. */
const REQUESTS: Record<string, (as: Call, credential: string) => Promise<Answer>> = {
  me: (as) => call('GET', '/users/me/', as),
  profile: (as) => patch('/users/me/', { first_name: 'New' }, as),
  password: (as) => patch('/users/me/', { password: 'a new password' }, as),
  list: (as) => call('GET', '/users/', as),
  change: (as) => patch('/users/3/', { first_name: 'New' }, as),
  group: (as) => post('/groups/', { name: uniqueName(), permissions: [4] }, as),
  keys: (as) => call('GET', '/api-keys/', as),
  generate: (as) => post('/api-keys/generate/', undefined, as),
  revoke: (as) => post('/api-keys/revoke/', undefined, as),
  logout: (as) => post('/auth/logout/', undefined, as),
  refresh: (_, refresh) => post('/token/refresh/', { refresh }, { env: bindings }),
  verify: (_, token) => post('/token/verify/', { token }, { env: bindings }),
  who: (as) => call('GET', '/auth/verify/', as),
  worth,
};

/** What each endpoint answers to a credential, each time with every row as it was. */
async function answersTo({ header, text }: Held): Promise<Map<string, string>> {
  const answers = new Map<string, string>();
  for (const [name, request] of Object.entries(REQUESTS)) {
    const { status } = await request(header, text);
    answers.set(name, String(status));
    if (status < 300) await restoreRows();
  }
  return answers;
}

describe.each([...STATES])('when what happened to the user is: %s', (state, row) => {
  const afterIt = async (scene: Scene): Promise<void> => {
    await person();
    const answer = Object(await CHANGES[state]?.(scene));
    expect(answer.status ?? 200).toBeLessThan(300);
    await keepRows();
  };

  it('every endpoint answers each of its credentials as the table says', async () => {
    const scene = await setTheScene();
    await afterIt(scene);
    const [answered, expected] = [new Map(), new Map()];
    for (const [name, credential] of Object.entries(scene.credentials)) {
      answered.set(name, await answersTo(credential));
      expected.set(name, ANSWERS.get(rowFor(name, row.get(name))));
    }
    expect([...row.keys()]).toEqual(Object.keys(scene.credentials));
    expect(answered).toEqual(expected);
  });

  it('no endpoint takes what is no credential', async () => {
    const scene = await setTheScene();
    const bad = await badOnes(scene);
    await afterIt(scene);
    for (const [name, credential] of Object.entries(bad)) {
      expect(await answersTo(credential), name).toEqual(ANSWERS.get('out'));
    }
  });
});

function rowFor(credential: string, standing = 'out'): string {
  if (standing === 'out') return 'out';
  if (standing === 'in') return 'in refresh';
  return `${standing} ${credential === 'key' ? 'key' : 'token'}`;
}

it('the tables and what they are about agree', () => {
  expect([...STATES.keys()]).toEqual(Object.keys(CHANGES));
  for (const row of ANSWERS.values()) expect([...row.keys()]).toEqual(Object.keys(REQUESTS));
});
