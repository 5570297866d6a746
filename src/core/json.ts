/** What `JSON.parse` can return. */
export type Json = null | boolean | number | string | Json[] | { [member: string]: Json };
export type JsonObject = { [member: string]: Json };

/** True for what JSON calls an object: neither null nor an array. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every string in a JSON value, member names included, in document order. */
export function* stringsIn(value: Json): Generator<string> {
  if (typeof value === 'string') {
    yield value;
  } else if (Array.isArray(value)) {
    for (const item of value) yield* stringsIn(item);
  } else if (isJsonObject(value)) {
    for (const [member, inner] of Object.entries(value)) {
      yield member;
      yield* stringsIn(inner);
    }
  }
}
