import fc from 'fast-check';
import { env } from './env.ts';

const minutes = Number(env.FUZZ_MINUTES);

export type Effort = {
  /** How often the property is tried in a short run. */
  runs: number;
  /** Its part of the time of a long run; the parts of all properties add up to 1. */
  share: number;
};

/** A test of a long run may take its share and the time to shrink what it found. */
export const timeoutOf = ({ share }: Effort): number => minutes * 60_000 * share + 120_000;

/**
 * Tries a property: a few times from one seed with `npm test`, so that what is red is red again, and as often as
 * its share of the time allows with `npm run test:long`. A failure names the seed and the path that replay it.
 */
export async function holdsFor<T>(
  made: fc.Arbitrary<T>,
  { runs, share }: Effort,
  predicate: (value: T) => Promise<void>,
): Promise<void> {
  await fc.assert(fc.asyncProperty(made, predicate), {
    seed: Number(env.FUZZ_SEED),
    ...(env.FUZZ_PATH === '' ? {} : { path: env.FUZZ_PATH }),
    ...(minutes > 0
      ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: minutes * 60_000 * share }
      : { numRuns: runs }),
  });
}
