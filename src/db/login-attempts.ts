import { type SQL, sql } from 'drizzle-orm';
import {
  type AttemptOutcome,
  type AttemptStore,
  type GrantedAttempt,
  LOCK,
  type PasswordAttempt,
} from '../core/login-limits.ts';
import { type Database, raw, repeatableWrite, write } from './client.ts';

/** What the row of an attempt says after it: whether this one was granted, and until when the name is locked. */
type AttemptState = { granted: 0 | 1; scope: string; blockedUntil: number };

export function createAttemptStore(db: Database): AttemptStore {
  return {
    async reserve(attempt) {
      const [_counted, state] = await repeatableWrite(() => db.batch(reserveAttempt(db, attempt)));
      return outcomeOf(state);
    },
    async giveBack({ attempt, scope }) {
      await write(() =>
        raw(
          db,
          sql`update login_attempts set failures = failures - 1, blocked_until = 0
          where name_digest = ${attempt.countedAs} and network = ${scope} and attempt_id = ${attempt.id}`,
        ),
      );
    },
  };
}

export const outcomeOf = ([state]: AttemptState[]): AttemptOutcome =>
  state?.granted === 1
    ? { granted: true, scope: state.scope }
    : { granted: false, lockedUntil: new Date(state?.blockedUntil ?? 0) };

/**
 * Counts an attempt before it is tried, unless its name is locked. Each of racing attempts is counted before the
 * next one looks, so no more are granted than the limit allows, however many hash at once. A repeated call counts
 * once, or twice when another attempt comes between.
 * @returns the statements, of which the second tells the outcome.
 */
export function reserveAttempt(db: Database, attempt: PasswordAttempt) {
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
  ] as const;
}

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
