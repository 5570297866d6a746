// SQL as text, for wrangler, which takes no parameters.

/** A value as an SQL literal. SQLite knows one escape in a text: the doubled quote. */
export function literal(value: string | number | boolean): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(Number(value));
}
