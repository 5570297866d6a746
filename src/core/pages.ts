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
