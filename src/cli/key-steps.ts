// The parts that the steps of both rotations share: signing keys and refresh keys.

import { describeInstant, describeWait } from './instants.ts';
import type { Refusal } from './key-rotation.ts';
import { UsageError } from './options.ts';

export type ForceOption = { force: boolean };

/** Whether every key goes that verifies only, or the one that was replaced first. */
export type AllOption = { all: boolean };

/** @throws UsageError with the reason of a refusal, and the step that is possible instead. */
export function possible<Plan extends object>(
  { nameOf }: { nameOf: (step: NonNullable<Refusal['next']>) => string },
  plan: Refusal | Plan,
): Plan {
  if (!('refused' in plan)) return plan;
  const next = plan.next === undefined ? '' : ` Next: \`${nameOf(plan.next)}\`.`;
  throw new UsageError(`${plan.refused}${next}`);
}

type Step = ForceOption & { say: (line: string) => void; now: Date; safeAt: Date; cost: string };

/** @throws UsageError before the step is safe, unless it is forced; then the cost is said. */
export function assertSafe({ say, now, safeAt, force, cost }: Step): void {
  const early = safeAt.getTime() - now.getTime();
  if (early <= 0) return;
  const wait = describeWait(early);
  if (!force) {
    const safe = `It is safe in ${wait}, from ${describeInstant(safeAt)} on.`;
    throw new UsageError(`Too early. ${safe}\nWith --force it is done now: ${cost}`);
  }
  say(`Forced, ${wait} early: ${cost}`);
}

/** Runs the writes of a step, and says of a failure what the step's comment promises. */
export async function repeatable<T>(command: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    throw new UsageError(
      `${cause.message}\nIt was cut off: run \`${command}\` again, with the same options.`,
      {
        cause,
      },
    );
  }
}
