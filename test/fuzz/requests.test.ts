import { beforeAll, expect, it } from 'vitest';
import { type Answer, answerTo } from '../support/api.ts';
import { keepConsoleLines } from '../support/console-lines.ts';
import { env } from '../support/env.ts';
import { holdsFor, timeoutOf } from '../support/fuzz.ts';
import { operationsOf, readDocument } from '../support/openapi.ts';
import { removeAdmins, restoreRows } from '../support/state.ts';
import { type Cast, newCast } from './cast.ts';
import { faultsOf, faultsOfOperation } from './faults.ts';
import { requestFrom, requestsAnywhere, requestsOf, type Sketch } from './requests.ts';

const document = await readDocument();
const operations = operationsOf(document);
/** Set-up does nothing while there is an admin, so it is tried without one as well. */
const tried = operations.flatMap((operation) =>
  operation.path.includes('superuser')
    ? [
        { operation, when: '' },
        { operation, when: ' while there is no admin' },
      ]
    : [{ operation, when: '' }],
);

const EACH = { runs: 25, share: 0.4 / tried.length };
const ANYWHERE = { runs: 250, share: 0.1 };

const bindings = Object.assign({}, env, { RATE_LIMITS: 'off' });
let cast: Cast;
keepConsoleLines();
beforeAll(async () => {
  cast = await newCast();
});

const answerOf = async (sketch: Sketch): Promise<Answer> =>
  answerTo(await requestFrom(cast, sketch), bindings);

it.each(tried.map(({ operation, when }) => ({ id: operation.id, operation, when })))(
  '$id answers any request as the document says, and never fails$when',
  async ({ operation, when }) => {
    await holdsFor(requestsOf(operation), EACH, async (sketch) => {
      await restoreRows();
      if (when !== '') await removeAdmins();
      const answer = await answerOf(sketch);
      expect([...faultsOfOperation(document, operation, answer)], answer.text.slice(0, 500)).toEqual([]);
    });
  },
  timeoutOf(EACH),
);

it(
  'any method on any path is answered, an error as JSON, and never fails',
  async () => {
    await holdsFor(requestsAnywhere(operations), ANYWHERE, async (sketch) => {
      await restoreRows();
      const answer = await answerOf(sketch);
      expect([...faultsOf(answer, sketch.method)], answer.text.slice(0, 500)).toEqual([]);
    });
  },
  timeoutOf(ANYWHERE),
);
