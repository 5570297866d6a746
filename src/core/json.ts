/** What `JSON.parse` can return. */
export type Json = null | boolean | number | string | Json[] | { [member: string]: Json };
export type JsonObject = { [member: string]: Json };

/** True for what JSON calls an object: neither null nor an array, nor a file out of a form. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Every text and number in a JSON value, member names included, in document order. */
export function* leavesOf(value: Json): Generator<string | number> {
  if (typeof value === 'string' || typeof value === 'number') {
    yield value;
  } else if (Array.isArray(value)) {
    for (const item of value) yield* leavesOf(item);
  } else if (isJsonObject(value)) {
    for (const [member, inner] of Object.entries(value)) {
      yield member;
      yield* leavesOf(inner);
    }
  }
}
