import { DomainError } from './errors.ts';

/** Longest bare list; beyond it a client must page. */
export const MAX_UNPAGED_ROWS = 5000;

/** @throws DomainError `invalid` when there are more rows, of which one more than allowed was read. */
export function assertUnpaged(rows: readonly unknown[], what: string): void {
  if (rows.length <= MAX_UNPAGED_ROWS) return;
  const detail = `There are more than ${MAX_UNPAGED_ROWS} ${what}. Ask for pages: ?page=1&page_size=200.`;
  throw new DomainError('invalid', detail);
}

/** A slice of a list: `offset` rows passed over, then at most `limit`. */
export type Slice = { offset: number; limit: number };

/** Rows of a slice, and how many rows there are in all. */
export type Page<Row> = { count: number; rows: Row[] };

/** Where a page begins, by the id next to it, which is not on it: rows that come meanwhile move no page. */
export type Cursor = { direction: 'older' | 'newer'; than: number };

/** Rows with the newest first, and the cursors of the neighbouring pages; null where there is none. */
export type CursorPage<Row> = { rows: Row[]; older: Cursor | null; newer: Cursor | null };

/** @param found the newest first, on the side of the cursor and next to it; one more than `limit` if there are. */
export function cursorPage<Row extends { id: number }>(
  found: Row[],
  cursor: Cursor | null,
  limit: number,
): CursorPage<Row> {
  const hasMore = found.length > limit;
  const isNewer = cursor?.direction === 'newer';
  // The one too many is the one that is furthest from the cursor.
  const rows = hasMore && isNewer ? found.slice(-limit) : found.slice(0, limit);
  const [newest, oldest] = [rows[0], rows.at(-1)];
  const [hasOlder, hasNewer] = isNewer ? [true, hasMore] : [hasMore, cursor !== null];
  return {
    rows,
    older: oldest && hasOlder ? { direction: 'older', than: oldest.id } : null,
    newer: newest && hasNewer ? { direction: 'newer', than: newest.id } : null,
  };
}
