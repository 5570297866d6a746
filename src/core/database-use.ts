/** What one request asks of the database, for its log line and its deadline. */
export type DatabaseUse = {
  roundTrips: number;
  /** Spent waiting, together; overlapping waits count each. */
  milliseconds: number;
  /** Epoch milliseconds after which nothing more is asked; set with the first round trip. */
  deadline?: number;
};
