import { z as zod } from '@hono/zod-openapi';
import * as z from 'zod/mini';
import { documentation } from '../http/documentation.ts';

type Make = new (definition: object) => zod.ZodType;

const made = new WeakMap<z.core.$ZodType, zod.ZodType>();

/**
 * The same schema of zod's classic classes, which are all that zod-to-openapi can read, with what is said of it. Both
 * are made of the same definitions: a class of zod/mini is named as the classic one with `Mini` in between.
 */
export function classicOf(schema: z.core.$ZodType): zod.ZodType {
  const known = made.get(schema);
  if (known !== undefined) return known;
  const { constr, def } = schema._zod;
  const Class = classicClass(constr.name.replace('ZodMini', 'Zod'));
  const bare = new Class(classicParts(def));
  const { id, ...said } = documentation.get(schema) ?? {};
  const classic = id === undefined ? bare.openapi(said) : bare.openapi(id, said);
  made.set(schema, classic);
  return classic;
}

/** The cast holds since the class of an object has the name of the classic one. */
export const classicObjectOf = (schema: z.ZodMiniObject): zod.ZodObject => classicOf(schema) as zod.ZodObject;

/** By its name, of which the types know nothing: whatever zod exports under the name of a class makes schemas. */
function classicClass(name: string): Make {
  const found = Object.entries(zod).find(([exported]) => exported === name)?.[1];
  if (typeof found !== 'function') throw new Error(`zod has no class ${name}`);
  return found as unknown as Make;
}

/** The schemas of a definition stand in members, lists and plain objects. A lazy one keeps what it is made of. */
function classicParts(definition: object): object {
  return Object.fromEntries(Object.entries(definition).map(([name, part]) => [name, classicPart(part)]));
}

function classicPart(part: unknown): unknown {
  if (part instanceof z.core.$ZodType) return classicOf(part);
  if (Array.isArray(part)) return part.map(classicPart);
  const isPlain =
    typeof part === 'object' && part !== null && Object.getPrototypeOf(part) === Object.prototype;
  return isPlain ? classicParts(part) : part;
}
