// What `npm run keys:list` shows.

import { keySetNumber } from '../core/key-set-names.ts';
import { describeInstant } from './instants.ts';
import { byHandBefore, promotableAt, type RecordedKey, type Rotation, retirableAt } from './key-rotation.ts';

type Line = { secretName: string; kid: string; state: string };

/** A line for each secret with keys, in the order in which they count. */
export function describeRotation(rotation: Rotation): string[] {
  const lines = [
    ...rotation.replaced.map((key) => lineOf(key, describeReplaced(key))),
    ...rotation.live.map((key, index) => lineOf(key, describeLive(rotation, key, index))),
    ...rotation.unset.map((key) => lineOf(key, 'is recorded, but not set')),
    ...[...rotation.byHand, ...rotation.shared].map((secretName) => ({
      secretName,
      kid: '',
      state: 'was set by hand',
    })),
  ];
  if (lines.length === 0) return ['No signing key is set.'];
  const order = ({ secretName }: Line) => keySetNumber(secretName) ?? 0;
  const width = Math.max(...lines.map(({ secretName }) => secretName.length));
  const kidWidth = Math.max(...lines.map(({ kid }) => kid.length));
  return lines
    .sort((a, b) => order(a) - order(b))
    .map(({ secretName, kid, state }) => `${secretName.padEnd(width)}  ${kid.padEnd(kidWidth)}  ${state}`);
}

const lineOf = ({ secretName, kid }: RecordedKey, state: string): Line => ({ secretName, kid, state });

function describeReplaced({ replaced }: RecordedKey): string {
  if (replaced === null) return '';
  return `verifies only; may be retired from ${describeInstant(retirableAt(replaced))} on`;
}

function describeLive(rotation: Rotation, key: RecordedKey, index: number): string {
  const foreign = byHandBefore(rotation, key.secretName);
  if (foreign !== undefined) return `signs, unless ${foreign} does, which was set by hand`;
  if (index === 0) return 'signs';
  return `stands by; may be promoted from ${describeInstant(promotableAt(key.addedAt))} on`;
}
