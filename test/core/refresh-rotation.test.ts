import { expect, it } from 'vitest';
import { judgeRefresh } from '../../src/core/refresh-rotation.ts';
import { chainOf, NEXT, ROTATION_TABLE, successorOf } from '../support/rotation.ts';
import { NOW } from '../support/stores.ts';

it.each(ROTATION_TABLE)(
  'the $presented token, $msAgo ms after the newest was made ($known): $kind',
  (row) => {
    const presented = { id: row.presented, nextId: NEXT };
    expect(judgeRefresh(chainOf(row), presented, NOW)).toEqual({
      kind: row.kind,
      successor: successorOf(row),
    });
  },
);
