import { and, asc, eq, isNull, type SQL, sql } from 'drizzle-orm';
import { MAX_CUSTOM_PROPERTIES_BYTES } from '../core/custom-properties.ts';
import { type Maker, makerFor } from '../core/makers.ts';
import { type Actor, ADMIN_LEVEL } from '../core/principal.ts';
import { randomId } from '../core/secrets.ts';
import type { NewUser, User, UserChanges, UserProblem, UserStore } from '../core/users.ts';
import {
  type AccountRow,
  asActor,
  atAdminLevel,
  loginsEnded,
  outranks,
  selectAccounts,
  toAccount,
} from './accounts.ts';
import { revokeKeys } from './api-keys.ts';
import { byActor } from './audit-events.ts';
import { type Database, lastOf, raw, read, rowCount } from './client.ts';
import { merged, mergedBytes, packed } from './custom-properties.ts';
import { gainsBy, passwordIsByOther } from './growing-rights.ts';
import { settleAttempt } from './login-attempts.ts';
import { setByActor } from './makers.ts';
import { sessions, userGroups, users } from './schema.ts';
import { recordCreation, recordDeletion, recordUpdate } from './user-events.ts';

export function createUserStore(db: Database): UserStore {
  return {
    async find(id) {
      const [row] = await read(() => selectAccounts(db).where(eq(users.id, id)));
      return row === undefined ? null : toAccount(row);
    },
    async list(search, limit) {
      const rows = await read(() =>
        selectAccounts(db).where(beginsWith(search)).orderBy(orderOf(search)).limit(limit),
      );
      return rows.map((row) => toAccount(row).user);
    },
    async page(search, { offset, limit }) {
      const matching = beginsWith(search);
      const [[total], rows] = await read(() =>
        db.batch([
          db.select(rowCount).from(users).where(matching),
          selectAccounts(db).where(matching).orderBy(orderOf(search)).limit(limit).offset(offset),
        ]),
      );
      return { count: total?.count ?? 0, rows: rows.map((row) => toAccount(row).user) };
    },
    insertUnlessTaken: (user, actor) => insertUnlessTaken(db, user, actor),
    update: (id, changes, actor, now) => update(db, { id, changes, actor, now }),
    delete: (id, actor) => remove(db, id, actor),
  };
}

const isAll = (search: string | null): boolean => search === null || search === '';

/** A range instead of LIKE, so that the username index serves it and no character is a wildcard. */
const beginsWith = (search: string | null): SQL | undefined =>
  isAll(search) ? undefined : sql`username >= ${search} and username < ${search} || char(1114111)`;

/** What is found comes by name, as its index has it: sorted by id, a page would first read all that is found. */
const orderOf = (search: string | null): SQL => asc(isAll(search) ? users.id : users.username);

/** One thing that forbids a write: `found` is an SQL expression that is null while nothing is wrong. */
type Check = { kind: UserProblem['kind']; found: SQL };
type Findings = Partial<Record<UserProblem['kind'], number | null>>;

const when = (condition: SQL): SQL => sql`case when ${condition} then 1 end`;
const clear = (checks: readonly Check[]): SQL =>
  and(...checks.map(({ found }) => isNull(sql`(${found})`))) ?? sql`true`;

/** The findings as one row, read in the same transaction and before the write that they guard. */
const findings = (checks: readonly Check[]): SQL =>
  sql.join(
    [sql`1 as present`, ...checks.map(({ kind, found }) => sql`(${found}) as ${sql.identifier(kind)}`)],
    sql`, `,
  );

function problemIn(checks: readonly Check[], row: Findings | undefined): UserProblem | null {
  if (row === undefined) return { kind: 'no_user' };
  for (const { kind } of checks) {
    const found = row[kind] ?? null;
    if (found === null) continue;
    return kind === 'unknown_group' || kind === 'password_by_other' ? { kind, id: found } : { kind };
  }
  return null;
}

const unknownGroup = (ids: readonly number[]): Check => ({
  kind: 'unknown_group',
  found: sql`select value from json_each(${JSON.stringify(ids)}) where value not in (select id from groups) limit 1`,
});

const lastAdmin: Check = {
  kind: 'last_admin',
  found: when(sql`${atAdminLevel} and is_active and not exists (
    select 1 from users other where other.${atAdminLevel} and other.is_active and other.id <> users.id
  )`),
};

/** The row of a new user, for `insert ... select`, so that a condition can stand behind it. */
export function newUserInsert(
  user: NewUser,
  { changeId, setBy, condition }: { changeId: string; setBy: Maker; condition: SQL },
): SQL {
  return sql`insert into users (
    username, password_hash, password_set_by, email, first_name, last_name, user_level, is_active, is_staff,
    is_superuser, date_joined, custom_properties, avatar_config, channel_profiles, stream_limit, change_id
  ) select
    ${user.username}, ${user.passwordHash.reveal()}, ${setBy}, ${user.email}, ${user.firstName}, ${user.lastName},
    ${user.userLevel}, ${user.isActive}, ${user.isStaff}, ${user.isSuperuser}, ${user.dateJoined.getTime()},
    ${packed(user.customProperties)}, ${JSON.stringify(user.avatarConfig)},
    ${JSON.stringify(user.channelProfiles)}, ${user.streamLimit}, ${changeId}
  where ${condition}`;
}

async function insertUnlessTaken(db: Database, user: NewUser, actor: Actor): Promise<User | UserProblem> {
  const changeId = randomId();
  const taken = when(sql`exists (select 1 from users where username = ${user.username})`);
  const checks: Check[] = [{ kind: 'username_taken', found: taken }, unknownGroup(user.groups)];
  const inserted = and(eq(users.username, user.username), eq(users.changeId, changeId));
  const applied = sql`exists (select 1 from users where ${inserted})`;
  const statements = [
    raw<Findings>(db, sql`select ${findings(checks)}`),
    raw(db, newUserInsert(user, { changeId, setBy: makerFor(actor, null), condition: clear(checks) })),
    raw(
      db,
      sql`insert or ignore into user_groups (user_id, group_id)
        select distinct users.id, value from users, json_each(${JSON.stringify(user.groups)}) where ${inserted}`,
    ),
    selectAccounts(db).where(inserted),
    recordCreation(db, byActor(actor), { user, created: inserted }),
  ] as const;
  const [found, _inserted, _grouped, stored] = await asActor(db, actor, statements, {
    done: applied,
    made: ([, , , made]) => made.length > 0,
  });
  return outcome(checks, { found: found[0], stored: stored[0] });
}

type Change = { id: number; changes: UserChanges; applied: SQL };

async function update(
  db: Database,
  { id, changes, actor, now }: { id: number; changes: UserChanges; actor: Actor; now: Date },
): Promise<User | UserProblem> {
  const changeId = randomId();
  const checks = [...checksOf(changes, actor), ...plantedPassword(changes, actor, id)];
  const applied = sql`exists (select 1 from users where id = ${id} and change_id = ${changeId})`;
  const statements = [
    raw<Findings>(db, sql`select ${findings(checks)} from users where id = ${id}`),
    ...revokePlantedKeys(db, { id, changes, actor, allowed: clear(checks) }),
    db
      .update(users)
      .set({ ...columnsOf(changes, changeId, now), passwordSetBy: setByActor(changes, actor, id) })
      .where(and(eq(users.id, id), clear(checks))),
    db.delete(sessions).where(and(eq(sessions.userId, id), applied, endedBy(changes))),
    db.delete(userGroups).where(and(eq(userGroups.userId, id), applied, regrouped(changes))),
    raw(
      db,
      sql`insert or ignore into user_groups (user_id, group_id)
        select distinct ${id}, value from json_each(${JSON.stringify(changes.groups ?? [])}) where ${applied}`,
    ),
    ...settleProof(db, { id, changes, applied }),
    ...recordUpdate(db, byActor(actor), { id, changes, applied, now }),
    selectAccounts(db).where(and(eq(users.id, id), eq(users.changeId, changeId))),
  ] as const;
  const results = await asActor(db, actor, statements, {
    done: applied,
    made: (all) => lastOf(all).length > 0,
  });
  return outcome(checks, { found: results[0][0], stored: lastOf(results)[0] });
}

/** Before the change: the keys that others made for a user who gains rights by it. */
function revokePlantedKeys(
  db: Database,
  change: { id: number; changes: UserChanges; actor: Actor; allowed: SQL },
) {
  const { id, changes, actor, allowed } = change;
  const gains = gainsBy(changes);
  if (gains === null) return [];
  const gaining = sql`(select id from users where id = ${id} and ${allowed} and ${gains})`;
  return revokeKeys(db, actor, sql`user_id = ${gaining} and made_by = 'other'`);
}

async function remove(db: Database, id: number, actor: Actor): Promise<UserProblem | null> {
  const checks: Check[] = [{ kind: 'outranked', found: when(outranks(actor)) }, lastAdmin];
  const statements = [
    raw<Findings>(db, sql`select ${findings(checks)} from users where id = ${id}`),
    recordDeletion(db, byActor(actor), { id, permitted: clear(checks) }),
    db.delete(users).where(and(eq(users.id, id), clear(checks))),
  ] as const;
  const [found] = await asActor(db, actor, statements, 'sent once');
  return problemIn(checks, found[0]);
}

/** What was stored under this change's id counts, whatever was found: it may have been found of itself. */
function outcome(
  checks: readonly Check[],
  { found, stored }: { found: Findings | undefined; stored: AccountRow | undefined },
): User | UserProblem {
  if (stored !== undefined) return toAccount(stored).user;
  return problemIn(checks, found) ?? { kind: 'no_user' };
}

function checksOf(changes: UserChanges, actor: Actor): Check[] {
  const checks: Check[] = [{ kind: 'outranked', found: when(outranks(actor)) }];
  const { username, customProperties, provenPassword, groups } = changes;
  if (endsAdmin(changes)) checks.push(lastAdmin);
  if (username !== undefined) {
    const taken = sql`exists (select 1 from users other where other.username = ${username} and other.id <> users.id)`;
    checks.push({ kind: 'username_taken', found: when(taken) });
  }
  if (customProperties !== undefined) {
    const tooLarge = sql`${mergedBytes(customProperties)} > ${MAX_CUSTOM_PROPERTIES_BYTES}`;
    checks.push({ kind: 'properties_too_large', found: when(tooLarge) });
  }
  if (provenPassword !== undefined) {
    const other = sql`password_hash <> ${provenPassword.hash.reveal()}`;
    checks.push({ kind: 'password_changed', found: when(other) });
  }
  if (groups !== undefined) checks.push(unknownGroup(groups));
  return checks;
}

/** A password by `other` would take part in what the user gains, unless an admin sets another in the same change. */
function plantedPassword(changes: UserChanges, actor: Actor, id: number): Check[] {
  const gains = gainsBy(changes);
  const isSetAnew = changes.passwordHash !== undefined && makerFor(actor, id) === 'admin';
  if (gains === null || isSetAnew) return [];
  const found = sql`case when ${passwordIsByOther} and ${gains} then users.id end`;
  return [{ kind: 'password_by_other', found }];
}

const endsAdmin = ({ isActive, userLevel }: UserChanges): boolean =>
  isActive === false || (userLevel !== undefined && userLevel < ADMIN_LEVEL);

function columnsOf(changes: UserChanges, changeId: string, now: Date) {
  const { customProperties, avatarConfig, channelProfiles, passwordHash } = changes;
  const { groups: _, survivingSessionId: __, provenPassword: ___, ...plain } = changes;
  return {
    ...plain,
    customProperties: customProperties && sql`${merged(customProperties)}`,
    avatarConfig: avatarConfig && JSON.stringify(avatarConfig),
    channelProfiles: channelProfiles && JSON.stringify(channelProfiles),
    passwordHash: passwordHash?.reveal(),
    loginsEndedAt: endsLogins(changes) ? loginsEnded(now) : undefined,
    changeId,
  };
}

const endsLogins = ({ passwordHash, isActive }: UserChanges): boolean =>
  passwordHash !== undefined || isActive === false;

/** The proof counts while its password is that of the user, also where something else forbade the change. */
function settleProof(db: Database, { id, changes: { provenPassword }, applied }: Change) {
  if (provenPassword === undefined || provenPassword.granted === null) return [];
  const unchanged = sql`exists (select 1 from users where id = ${id} and password_hash = ${provenPassword.hash.reveal()})`;
  return settleAttempt(db, provenPassword.granted, {
    userId: id,
    succeeded: sql`(${applied} or ${unchanged})`,
  });
}

/** Which of the user's sessions a change ends: all, all but the surviving one, or none. */
function endedBy({ passwordHash, survivingSessionId, isActive }: UserChanges): SQL {
  if (isActive === false) return sql`true`;
  if (passwordHash === undefined) return sql`false`;
  return sql`id is not ${survivingSessionId ?? null}`;
}

const regrouped = ({ groups }: UserChanges): SQL => (groups === undefined ? sql`false` : sql`true`);
