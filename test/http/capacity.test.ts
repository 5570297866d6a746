import { describe, expect, it } from 'vitest';
import readme from '../../README.md?raw';
import { seedsOf } from '../bench/scale-seed.ts';
import { type Call, envWith, get, patch, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { counted } from '../support/intercepted-database.ts';
import { metered } from '../support/metered-database.ts';
import { keyOf, person, signedInAdmin, signedInAs } from '../support/people.ts';
import { authenticate } from '../support/rpc.ts';

/** What an operation asks of the database: round trips, statements, and the rows that D1 bills. */
type Costs = [trips: number, statements: number, read: number, written: number];
type Step = { name: string; costs: Costs };
type On = Required<Pick<Call, 'env'>>;
type Ask = (on: On) => Promise<{ status: number } | { valid: boolean }>;

const NEAR = { headers: { 'CF-Connecting-IP': '203.0.113.9' } };

/** Of these README.md says nothing. */
const UNTOLD: Record<string, Costs> = {
  'a failed login after another': [1, 6, 23, 9],
  'own logins': [2, 3, 11, 0],
  'events of a user': [2, 2, 11, 0],
};

/** What people do, by the words of README.md, each from the same state whenever it is asked. */
async function walk(): Promise<Step[]> {
  const { username, password } = await person();
  const who = await signedInAs('view_user');
  const service = await keyOf(await signedInAs('introspect_token'));
  const admin = (await signedInAdmin()).access;
  // Nobody is the last in an index: a lookup reads the row after what it finds, too.
  await keyOf(await signedInAs('view_user'));
  const key = await keyOf(who);
  await get('/users/me/', { key: service });
  const steps: Step[] = [];
  const step = async (name: string, ask: Ask, expected: number | true = 200): Promise<void> => {
    const { database: metering, rows } = metered(env.DB);
    const { database, trips } = counted(metering);
    const answer = await ask({ env: envWith({ DB: database }) });
    expect('valid' in answer ? answer.valid : answer.status, name).toBe(expected);
    const statements = trips.flatMap((trip) => trip.statements).length;
    steps.push({ name, costs: [trips.length, statements, rows.read, rows.written] });
  };
  const login =
    (given: string): Ask =>
    (on) =>
      post('/token/', { username, password: given }, { ...NEAR, ...on });
  const [token, refresh] = [who.access, who.refresh];
  await step('POST `token/`, from a new network', login(password));
  await step('POST `token/`', login(password));
  await step('POST `token/`, wrong password', login('wrong'), 401);
  await step('a failed login after another', login('wrong'), 401);
  await step('POST `token/refresh/`', (on) => post('/token/refresh/', { refresh }, on));
  await step('GET `users/me/` by Bearer', (on) => get('/users/me/', { token, ...on }));
  await step('GET `users/me/` by key, once in five minutes', (on) => get('/users/me/', { key, ...on }));
  await step('GET `users/me/` by key', (on) => get('/users/me/', { key, ...on }));
  await step('GET `auth/verify/` by Bearer', (on) => get('/auth/verify/', { token, ...on }), 204);
  await step('RPC `authenticate` by key', (on) => authenticate({ 'x-api-key': key }, on.env), true);
  await step('POST `token/introspect/` by key', (on) =>
    post('/token/introspect/', { token }, { key: service, ...on }),
  );
  await step('GET `users/me/` without credentials: 401', (on) => get('/users/me/', on), 401);
  await step('GET `/.well-known/jwks.json`', (on) => get('/.well-known/jwks.json', on));
  await step('search that finds one user, a page', (on) =>
    get(`/users/?page=1&search=${username}`, { token, ...on }),
  );
  await step('own logins', (on) => get('/sessions/?page=1', { token, ...on }));
  await step('events of a user', (on) => get(`/audit-events/?user_id=${who.id}`, { token: admin, ...on }));
  await step('own name or email changed', (on) =>
    patch('/users/me/', { email: 'a@example.org' }, { token, ...on }),
  );
  await step(
    'POST `api-keys/generate/`, in the place of another',
    (on) => post('/api-keys/generate/', {}, { token, ...on }),
    201,
  );
  await step('POST `auth/logout/`', (on) => post('/auth/logout/', {}, { token, ...on }));
  return steps;
}

/** The rows of the table of README.md whose head begins with `head`, by their first cell. */
function tableOf(head: string): Map<string, string[]> {
  const [, table = ''] = readme.split(`\n| ${head} |`);
  const [, , ...lines] = (table.split('\n\n')[0] ?? '').split('\n');
  return new Map(
    lines.map((line) => {
      const [first = '', ...cells] = line.split('|').slice(1, -1);
      return [first.trim(), cells.map((cell) => cell.trim())];
    }),
  );
}

const microseconds = (cpu: string): number => Number.parseFloat(cpu) * (cpu.endsWith('ms') ? 1000 : 1);

const operations = tableOf('operation');
const cpuOf = (name: string): string => operations.get(name)?.[0] ?? '';

// Whose name is behind all others, for a search.
await person({ username: 'zz' });
const few = await walk();
for (const { statements } of seedsOf(2000, 'no hash', 100_000)) {
  await env.DB.batch(statements.map((each) => env.DB.prepare(each)));
}

describe('what operations cost, by the table of README.md', () => {
  it('is told of all that is tried here, and of nothing else', () => {
    const tried = few.map(({ name }) => name).filter((name) => !(name in UNTOLD));
    expect([...operations.keys()].sort()).toEqual(tried.sort());
  });

  it.each(few)('$name asks of the database what it says', ({ name, costs }) => {
    const told = operations.get(name)?.slice(1, 5).map(Number);
    expect(costs).toEqual(told ?? UNTOLD[name]);
  });

  it('names the CPU time that the table of the bench has', () => {
    const measured = tableOf('request');
    const told = [...operations].filter(([, [cpu]]) => cpu !== '');
    expect(told.length).toBeGreaterThan(8);
    for (const [name, [cpu]] of told) {
      const [request = ''] = name.split(', ');
      expect([name, cpu]).toEqual([name, measured.get(request)?.[0]]);
    }
  });

  it('sums up what a million are billed', () => {
    for (const [name, [cpu = '', , , read, written, dollars]] of operations) {
      const request = name.startsWith('RPC') ? 0 : 0.3;
      const cpuMs = cpu === '' ? 1 : microseconds(cpu) / 1000;
      const sum = request + cpuMs * 0.02 + Number(read) * 0.001 + Number(written) * 1;
      expect([name, dollars]).toEqual([name, sum.toFixed(2)]);
    }
  });

  it('makes the latency that users far away see', () => {
    const hashMs = microseconds(cpuOf('POST `token/`')) / 1000;
    const far = tableOf('distance');
    expect(far.size).toBe(5);
    for (const [distance, cells] of far) {
      const trip = Number.parseInt(distance, 10);
      expect(cells.map(Number)).toEqual([0, trip, 2 * trip, 2 * trip + hashMs, 3 * trip]);
    }
  });
});

it('nothing asks for more among 2,000 users with keys, logins and events', async () => {
  expect(await walk()).toEqual(few);
});

it('who is calling costs no more with a thousand keys, none of them the personal one', async () => {
  const { id, access: token } = await signedInAs();
  const keys = (first: number, last: number) =>
    env.DB.prepare(
      `with recursive n(i) as (select ${first} union all select i + 1 from n where i < ${last})
      insert into api_keys (user_id, name, digest, preview, created_at)
      select ${id}, 'key ' || i, lower(hex(randomblob(32))), 'preview ' || i, 0 from n`,
    ).run();
  const asked = async () => {
    const { database, rows } = metered(env.DB);
    const { body } = await get('/users/me/', { token, env: envWith({ DB: database }) });
    return { preview: body.api_key_preview, rows };
  };
  await keys(1, 1);
  const { rows } = await asked();
  await keys(2, 1000);
  expect(await asked()).toEqual({ preview: 'preview 1000', rows });
});
