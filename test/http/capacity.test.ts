import { expect, it } from 'vitest';
import { seedsOf } from '../bench/scale-seed.ts';
import { type Answer, type Call, envWith, get, patch, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { metered, type Rows } from '../support/metered-database.ts';
import { keyOf, person, signedInAdmin, signedInAs } from '../support/people.ts';

type Step = { name: string; rows: Rows };
type Bindings = Pick<Call, 'env'>;

const NEAR = { headers: { 'CF-Connecting-IP': '203.0.113.9' } };

/** Read and written, as README.md has it: a change here is one of what operators pay for. */
const EXPECTED: Record<string, [read: number, written: number]> = {
  'a first login from a network': [40, 28],
  'a further login': [44, 27],
  'a failed login': [22, 10],
  'a failed login after another': [23, 9],
  'a refresh': [6, 1],
  'users/me/ by token': [7, 0],
  'users/me/ by key, first use': [8, 1],
  'users/me/ by key': [7, 0],
  'auth/verify/ by token': [5, 0],
  'auth/verify/ by key': [5, 0],
  'a search for one': [9, 0],
  'own logins': [10, 0],
  'events of a user': [11, 0],
  'a change of one’s own': [27, 9],
  'a key in the place of another': [42, 20],
  'a logout': [10, 9],
};

/** What one person and an admin do, each from the same state whenever it is asked. */
async function walk(): Promise<Step[]> {
  const { username, password } = await person();
  const who = await signedInAs('view_user');
  const admin = await signedInAdmin();
  const key = await keyOf(who);
  const steps: Step[] = [];
  const step = async (name: string, send: (bindings: Bindings) => Promise<Answer>): Promise<void> => {
    const { database, rows } = metered(env.DB);
    const { status, text } = await send({ env: envWith({ DB: database }) });
    expect(name.startsWith('a failed') ? status === 401 : status < 300, text).toBe(true);
    steps.push({ name, rows });
  };
  const login = (given: string) => (bindings: Bindings) =>
    post('/token/', { username, password: given }, { ...NEAR, ...bindings });
  const asWho = { token: who.access };
  await step('a first login from a network', login(password));
  await step('a further login', login(password));
  await step('a failed login', login('wrong'));
  await step('a failed login after another', login('wrong'));
  await step('a refresh', (bindings) => post('/token/refresh/', { refresh: who.refresh }, bindings));
  await step('users/me/ by token', (bindings) => get('/users/me/', { ...asWho, ...bindings }));
  await step('users/me/ by key, first use', (bindings) => get('/users/me/', { key, ...bindings }));
  await step('users/me/ by key', (bindings) => get('/users/me/', { key, ...bindings }));
  await step('auth/verify/ by token', (bindings) => get('/auth/verify/', { ...asWho, ...bindings }));
  await step('auth/verify/ by key', (bindings) => get('/auth/verify/', { key, ...bindings }));
  await step('a search for one', (bindings) =>
    get(`/users/?page=1&search=${username}`, { ...asWho, ...bindings }),
  );
  await step('own logins', (bindings) => get('/sessions/?page=1', { ...asWho, ...bindings }));
  await step('events of a user', (bindings) =>
    get(`/audit-events/?user_id=${who.id}`, { token: admin.access, ...bindings }),
  );
  await step('a change of one’s own', (bindings) =>
    patch('/users/me/', { email: 'a@example.org' }, { ...asWho, ...bindings }),
  );
  await step('a key in the place of another', (bindings) =>
    post('/api-keys/generate/', {}, { ...asWho, ...bindings }),
  );
  await step('a logout', (bindings) => post('/auth/logout/', {}, { ...asWho, ...bindings }));
  return steps;
}

// Whose name is the last: a search reads the one after what it finds, too.
await person({ username: 'zz' });
const few = await walk();
for (const { statements } of seedsOf(2000, 'no hash', 100_000)) {
  await env.DB.batch(statements.map((each) => env.DB.prepare(each)));
}

it.each(few)('$name costs no other rows than it did', ({ name, rows }) => {
  expect([rows.read, rows.written]).toEqual(EXPECTED[name]);
});

it('nothing reads or writes more among 2,000 users with keys, logins and events', async () => {
  expect(await walk()).toEqual(few);
});
