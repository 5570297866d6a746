import { eq, sql } from 'drizzle-orm';
import type { CallerStore, KeyOwner } from '../core/callers.ts';
import type { Identity } from '../core/principal.ts';
import { type Extent, named } from './accounts.ts';
import { type Database, read } from './client.ts';
import { type Prepared, placeholder, prepared } from './prepared.ts';
import { selectChain, toChain } from './refresh-rotation.ts';
import { apiKeys, users } from './schema.ts';
import { liveSession, prepareStates, valuesOf } from './session-state.ts';

/** @param extent how much it knows of callers. */
export function createCallerStore<Row, Known extends Identity>(
  db: Database,
  extent: Extent<Row, Known>,
): CallerStore<Known> {
  const [owner, states] = [prepareOwner(db, extent), prepareStates(db, extent)];
  return {
    async byKey(digest) {
      const [row] = await read(() => owner.send({ digest }));
      return row === undefined ? null : toOwner(row, extent);
    },
    async byToken(named, now) {
      const [state, values] = [states.of(named), valuesOf(named, now)];
      if (named.presented === undefined) return states.toState(await read(() => state.send(values)));
      const [rows, chains] = await read(() =>
        db.batch([state.inBatch(values), selectChain(db, liveSession(values))]),
      );
      return states.toState(rows, toChain(chains[0]));
    },
  };
}

type KeyPart = { keyId: number; keyName: string; lastUsedAt: number | null };

function prepareOwner<Row>(db: Database, { columns }: Extent<Row, Identity>): Prepared<(Row & KeyPart)[]> {
  // Named, since a batch tells columns apart by their names, and the user has an id, too.
  const keyPart = {
    keyId: named('key_id', sql<number>`api_keys.id`),
    keyName: named('key_name', sql<string>`api_keys.name`),
    lastUsedAt: apiKeys.lastUsedAt,
  };
  const build = () =>
    db
      .select({ ...columns, ...keyPart })
      .from(apiKeys)
      .innerJoin(users, eq(users.id, apiKeys.userId))
      .where(eq(apiKeys.digest, placeholder('digest')));
  // Holds for what `Extent` says of its columns.
  return prepared(build) as Prepared<unknown[]> as Prepared<(Row & KeyPart)[]>;
}

function toOwner<Row, Known extends Identity>(
  row: Row & KeyPart,
  { toAccount }: Extent<Row, Known>,
): KeyOwner<Known> {
  const { keyId, keyName, lastUsedAt } = row;
  const noted = lastUsedAt === null ? null : new Date(lastUsedAt);
  return { account: toAccount(row), keyId, keyName, lastUsedAt: noted };
}
