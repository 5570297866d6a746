/** What `JSON.parse` can return. */
export type Json = null | boolean | number | string | Json[] | { [member: string]: Json };
export type JsonObject = { [member: string]: Json };

/** True for what JSON calls an object: neither null nor an array, nor a file out of a form. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Every text and number in a JSON value, member names included. No recursion, so that depth costs nothing. */
export function* leavesOf(value: Json): Generator<string | number> {
  const rest: Json[] = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next === 'string' || typeof next === 'number') yield next;
    else if (Array.isArray(next)) for (const item of next) rest.push(item);
    else if (isJsonObject(next)) for (const member of Object.entries(next)) rest.push(...member);
  }
}
