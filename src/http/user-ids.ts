import * as z from 'zod/mini';
import type { KeyTarget } from '../core/api-keys.ts';
import { DomainError } from '../core/errors.ts';
import { documentation } from './documentation.ts';

/** Whose rows a list is about, in its query. */
export const userFilter = (description?: string) =>
  z
    .optional(z.string())
    .register(documentation, { type: 'integer', example: 2, ...(description ? { description } : {}) });

/** @throws DomainError `not_found` for what can be no user's id; null where none is given. */
export function userIdOf(filter: string | undefined): number | null {
  if (filter === undefined) return null;
  const target = targetOf(filter);
  if (target.kind !== 'user') throw new DomainError('not_found', 'User not found.');
  return target.id;
}

/** Only absence means oneself: a value that can be no id must not fall back to the caller. */
export function targetOf(value: unknown): KeyTarget {
  if (value === undefined || value === null) return { kind: 'self' };
  const id = typeof value === 'string' && /^[1-9]\d{0,9}$/.test(value) ? Number(value) : value;
  return typeof id === 'number' && Number.isInteger(id) && id > 0 && id < 2 ** 31
    ? { kind: 'user', id }
    : { kind: 'nobody' };
}
