import type { RefreshChain, RefreshSuccessor, RefreshVerdict } from '../../src/core/refresh-rotation.ts';
import { later, NOW } from './stores.ts';

type Kind = RefreshVerdict['kind'];
/** What a session knows: nothing yet, or that its newest token was presented since it was made, or was not. */
type Known = 'nothing' | 'unused' | 'used';
type Presented = 'current' | 'parent' | 'older';

/** How many milliseconds ago the newest token was made: up to both edges of its ten seconds, and long after. */
const AGES = {
  early: [-86_400_000, -1],
  fresh: [0, 1, 9999],
  over: [10_000, 10_001, 86_400_000],
};

/** The rule of rotation in every state, for the judgement and for the statements alike. */
const RULES: [Known, Presented, Record<keyof typeof AGES, Kind>][] = [
  ['nothing', 'older', { early: 'rotate', fresh: 'rotate', over: 'rotate' }],
  ['unused', 'current', { early: 'again', fresh: 'again', over: 'rotate' }],
  ['unused', 'parent', { early: 'again', fresh: 'again', over: 'again' }],
  ['unused', 'older', { early: 'overtaken', fresh: 'reused', over: 'reused' }],
  ['used', 'current', { early: 'again', fresh: 'again', over: 'rotate' }],
  ['used', 'parent', { early: 'again', fresh: 'again', over: 'reused' }],
  ['used', 'older', { early: 'overtaken', fresh: 'reused', over: 'reused' }],
];

export type RotationRow = { known: Known; presented: Presented; msAgo: number; kind: Kind };

export const ROTATION_TABLE: RotationRow[] = RULES.flatMap(([known, presented, kinds]) =>
  (['early', 'fresh', 'over'] as const).flatMap((age) =>
    AGES[age].map((msAgo) => ({ known, presented, msAgo, kind: kinds[age] })),
  ),
);

/** What the session of a row knows at `NOW`. */
export const chainOf = ({ known, msAgo }: RotationRow): RefreshChain | null =>
  known === 'nothing'
    ? null
    : { currentId: 'current', parentId: 'parent', madeAt: later(-msAgo), isUsed: known === 'used' };

/** The id that a caller proposes for the next token. */
export const NEXT = 'next';

/** The refresh token that each verdict answers with. */
export function successorOf({ kind, msAgo }: RotationRow): RefreshSuccessor | null {
  if (kind === 'rotate') return { id: NEXT, issuedAt: NOW };
  return kind === 'again' ? { id: 'current', issuedAt: later(-msAgo) } : null;
}
