import * as z from 'zod/mini';

type JsonType = 'string' | 'integer' | 'boolean' | 'object' | 'array' | 'null';

/** What the OpenAPI document says of a schema besides its shape. */
export type Documentation = {
  /** The name of its component. */
  id?: string;
  type?: JsonType | JsonType[];
  description?: string;
  example?: unknown;
  format?: 'int32' | 'password' | 'date-time';
  enum?: string[];
  minLength?: number;
  maxLength?: number;
  items?: { type: JsonType; enum?: string[] };
  maxItems?: number;
  additionalProperties?: Record<string, never>;
  param?: { name: string; in: 'path' };
};

/** Of all schemas; src/cli/classic-schemas.ts reads it. One is entered once: a second entry would replace the first. */
export const documentation = z.registry<Documentation>();

/**
 * Makes a schema when it is first asked for. A starting isolate then makes none, and those of answers, which only the
 * document shows, are never made in the Worker.
 */
export function lazily<Schema>(make: () => Schema): () => Schema {
  let made: Schema | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
