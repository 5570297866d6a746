import { beforeAll, describe, expect, it } from 'vitest';
import { promotableAt, retirableAt } from '../../src/cli/key-rotation.ts';
import type { Env } from '../../src/env.ts';
import { envWith, get, post } from '../support/api.ts';
import { env } from '../support/env.ts';
import { newJwk, publicPart, setOf } from '../support/jwks.ts';
import { person } from '../support/people.ts';

/** How long a Worker may run on with the secrets as they were. */
const OLD_WORKER_MS = 15 * 60_000;
const TOKEN_TTL_SECONDS = 86_400;
const MINUTE_MS = 60_000;

const GENERATIONS = ['before', 'added', 'promoted', 'retired'] as const;
type Generation = (typeof GENERATIONS)[number];
const pairs = GENERATIONS.flatMap((minter) => GENERATIONS.map((taker) => [minter, taker] as const));

/** Which Workers take the tokens of which, by the secrets they run with: rows mint, columns take. */
const TAKEN = {
  before: { before: true, added: true, promoted: true, retired: false },
  added: { before: true, added: true, promoted: true, retired: false },
  promoted: { before: false, added: true, promoted: true, retired: true },
  retired: { before: false, added: true, promoted: true, retired: true },
};

/** Each with secrets of its own, so that its keys are imported as in a Worker that has just started. */
async function workers(): Promise<Record<Generation, Env>> {
  const [old, next] = [await newJwk('ES256'), await newJwk('ES256')];
  return {
    before: envWith({ ...bare, JWT_KEYS: setOf(old) }),
    added: envWith({ ...bare, JWT_KEYS: setOf(old), JWT_KEYS_2: setOf(next) }),
    promoted: envWith({ ...bare, JWT_KEYS: setOf(publicPart(old)), JWT_KEYS_2: setOf(next) }),
    retired: envWith({ ...bare, JWT_KEYS: '', JWT_KEYS_2: setOf(next) }),
  };
}

/** Without a refresh key, so that the signing keys sign all tokens. */
const bare = { REFRESH_KEY: '' };

let running: Record<Generation, Env>;
beforeAll(async () => {
  running = await workers();
});

describe('Workers with different generations of the secrets', () => {
  it.each(pairs)('a token minted as of "%s", presented as of "%s"', async (minter, taker) => {
    const { username, password } = await person();
    const login = await post('/token/', { username, password }, { env: running[minter] });
    const { access, refresh } = login.body;
    const answers = [
      await get('/users/me/', { token: access, env: running[taker] }),
      await post('/token/refresh/', { refresh }, { env: running[taker] }),
      await post('/token/verify/', { token: access }, { env: running[taker] }),
    ];
    const expected = TAKEN[minter][taker] ? 200 : 401;
    expect(answers.map(({ status }) => status)).toEqual([expected, expected, expected]);
  });
});

it('with a refresh key, refresh tokens do not depend on the generation of the signing keys', async () => {
  const { REFRESH_KEY } = env;
  for (const [minter, taker] of pairs) {
    const { body } = await post('/token/', await person(), { env: { ...running[minter], REFRESH_KEY } });
    const on = { env: { ...running[taker], REFRESH_KEY } };
    expect((await post('/token/refresh/', { refresh: body.refresh }, on)).status).toBe(200);
  }
});

type Steps = { added: number; promoted: number; retired: number };

/** When Workers of a generation run: from its step on, and for a while after the next one. */
const spansOf = ({
  added,
  promoted,
  retired,
}: Steps): Record<Generation, { from: number; until: number }> => ({
  before: { from: Number.NEGATIVE_INFINITY, until: added + OLD_WORKER_MS },
  added: { from: added, until: promoted + OLD_WORKER_MS },
  promoted: { from: promoted, until: retired + OLD_WORKER_MS },
  retired: { from: retired, until: Number.POSITIVE_INFINITY },
});

/** The tokens that are valid when they reach a Worker that refuses them. */
function refusals(steps: Steps): string[] {
  const spans = spansOf(steps);
  const canMeet = (minter: Generation, taker: Generation) =>
    spans[taker].from < spans[minter].until + TOKEN_TTL_SECONDS * 1000 &&
    spans[minter].from < spans[taker].until;
  return pairs
    .filter(([minter, taker]) => canMeet(minter, taker) && !TAKEN[minter][taker])
    .map(([minter, taker]) => `${minter}, at ${taker}`);
}

describe('a rotation', () => {
  const added = Date.UTC(2030, 0, 1);
  const promoted = promotableAt(new Date(added)).getTime();
  const retireAfter = (at: number) =>
    retirableAt({ at: new Date(at), tokenTtlSeconds: TOKEN_TTL_SECONDS }).getTime();
  const retired = retireAfter(promoted);

  it('that waits as its commands ask refuses no valid token', () => {
    expect(refusals({ added, promoted, retired })).toEqual([]);
  });

  it.each([
    ['promotes a minute early', { promoted: promoted - MINUTE_MS }, ['promoted, at before']],
    ['promotes at once', { promoted: added, retired: retireAfter(added) }, ['promoted, at before']],
    ['retires a minute early', { retired: retired - MINUTE_MS }, ['added, at retired']],
    ['retires at once', { retired: promoted }, ['before, at retired', 'added, at retired']],
  ])('that %s would refuse some', (_, steps, refused) => {
    const actual = refusals({ added, promoted, retired, ...steps });
    expect(actual).toEqual(refused);
  });
});
