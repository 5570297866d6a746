/**
 * This moment by the database's clock in milliseconds, as SQL: that of the write, since the clock of a request stands
 * still while it computes.
 */
export const DATABASE_NOW = "cast(unixepoch('subsec') * 1000 as integer)";
