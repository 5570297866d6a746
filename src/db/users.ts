import { and, asc, eq, isNull, type SQL, sql } from 'drizzle-orm';
import { idsOf } from '../core/permissions.ts';
import { type Account, ADMIN_LEVEL, type Rights, rightsOf } from '../core/principal.ts';
import { randomId, Secret } from '../core/secrets.ts';
import {
  MAX_CUSTOM_PROPERTIES_BYTES,
  type NewUser,
  type User,
  type UserChanges,
  type UserProblem,
  type UserStore,
} from '../core/users.ts';
import { answered, type Database, raw } from './client.ts';
import { sessions, userGroups, users } from './schema.ts';

const permissionIds = sql<string>`(
  select json_group_array(distinct p.value) from user_groups ug
  join groups g on g.id = ug.group_id join json_each(g.permissions) p where ug.user_id = users.id
)`;

/** A user with what its rights and its public shape need, so that one query answers who is calling. */
export const accountColumns = {
  id: users.id,
  username: users.username,
  passwordHash: users.passwordHash,
  email: users.email,
  firstName: users.firstName,
  lastName: users.lastName,
  userLevel: users.userLevel,
  isActive: users.isActive,
  isStaff: users.isStaff,
  isSuperuser: users.isSuperuser,
  dateJoined: users.dateJoined,
  lastLogin: users.lastLogin,
  customProperties: users.customProperties,
  avatarConfig: users.avatarConfig,
  channelProfiles: users.channelProfiles,
  streamLimit: users.streamLimit,
  groups: sql<string>`(select json_group_array(group_id) from user_groups where user_id = users.id)`,
  permissions: permissionIds,
  apiKeyPreview: sql<string | null>`(
    select preview from api_keys where user_id = users.id order by name <> '', id desc limit 1
  )`,
};

export type AccountRow = Pick<
  typeof users.$inferSelect,
  Exclude<keyof typeof accountColumns, 'groups' | 'permissions' | 'apiKeyPreview'>
> & { groups: string; permissions: string; apiKeyPreview: string | null };

export function toAccount(row: AccountRow): Account {
  const { passwordHash, permissions, ...rest } = row;
  const user = {
    ...rest,
    dateJoined: new Date(row.dateJoined),
    lastLogin: row.lastLogin === null ? null : new Date(row.lastLogin),
    customProperties: JSON.parse(row.customProperties),
    avatarConfig: JSON.parse(row.avatarConfig),
    channelProfiles: JSON.parse(row.channelProfiles),
    groups: JSON.parse(row.groups),
  };
  const rights = rightsOf(row.userLevel, JSON.parse(permissions));
  return { user, rights, passwordHash: new Secret(passwordHash) };
}

/** True while the user in `users` holds a right that `actor` lacks: the rule of `mayActOn`, for a statement. */
export function outranks(actor: Rights): SQL {
  if (actor.isAdmin) return sql`false`;
  const held = JSON.stringify(idsOf(actor.permissions));
  return sql`(user_level >= ${ADMIN_LEVEL} or exists (
    select 1 from json_each(${permissionIds}) where value not in (select value from json_each(${held}))
  ))`;
}

export function createUserStore(db: Database): UserStore {
  return {
    async find(id) {
      const [row] = await answered(selectAccounts(db).where(eq(users.id, id)));
      return row === undefined ? null : toAccount(row);
    },
    async list(search, limit) {
      const rows = await answered(
        selectAccounts(db).where(beginsWith(search)).orderBy(asc(users.id)).limit(limit),
      );
      return rows.map((row) => toAccount(row).user);
    },
    async page(search, { offset, limit }) {
      const matching = beginsWith(search);
      const [[total], rows] = await answered(
        db.batch([
          db.select({ count: sql<number>`count(*)` }).from(users).where(matching),
          selectAccounts(db).where(matching).orderBy(asc(users.id)).limit(limit).offset(offset),
        ]),
      );
      return { count: total?.count ?? 0, rows: rows.map((row) => toAccount(row).user) };
    },
    insertUnlessTaken: (user) => insertUnlessTaken(db, user),
    update: (id, changes, actor, now) => update(db, { id, changes, actor, now }),
    delete: (id, actor) => remove(db, id, actor),
  };
}

const selectAccounts = (db: Database) => db.select(accountColumns).from(users);

/** A range instead of LIKE, so that the username index serves it and no character is a wildcard. */
const beginsWith = (search: string | null): SQL | undefined =>
  search === null || search === ''
    ? undefined
    : sql`username >= ${search} and username < ${search} || char(1114111)`;

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
    if (found !== null) return kind === 'unknown_group' ? { kind, id: found } : { kind };
  }
  return null;
}

const unknownGroup = (ids: readonly number[]): Check => ({
  kind: 'unknown_group',
  found: sql`select value from json_each(${JSON.stringify(ids)}) where value not in (select id from groups) limit 1`,
});

const lastAdmin: Check = {
  kind: 'last_admin',
  found: when(sql`user_level >= ${ADMIN_LEVEL} and is_active and not exists (
    select 1 from users other where other.user_level >= 10 and other.is_active and other.id <> users.id
  )`),
};

/** The row of a new user, for `insert ... select`, so that a condition can stand behind it. */
export function newUserInsert(user: NewUser, changeId: string, condition: SQL): SQL {
  return sql`insert into users (
    username, password_hash, email, first_name, last_name, user_level, is_active, is_staff, is_superuser,
    date_joined, custom_properties, avatar_config, channel_profiles, stream_limit, change_id
  ) select
    ${user.username}, ${user.passwordHash.reveal()}, ${user.email}, ${user.firstName}, ${user.lastName},
    ${user.userLevel}, ${user.isActive}, ${user.isStaff}, ${user.isSuperuser}, ${user.dateJoined.getTime()},
    ${JSON.stringify(user.customProperties)}, ${JSON.stringify(user.avatarConfig)},
    ${JSON.stringify(user.channelProfiles)}, ${user.streamLimit}, ${changeId}
  where ${condition}`;
}

async function insertUnlessTaken(db: Database, user: NewUser): Promise<User | UserProblem> {
  const changeId = randomId();
  const taken = when(sql`exists (select 1 from users where username = ${user.username})`);
  const checks: Check[] = [{ kind: 'username_taken', found: taken }, unknownGroup(user.groups)];
  const inserted = and(eq(users.username, user.username), eq(users.changeId, changeId));
  const [found, , , stored] = await answered(
    db.batch([
      raw<Findings>(db, sql`select ${findings(checks)}`),
      raw(db, newUserInsert(user, changeId, clear(checks))),
      raw(
        db,
        sql`insert into user_groups (user_id, group_id)
        select users.id, value from users, json_each(${JSON.stringify(user.groups)}) where ${inserted}`,
      ),
      selectAccounts(db).where(inserted),
    ]),
  );
  return outcome(problemIn(checks, found[0]), stored[0]);
}

async function update(
  db: Database,
  { id, changes, actor, now }: { id: number; changes: UserChanges; actor: Rights; now: Date },
): Promise<User | UserProblem> {
  const changeId = randomId();
  const checks = checksOf(changes, actor);
  const applied = sql`exists (select 1 from users where id = ${id} and change_id = ${changeId})`;
  const [found, , , , , stored] = await answered(
    db.batch([
      raw<Findings>(db, sql`select ${findings(checks)} from users where id = ${id}`),
      db
        .update(users)
        .set(columnsOf(changes, changeId, now))
        .where(and(eq(users.id, id), clear(checks))),
      db.delete(sessions).where(and(eq(sessions.userId, id), applied, endedBy(changes))),
      db.delete(userGroups).where(and(eq(userGroups.userId, id), applied, regrouped(changes))),
      raw(
        db,
        sql`insert into user_groups (user_id, group_id)
        select ${id}, value from json_each(${JSON.stringify(changes.groups ?? [])}) where ${applied}`,
      ),
      selectAccounts(db).where(eq(users.id, id)),
    ]),
  );
  return outcome(problemIn(checks, found[0]), stored[0]);
}

async function remove(db: Database, id: number, actor: Rights): Promise<UserProblem | null> {
  const checks: Check[] = [{ kind: 'outranked', found: when(outranks(actor)) }, lastAdmin];
  const [found] = await answered(
    db.batch([
      raw<Findings>(db, sql`select ${findings(checks)} from users where id = ${id}`),
      db.delete(users).where(and(eq(users.id, id), clear(checks))),
    ]),
  );
  return problemIn(checks, found[0]);
}

function outcome(problem: UserProblem | null, row: AccountRow | undefined): User | UserProblem {
  if (problem !== null) return problem;
  return row === undefined ? { kind: 'no_user' } : toAccount(row).user;
}

function checksOf(changes: UserChanges, actor: Rights): Check[] {
  const checks: Check[] = [{ kind: 'outranked', found: when(outranks(actor)) }];
  const { username, customProperties, verifiedHash, groups } = changes;
  if (endsAdmin(changes)) checks.push(lastAdmin);
  if (username !== undefined) {
    const taken = sql`exists (select 1 from users other where other.username = ${username} and other.id <> users.id)`;
    checks.push({ kind: 'username_taken', found: when(taken) });
  }
  if (customProperties !== undefined) {
    const size = sql`length(cast(${merged(customProperties)} as blob))`;
    const tooLarge = sql`${size} > ${MAX_CUSTOM_PROPERTIES_BYTES}`;
    checks.push({ kind: 'properties_too_large', found: when(tooLarge) });
  }
  if (verifiedHash !== undefined) {
    const other = sql`password_hash <> ${verifiedHash.reveal()}`;
    checks.push({ kind: 'password_changed', found: when(other) });
  }
  if (groups !== undefined) checks.push(unknownGroup(groups));
  return checks;
}

const endsAdmin = ({ isActive, userLevel }: UserChanges): boolean =>
  isActive === false || (userLevel !== undefined && userLevel < ADMIN_LEVEL);

function columnsOf(changes: UserChanges, changeId: string, now: Date) {
  const { customProperties, avatarConfig, channelProfiles, passwordHash, isActive } = changes;
  const { groups: _, survivingSessionId: __, verifiedHash: ___, ...plain } = changes;
  const endsLogins = passwordHash !== undefined || isActive === false;
  return {
    ...plain,
    customProperties: customProperties && sql`${merged(customProperties)}`,
    avatarConfig: avatarConfig && JSON.stringify(avatarConfig),
    channelProfiles: channelProfiles && JSON.stringify(channelProfiles),
    passwordHash: passwordHash?.reveal(),
    loginsEndedAt: endsLogins ? now.getTime() : undefined,
    changeId,
  };
}

/**
 * The stored properties with a patch laid over their top level. `->` copies each value as the text it is, so
 * no number is rounded on the way; `json_patch` would merge nested objects too.
 */
function merged(patch: UserChanges['customProperties']): SQL {
  const json = JSON.stringify(patch);
  return sql`(
    select '{' || coalesce(group_concat(json_quote(key) || ':' || text, ','), '') || '}' from (
      select key, custom_properties -> fullkey as text from json_each(custom_properties)
      where key not in (select key from json_each(${json}))
      union all
      select key, ${json} -> fullkey as text from json_each(${json}) where type <> 'null'
    )
  )`;
}

/** Which of the user's sessions a change ends: all, all but the surviving one, or none. */
function endedBy({ passwordHash, survivingSessionId, isActive }: UserChanges): SQL {
  if (isActive === false) return sql`true`;
  if (passwordHash === undefined) return sql`false`;
  return sql`id is not ${survivingSessionId ?? null}`;
}

const regrouped = ({ groups }: UserChanges): SQL => (groups === undefined ? sql`false` : sql`true`);
