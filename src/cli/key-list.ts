// What `npm run keys:list` shows.

import { keySetNumber } from '../core/key-set-names.ts';
import { refreshKeyId, refreshKeyNumber } from '../protocol/refresh-keys.ts';
import { describeInstant } from './instants.ts';
import { byHandBefore, promotableAt, type RecordedKey, type Rotation, retirableAt } from './key-rotation.ts';
import {
  type RecordedRefreshKey,
  type RefreshRotation,
  refreshRetirableAt,
  signingRefreshKey,
} from './refresh-key-rotation.ts';

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
  return lines.length === 0 ? ['No signing key is set.'] : aligned(lines, keySetNumber);
}

function aligned(lines: readonly Line[], numberOf: (secretName: string) => number | null): string[] {
  const order = ({ secretName }: Line) => numberOf(secretName) ?? 0;
  const width = Math.max(...lines.map(({ secretName }) => secretName.length));
  const kidWidth = Math.max(...lines.map(({ kid }) => kid.length));
  return lines
    .toSorted((a, b) => order(a) - order(b))
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

/** A line for each secret that signs refresh tokens, in the order of their numbers. */
export function describeRefreshKeys(rotation: RefreshRotation): string[] {
  const { keys, unset, byHand } = rotation;
  const lines = [
    ...keys.map((key) => refreshLineOf(key.secretName, describeRefreshKey(rotation, key))),
    ...unset.map(({ secretName }) => refreshLineOf(secretName, 'is recorded, but not set')),
    ...byHand.map((secretName) => refreshLineOf(secretName, 'was set by hand')),
  ];
  const isSet = keys.length + byHand.length > 0;
  return [...(isSet ? [] : ['No refresh key is set: the first signing key signs refresh tokens.'])].concat(
    lines.length === 0 ? [] : aligned(lines, refreshKeyNumber),
  );
}

const refreshLineOf = (secretName: string, state: string): Line => ({
  secretName,
  kid: refreshKeyId(refreshKeyNumber(secretName) ?? 0),
  state,
});

function describeRefreshKey(rotation: RefreshRotation, key: RecordedRefreshKey): string {
  const { byHand, now } = rotation;
  const [foreign] = byHand;
  const unless = foreign === undefined ? '' : `, unless ${foreign} does, which was set by hand`;
  if (key.signsFrom > now) return `signs refresh tokens from ${describeInstant(key.signsFrom)} on${unless}`;
  if (key === signingRefreshKey(rotation)) return `signs refresh tokens${unless}`;
  const retirableAt = refreshRetirableAt(rotation, key);
  const safe = retirableAt === undefined ? '' : `; can be retired from ${describeInstant(retirableAt)} on`;
  return `verifies only${safe}`;
}
