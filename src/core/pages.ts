/** A slice of a list: `offset` rows passed over, then at most `limit`. */
export type Slice = { offset: number; limit: number };

/** Rows of a slice, and how many rows there are in all. */
export type Page<Row> = { count: number; rows: Row[] };
