import fc from 'fast-check';
import { expect, it } from 'vitest';
import { holdsFor, timeoutOf } from '../support/fuzz.ts';
import { type Credential, isGood } from './model.ts';
import { credentialOf, rightsOfTwoGroups, type Step, step } from './steps.ts';
import { expectedOf, gains, readStored, type Stored } from './stored.ts';
import { misjudged, newWorld, sendAs, type World } from './world.ts';

const EFFORT = { runs: 40, share: 0.5 };
/** Without the bias of arrays towards few: what goes wrong takes some steps. */
const histories = fc.tuple(
  rightsOfTwoGroups,
  fc.noBias(fc.array(step, { minLength: 1, maxLength: 30, size: 'max' })),
);

/** Does one step and lets the model follow; tells whether it was done, refused, or nothing to do it with. */
async function take(world: World, { what, as, plan }: Step): Promise<'done' | 'refused' | 'skipped'> {
  const by = as === null ? null : credentialOf(world, as);
  const deed = by === undefined ? null : plan(world, by as Credential);
  if (by === undefined || deed === null) return 'skipped';
  const { verdict, method, path, body, note } = deed;
  const isIn = by === null || isGood(by);
  const answer = await sendAs(by, method, path, body);
  expect(answer.status, `${what}: ${answer.text}`).toBe(isIn ? verdict.status : 401);
  if (answer.status >= 300) return 'refused';
  verdict.apply?.();
  note?.(answer.body);
  return 'done';
}

/** What must be true whatever the model thinks. */
function expectToHold(before: Stored, after: Stored, what: string, givesRights: boolean): void {
  expect(new Set(after.keys).size, `after ${what}: live keys, at most one a user`).toBe(after.keys.length);
  const admins = after.users.filter(({ level, isActive }) => level >= 10 && isActive);
  expect(admins.length, `after ${what}: active admins`).toBeGreaterThan(0);
  if (!givesRights) expect(gains(before, after), `after ${what}: rights that no admin gave`).toEqual([]);
}

const isAdminLogin = (by: Credential | undefined): boolean =>
  by?.kind === 'login' && isGood(by) && by.owner.level >= 10;

it(
  'whatever four people do, the service holds what it promises and answers as the model says',
  async () => {
    await holdsFor(histories, EFFORT, async ([rights, steps]) => {
      const world = await newWorld(rights);
      let before = await readStored();
      for (const one of steps) {
        const givesRights = one.as !== null && isAdminLogin(credentialOf(world, one.as));
        const outcome = await take(world, one);
        if (outcome === 'skipped') continue;
        const after = await readStored();
        expectToHold(before, after, one.what, givesRights);
        expect(after, `after ${one.what}: what is stored`).toEqual(expectedOf(world.model));
        // What was refused has left all as it was, as the lines above have seen.
        if (outcome === 'done')
          expect(await misjudged(world), `after ${one.what}: whom credentials stand for`).toEqual([]);
        before = after;
      }
    });
  },
  timeoutOf(EFFORT),
);
