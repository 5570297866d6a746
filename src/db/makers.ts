import { type SQL, sql } from 'drizzle-orm';
import { makerFor } from '../core/makers.ts';
import type { Actor } from '../core/principal.ts';
import type { UserChanges } from '../core/users.ts';

/** By whom counts what `actor` makes in the name of the user in `users`, see core/makers.ts. */
export const madeByActor = (actor: Actor, userId: number): SQL =>
  sql`case password_set_by when 'other' then 'other' else ${makerFor(actor, userId)} end`;

/** By whom a changed password counts as set; undefined where the password stays. */
export function setByActor({ passwordHash }: UserChanges, actor: Actor, userId: number): SQL | undefined {
  if (passwordHash === undefined) return undefined;
  const maker = makerFor(actor, userId);
  return maker === 'own' ? madeByActor(actor, userId) : sql`${maker}`;
}
