import { beforeEach, describe, expect, it } from 'vitest';
import { type Answer, envWith, patch, post } from '../support/api.ts';
import { keepConsoleLines } from '../support/console-lines.ts';
import { env } from '../support/env.ts';
import { type Example, exampleOf, sendExample } from '../support/examples.ts';
import {
  counted,
  type Interceptor,
  intercepted,
  LOST,
  lostAfterFirstBatch,
} from '../support/intercepted-database.ts';
import { leaksIn, type Secrets } from '../support/leaks.ts';
import { type Operation, readOperations } from '../support/openapi.ts';
import { keptBy } from '../support/page-logins.ts';
import { groupOf, signedInAdmin, signedInAs, uniqueName } from '../support/people.ts';
import { emptyTables, removeAdmins, storedTables } from '../support/state.ts';

const operations = await readOperations();
const lines = keepConsoleLines();

// Every outcome is read from all rows.
beforeEach(emptyTables);

/** Writes that nothing tells apart from their repetition, so that they are sent once. */
const SENT_ONCE = new Set(['createGroup', 'deleteGroup', 'deleteUser']);

type Outcome = { answer: Answer; changed: string[]; trips: number; statements: number[] };

async function preparedExample(operation: Operation): Promise<Example> {
  if (operation.id === 'createSuperuser') await removeAdmins();
  return exampleOf(operation);
}

/** Sends a request that would succeed, with its database in other hands, and tells which tables are others then. */
async function outcomeOf(operation: Operation, intercept: Interceptor): Promise<Outcome> {
  const example = await preparedExample(operation);
  const { database, trips } = counted(env.DB);
  const before = await storedTables();
  lines.length = 0;
  const answer = await sendExample(operation, example, {
    env: envWith({ DB: intercepted(database, intercept) }),
  });
  const after = await storedTables();
  const changed = Object.keys(after).filter((table) => after[table] !== before[table]);
  const log = lines.map((text) => ({ where: 'the log', text }));
  expect(leaksIn(log, secretsOf(example, answer))).toEqual([]);
  return {
    answer,
    changed,
    trips: trips.length,
    statements: trips.map(({ statements }) => statements.length),
  };
}

/** What a request and its answer hold that no log may. */
function secretsOf({ token, key, body, headers }: Example, answer: Answer): Secrets {
  const { password, refresh, token: verified } = (body ?? {}) as Record<string, unknown>;
  const { access, refresh: made, key: shown } = answer.body ?? {};
  const [sent, kept] = [headers?.['Cookie']?.replace('refresh=', ''), keptBy(answer) || undefined];
  const all = { token, key, password, refresh, verified, access, made, shown, sent, kept };
  return new Map(
    Object.entries(all).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function expectNothingHalf({ answer, changed }: Outcome, whole: string[], what: string): void {
  if (answer.status < 300) {
    expect({ what, changed }).toEqual({ what, changed: whole });
    return;
  }
  expect([500, 503], `${what}: ${answer.text}`).toContain(answer.status);
  expect([[], whole], `${what} changed ${changed}`).toContainEqual(changed);
  expect(answer.headers.get('X-Request-Id'), what).toMatch(/^[0-9a-f-]{36}$/);
  if (answer.status === 503) expect(answer.headers.get('Retry-After'), what).toBe('5');
}

/** Ways for the round trip with a number to fail: before it is sent or after it was carried out, once or for good. */
const FAILURES: [string, (failed: number) => Interceptor][] = [
  [
    'before it is sent, once',
    (failed) => async (trip, send) => {
      if (trip.number === failed) throw LOST();
      return send();
    },
  ],
  [
    'before it is sent, and all later ones',
    (failed) => async (trip, send) => {
      if (trip.number >= failed) throw LOST();
      return send();
    },
  ],
  [
    'after it was carried out, once',
    (failed) => async (trip, send) => {
      const result = await send();
      if (trip.number === failed) throw LOST();
      return result;
    },
  ],
  [
    'after it was carried out, and all later ones',
    (failed) => async (trip, send) => {
      const result = await send();
      if (trip.number >= failed) throw LOST();
      return result;
    },
  ],
];

describe.each(operations)('$id', (operation) => {
  const healthy: Interceptor = (_, send) => send();

  it.each(FAILURES)('leaves nothing half done when a round trip fails %s', async (_, failureAt) => {
    const whole = await outcomeOf(operation, healthy);
    expect(whole.answer.status, whole.answer.text).toBeLessThan(300);
    for (let failed = 1; failed <= whole.trips; failed++) {
      const outcome = await outcomeOf(operation, failureAt(failed));
      expectNothingHalf(outcome, whole.changed, `trip ${failed} of ${whole.trips}`);
    }
  });

  it('leaves nothing half done when one statement of a batch fails', async () => {
    const whole = await outcomeOf(operation, healthy);
    for (const [i, statements] of whole.statements.entries()) {
      for (let spoiled = 0; statements > 1 && spoiled < statements; spoiled++) {
        const spoil: Interceptor = (trip, send) => send(trip.number === i + 1 ? { spoiled } : {});
        const outcome = await outcomeOf(operation, spoil);
        expectNothingHalf(outcome, [], `statement ${spoiled} of trip ${i + 1}`);
        expect(outcome.answer.status).toBe(500);
        expect(outcome.answer.body.detail).toBe('Internal server error.');
      }
    }
  });

  it('survives a connection that is lost once, unless asking again could do it twice', async () => {
    const { trips } = await outcomeOf(operation, healthy);
    const statuses = [];
    for (let failed = 1; failed <= trips; failed++) {
      for (const [, failureAt] of [FAILURES[0], FAILURES[2]].flatMap((each) => (each ? [each] : []))) {
        statuses.push((await outcomeOf(operation, failureAt(failed))).answer.status);
      }
    }
    const mayFail = SENT_ONCE.has(operation.id);
    expect(statuses.filter((status) => status >= 300)).toEqual(mayFail ? [503, 503] : []);
  });
});

describe('a change that was stored when the connection was lost is told as stored', () => {
  const late = () => ({ env: envWith({ DB: lostAfterFirstBatch(env.DB) }) });

  it('to an admin that has ended itself by it', async () => {
    const [admin] = [await signedInAdmin(), await signedInAdmin()];
    const change = { is_active: false };
    const answer = await patch(`/users/${admin.id}/`, change, { token: admin.access, ...late() });
    expect(answer).toMatchObject({ status: 200, body: { is_active: false } });
  });

  it('to a user whose current password it has replaced', async () => {
    const who = await signedInAs();
    const body = { password: 'the next password', current_password: who.password };
    expect((await patch('/users/me/', body, { token: who.access, ...late() })).status).toBe(200);
    expect((await post('/token/', { ...who, password: body.password })).status).toBe(200);
  });

  it('as unknown, where something came between that undid what it had stored', async () => {
    const who = await signedInAs();
    const admin = await signedInAdmin();
    const { DB } = env;
    let isDue = true;
    const undone: Interceptor = async ({ statements }, send) => {
      const result = await send();
      if (!isDue || !statements.some((text) => /update "users"/.test(text))) return result;
      isDue = false;
      await patch(`/users/${who.id}/`, { password: 'set by an admin' }, { token: admin.access });
      throw LOST();
    };
    const body = { password: 'the next password', current_password: who.password };
    const bindings = { env: envWith({ DB: intercepted(DB, undone) }) };
    const answer = await patch('/users/me/', body, { token: who.access, ...bindings });
    expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '5']);
  });

  it('to whoever creates a user, who is there once', async () => {
    const { access: token } = await signedInAdmin();
    const [username, groups] = [uniqueName(), [await groupOf(['view_user'])]];
    const answer = await post('/users/', { username, password: 'long enough', groups }, { token, ...late() });
    expect(answer).toMatchObject({ status: 201, body: { username, groups } });
  });

  it('to whoever gives a user groups, which it has once', async () => {
    const [{ access: token }, { id }] = [await signedInAdmin(), await signedInAs()];
    const groups = [await groupOf(['view_user'])];
    const answer = await patch(`/users/${id}/`, { groups }, { token, ...late() });
    expect(answer).toMatchObject({ status: 200, body: { groups } });
  });
});
