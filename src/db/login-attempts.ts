import { type SQL, sql } from 'drizzle-orm';
import type { AuditEventName } from '../core/audit-events.ts';
import {
  type AttemptOutcome,
  type AttemptStore,
  type GrantedAttempt,
  LOCK,
  type PasswordAttempt,
  type PasswordRecord,
  type Whose,
} from '../core/login-limits.ts';
import { Secret } from '../core/secrets.ts';
import {
  type By,
  byActor,
  byNobody,
  COUNTED,
  type Detail,
  minuteOf,
  nameOf,
  record,
} from './audit-events.ts';
import { type Database, raw, read, repeatableWrite, write } from './client.ts';
import { users } from './schema.ts';

/** What the row of an attempt says after it: whether this one was granted, and until when the name is locked. */
type AttemptState = { granted: 0 | 1; scope: string; blockedUntil: number };

export function createAttemptStore(db: Database): AttemptStore {
  return {
    async findPassword(whose) {
      const [row] = await read(() => selectPassword(db, whose));
      return toPassword(row);
    },
    async reserve(attempt) {
      const [_counted, state, _bounded, _recorded, _locked, [row]] = await repeatableWrite(() =>
        db.batch([...reserveAttempt(db, attempt), selectPassword(db, attempt)]),
      );
      return { outcome: outcomeOf(state), record: toPassword(row) };
    },
    async giveBack(attempt, scope) {
      await write(() =>
        db.batch([
          raw(
            db,
            sql`update login_attempts set failures = max(failures - 1, 0),
              blocked_until = case attempt_id when ${attempt.id} then 0 else blocked_until end
            where name_digest = ${attempt.countedAs} and (network = ${scope} or attempt_id = ${attempt.id})`,
          ),
          forgetFailure(db, attempt, sql`true`),
        ]),
      );
    },
    async noteExcess(attempt, of) {
      const whose = of === 'name' ? attempt.countedAs : '';
      if (isNews(`${attempt.network} ${whose} ${nameOf(byOf(attempt))}`, minuteOf(attempt.at)))
        await write(() => recordExcess(db, attempt, of));
    },
  };
}

/** Of this isolate, whatever environment a request brings. */
const isNews = newsOfMinute();

/** Whether something is new in its minute; no more than so many things are. */
function newsOfMinute(): (key: string, minute: number) => boolean {
  const [most, seen] = [1000, new Set<string>()];
  let current = 0;
  return (key, minute) => {
    if (minute !== current) seen.clear();
    current = minute;
    const isNew = !seen.has(key) && seen.size < most;
    if (isNew) seen.add(key);
    return isNew;
  };
}

const outcomeOf = ([state]: AttemptState[]): AttemptOutcome =>
  state?.granted === 1
    ? { granted: true, scope: state.scope }
    : { granted: false, lockedUntil: new Date(state?.blockedUntil ?? 0) };

/**
 * Counts an attempt before it is tried, unless its name is locked. Each of racing attempts is counted before the
 * next one looks, so no more are granted than the limit allows, however many hash at once. A repeated call counts
 * once, or twice when another attempt comes between.
 * @returns the statements, of which the second tells the outcome.
 */
function reserveAttempt(db: Database, attempt: PasswordAttempt) {
  const { id, countedAs } = attempt;
  const now = attempt.at.getTime();
  const scope = scopeOf(attempt);
  const failures = sql`case when expires_at <= ${now} then 1 else failures + 1 end`;
  return [
    raw(
      db,
      sql`insert into login_attempts (name_digest, network, failures, blocked_until, attempt_id, expires_at)
      select ${countedAs}, ${scope}, 1, 0, ${id}, ${now + LOCK.memoryMs} where true
      on conflict (name_digest, network) do update set
        failures = ${failures}, blocked_until = ${lockedUntil(failures, now)},
        attempt_id = ${id}, expires_at = ${now + LOCK.memoryMs}
      where blocked_until <= ${now} and attempt_id <> ${id}`,
    ),
    raw<AttemptState>(
      db,
      sql`select attempt_id = ${id} as granted, network as scope, blocked_until as "blockedUntil"
      from login_attempts where name_digest = ${countedAs} and network = ${scope}`,
    ),
    raw(db, sql`delete from login_attempts where id <= (select max(id) from login_attempts) - ${LOCK.rows}`),
    recordTry(db, attempt, { scope }),
    recordLock(db, attempt, { scope }),
  ] as const;
}

function selectPassword(db: Database, whose: Whose) {
  const { id: userId, isActive, passwordHash } = users;
  return db.select({ userId, isActive, passwordHash }).from(users).where(isOf(whose));
}

type PasswordRow = Omit<PasswordRecord, 'passwordHash'> & { passwordHash: string };

const toPassword = (row: PasswordRow | undefined): PasswordRecord | null =>
  row === undefined ? null : { ...row, passwordHash: new Secret(row.passwordHash) };

const byOf = ({ asker, from }: PasswordAttempt): By => (asker === null ? byNobody(from) : byActor(asker));

function isOf({ asker, username }: Whose): SQL {
  const own = asker?.identity?.userId;
  return own === undefined ? sql`username = ${username}` : sql`id = ${own}`;
}

/** Whose password it is, without the name at a login: what is typed there may be a password. */
const userOf = (whose: Whose): SQL => sql`(select id from users where ${isOf(whose)})`;

/** What was tried, where it was no login: the names of these events are those of logins. */
const triedAs = ({ asker }: PasswordAttempt): Detail => (asker === null ? {} : { of: 'current_password' });

const stateOf = ({ id, countedAs }: PasswordAttempt, scope: SQL): SQL =>
  sql`(select attempt_id = ${id} as granted, blocked_until from login_attempts
    where name_digest = ${countedAs} and network = ${scope})`;

/** One row for each network, or network and name, and minute; apart for each who asks. */
const refusalKey = (kind: string, attempt: PasswordAttempt, of: 'network' | 'name'): SQL => {
  const place = `${kind} ${of} ${attempt.network ?? ''} ${minuteOf(attempt.at)} ${nameOf(byOf(attempt))}`;
  return of === 'name' ? sql`${place} || ' ' || ${nameKey(attempt)}` : sql`${place}`;
};

/**
 * A name by its user, whom every event concerns that is counted there. One that is nobody's by where it is counted,
 * which is gone within a day: events are kept for longer, and whoever guesses a digest has guessed what was typed.
 */
const nameKey = (attempt: PasswordAttempt): SQL => sql`coalesce(
  'user ' || ${userOf(attempt)},
  'row ' || (select max(id) from login_attempts where name_digest = ${attempt.countedAs}),
  'nobody'
)`;

/** A row of its own for a failure that concerns a user; of those that concern none, and of refusals, one a minute. */
function recordTry(db: Database, attempt: PasswordAttempt, { scope }: { scope: SQL }) {
  const failure: AuditEventName = attempt.asker === null ? 'authn_login_fail' : 'authn_password_change_fail';
  const user = userOf(attempt);
  const [refused, unknown] = [
    refusalKey('locked', attempt, 'name'),
    refusalKey('unknown', attempt, 'network'),
  ];
  return record(db, {
    event: sql`case when granted then ${failure} else 'authn_login_fail_max' end`,
    by: byOf(attempt),
    userId: user,
    detail: sql`case when granted then '{}' else ${JSON.stringify(triedAs(attempt))} end`,
    source: sql`from ${stateOf(attempt, scope)} where true`,
    key: sql`case when not granted then ${refused} when ${user} is null then ${unknown} else ${attempt.id} end`,
    onConflict: sql`${COUNTED} where key <> ${attempt.id}`,
  });
}

/** The failure that locks: until it is one, since a right password takes it back. */
const recordLock = (db: Database, attempt: PasswordAttempt, { scope }: { scope: SQL }) =>
  record(db, {
    event: 'authn_login_lock',
    by: byOf(attempt),
    userId: userOf(attempt),
    detail: sql`json_patch(
      json_object('locked_seconds', (blocked_until - ${attempt.at.getTime()}) / 1000),
      ${JSON.stringify(triedAs(attempt))}
    )`,
    source: sql`from ${stateOf(attempt, scope)} where granted and blocked_until > ${attempt.at.getTime()}`,
    key: lockKey(attempt),
  });

const lockKey = ({ id }: PasswordAttempt): string => `lock ${id}`;

const recordExcess = (db: Database, attempt: PasswordAttempt, of: 'network' | 'name') =>
  record(db, {
    event: 'excess_rate_limit_exceeded',
    by: byOf(attempt),
    userId: of === 'name' ? userOf(attempt) : null,
    detail: { limit: of === 'name' ? 'network_and_name' : 'network' },
    source: sql`where true`,
    key: refusalKey('excess', attempt, of),
    onConflict: COUNTED,
  });

/** It was none. */
const forgetFailure = (db: Database, attempt: PasswordAttempt, succeeded: SQL) =>
  raw(db, sql`delete from audit_events where key in (${attempt.id}, ${lockKey(attempt)}) and ${succeeded}`);

/** Where an attempt is counted: with those of its network where that user signs in, else with all others. */
const scopeOf = ({ username, network, at }: PasswordAttempt): SQL => sql`coalesce((
  select known.network from known_networks known join users on users.id = known.user_id
  where users.username = ${username} and known.network = ${network}
    and known.last_login_at > ${at.getTime() - LOCK.knownNetworkMs}
), '')`;

function lockedUntil(failures: SQL, now: number): SQL {
  const limit = sql`(case when network = '' then ${LOCK.failures} else ${LOCK.failuresFromKnownNetwork} end)`;
  const tooMany = sql`((${failures}) - ${limit})`;
  const duration = sql`min(${LOCK.longestMs}, ${LOCK.firstMs} << min(${tooMany}, 10))`;
  return sql`case when ${tooMany} < 0 then 0 else ${now} + ${duration} end`;
}

/** What a success leaves, if it is one: no failures, and a network that is known. */
export function settleAttempt(
  db: Database,
  { attempt, scope }: GrantedAttempt,
  { userId, succeeded }: { userId: number; succeeded: SQL },
) {
  const { countedAs, network } = attempt;
  const now = attempt.at.getTime();
  return [
    forgetFailure(db, attempt, succeeded),
    raw(
      db,
      sql`delete from login_attempts where name_digest = ${countedAs} and network = ${scope} and ${succeeded}`,
    ),
    raw(
      db,
      sql`insert into known_networks (user_id, network, last_login_at)
      select ${userId}, ${network}, ${now} where ${network} is not null and ${succeeded}
      on conflict (user_id, network) do update set last_login_at = excluded.last_login_at`,
    ),
    raw(
      db,
      sql`delete from known_networks where user_id = ${userId} and ${succeeded} and (
        last_login_at <= ${now - LOCK.knownNetworkMs} or network not in (
          select network from known_networks where user_id = ${userId}
          order by last_login_at desc limit ${LOCK.knownNetworksPerUser}
        )
      )`,
    ),
  ] as const;
}
