import { type SQL, sql } from 'drizzle-orm';
import { makerFor } from '../core/makers.ts';
import type { Actor } from '../core/principal.ts';
import type { UserChanges } from '../core/users.ts';

/** The maker of what `actor` makes for the user in `users`, whose password is taken into account. */
export const madeByActor = (actor: Actor, userId: number): SQL =>
  sql`case password_set_by when 'other' then 'other' else ${makerFor(actor, userId)} end`;

/** The maker of a new password; undefined if a change has none. */
export function setByActor({ passwordHash }: UserChanges, actor: Actor, userId: number): SQL | undefined {
  if (passwordHash === undefined) return undefined;
  const maker = makerFor(actor, userId);
  return maker === 'own' ? madeByActor(actor, userId) : sql`${maker}`;
}
