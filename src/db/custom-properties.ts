import { type SQL, sql } from 'drizzle-orm';
import type { Json, JsonObject } from '../core/json.ts';
import { parseStored } from './stored-json.ts';

/**
 * Custom properties as they are stored: an object whose members are JSON texts. SQLite then merges members
 * without a look into their values: in linear time, and without printing a number anew.
 */
export const packed = (properties: JsonObject): string =>
  JSON.stringify(mapMembers(properties, (value) => JSON.stringify(value)));

/** @throws Error as `parseStored`, for what `packed` never wrote. */
export const unpacked = (stored: string): JsonObject =>
  mapMembers(parseStored<Record<string, string>>(stored), (text) => parseStored<Json>(text));

const mapMembers = <From, To>(members: Record<string, From>, map: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, map(value)]));

/** The stored properties with a patch laid over their top level; null takes a member away. */
function mergedMembers(patch: JsonObject): SQL {
  const json = packed(patch);
  return sql`(
    select key, value from json_each(custom_properties) where key not in (select key from json_each(${json}))
    union all select key, value from json_each(${json}) where value <> 'null'
  )`;
}

export const merged = (patch: JsonObject): SQL =>
  sql`(select json_group_object(key, value) from ${mergedMembers(patch)})`;

/** Bytes of the merged properties as the JSON text that clients see: braces, colons and commas included. */
export const mergedBytes = (patch: JsonObject): SQL =>
  sql`(select coalesce(sum(length(cast(json_quote(key) || value as blob)) + 2), 1) + 1 from ${mergedMembers(patch)})`;
