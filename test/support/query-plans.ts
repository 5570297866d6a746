import { boundEnv } from './env.ts';

/** A line of a plan that reads more than it looks for, and why that may be. */
type Exception = { line: RegExp; of: RegExp; reason: string };

const table = (name: string) => new RegExp(`^SCAN ${name}$`);
const index = (name: string) => new RegExp(`^SCAN ${name} USING COVERING INDEX`);
const OWNER = '( inner join "users" on "users"."id" = "api_keys"."user_id")?';
const SORT = /^USE TEMP B-TREE FOR ORDER BY$/;

export const EXCEPTIONS: readonly Exception[] = [
  ...['users', 'api_keys', 'groups'].flatMap((name) => [
    {
      line: table(name),
      of: new RegExp(`from "${name}"${OWNER} order by "${name}"."id" (asc|desc) limit \\?( offset \\?)?$`),
      reason: 'a page of all rows, in the order in which they lie there; it ends at its limit',
    },
    {
      line: index(name),
      of: new RegExp(`^select count\\(\\*\\) from "${name}"$`),
      reason: 'a page tells how many there are in all',
    },
  ]),
  {
    line: table('audit_events'),
    of: /on "actors"."id" = "audit_events"."actor_id" order by "audit_events"."id" desc limit \?$/,
    reason: 'a page of all events, in the order in which they lie there; it ends at its limit',
  },
  {
    line: table('groups'),
    of: /^select "id", "name", "permissions" from "groups" order by "groups"."id" asc$/,
    reason: 'the answer is all groups, of which there are few',
  },
  {
    line: /^SCAN (users|other) USING (COVERING )?INDEX users_admins$/,
    of: /user_level >= 10/,
    reason: 'the index holds admins alone, and the first one that is active ends the search',
  },
  {
    line: SORT,
    of: /select network from known_networks where user_id = \?\s+order by last_login_at desc limit \?/,
    reason: 'the networks of one user, 21 at most',
  },
  {
    line: SORT,
    of: /password_set_by = 'other' and [\s\S]* order by m.user_id limit \?$/,
    reason: 'members of one group who gain rights while someone else has set their passwords: few, if any',
  },
  {
    line: /^SEARCH users USING (COVERING )?INDEX users_username_unique \(username>\? AND username<\?\)$/,
    of: / from "users" where username >= \? and username < \? \|\| char\(1114111\)/,
    reason: 'a search finds all names that begin so',
  },
  {
    line: /^SEARCH audit_events USING INTEGER PRIMARY KEY \(rowid[<>]\?( AND rowid<\?)?\)$/,
    of: /^select (?!.* = \?).* from "audit_events" .* limit \?$/,
    reason: 'a page of all events beyond a cursor or of a stretch of time; it ends at its limit',
  },
  {
    line: /^SEARCH audit_events USING COVERING INDEX audit_events_age \(created_at[<>]\?\)$/,
    of: /\(select id from audit_events where created_at (>=|<) \? order by created_at \w+, id \w+ limit 1\)/,
    reason: 'the first or the last event of a stretch of time',
  },
  {
    line: /^SEARCH (\w+) USING COVERING INDEX \1_(expiry|age) \(\w+<\?\)$/,
    of: /^delete from (\w+) where rowid in \(select rowid from \1 where \w+ <= \? limit \?\) returning 1$/,
    reason: 'housekeeping takes what is over, up to its limit',
  },
  {
    line: /^SEARCH login_attempts USING INTEGER PRIMARY KEY \(rowid<\?\)$/,
    of: /^delete from login_attempts where id <= \(select max\(id\) from login_attempts\) - \?$/,
    reason: 'what is beyond the most rows that are kept, one for each that comes',
  },
];

/**
 * Notes the text of every statement that src/db prepares on whatever binding of this isolate, sent or not, until it is
 * ended. What tests prepare is theirs: they may look at all rows.
 */
export function noteStatements(): { noted: ReadonlySet<string>; end: () => void } {
  const noted = new Set<string>();
  const bindings: D1Database = Object.getPrototypeOf(boundEnv.DB);
  const { prepare } = bindings;
  bindings.prepare = function (this: D1Database, sql: string) {
    if (!noted.has(sql) && isOfDb(callers())) noted.add(sql);
    return prepare.call(this, sql);
  };
  return {
    noted,
    end() {
      bindings.prepare = prepare;
    },
  };
}

/**
 * The files of the calls that lead here, the nearest first. V8 tells of those who await, too; its usual ten may end
 * within Drizzle. As text they would cost a look into the source maps of each.
 */
function callers(): string[] {
  const settings: ErrorConstructor & Partial<V8Errors> = Error;
  const { stackTraceLimit, prepareStackTrace } = settings;
  const traced: { stack?: string[] } = {};
  settings.stackTraceLimit = 40;
  settings.prepareStackTrace = (_, frames) => frames.map((frame) => frame.getFileName() ?? '');
  settings.captureStackTrace?.(traced);
  const { stack = [] } = traced;
  Object.assign(settings, { stackTraceLimit, prepareStackTrace });
  return stack;
}

type V8Errors = {
  stackTraceLimit: number;
  prepareStackTrace: (error: unknown, frames: { getFileName(): string | null }[]) => unknown;
  captureStackTrace(on: object): void;
};

/** Whoever of ours is nearest, past the bindings that tests put in between. */
const isOfDb = (files: string[]): boolean => {
  const ours = files.find(
    (file) =>
      /\/(src|test)\//.test(file) &&
      !/\/node_modules\/|\/test\/support\/\S*(-database|query-plans)\.ts/.test(file),
  );
  return ours?.includes('/src/db/') === true;
};

/** What in the plan of a statement reads more than is looked for, and is no exception. */
export async function flawsOf(sql: string): Promise<string[]> {
  const lines = await planOf(sql);
  const flaws = lines.filter((line) => FLAW.test(line) && exceptionOf(line, sql) === undefined);
  return flaws.length === 0 ? [] : [`${flaws.join(' and ')}: ${sql}`];
}

export const exceptionOf = (line: string, sql: string): Exception | undefined =>
  EXCEPTIONS.find((each) => each.line.test(line) && each.of.test(sql));

/**
 * A walk through a table or all of an index, whatever its alias, or through a stretch of one, which may be nearly all
 * of it; a sort; an index that is built for one statement. Neither JSON texts (VIRTUAL TABLE), subqueries nor constants
 * are tables.
 */
const FLAW =
  /^SCAN (?!CONSTANT|\(subquery|.* VIRTUAL TABLE)|^SEARCH [^(]*\((?![^)]*=\?)|TEMP B-TREE FOR .*ORDER BY|AUTOMATIC/;

/** Parameters are null there: no plan depends on them. A statement that SQLite refuses has none. */
export async function planOf(sql: string): Promise<string[]> {
  const parameters = sql.match(/\?/g)?.map(() => null) ?? [];
  try {
    const plan = boundEnv.DB.prepare(`explain query plan ${sql}`).bind(...parameters);
    return (await plan.all<{ detail: string }>()).results.map(({ detail }) => detail);
  } catch (error) {
    if (/no such (table|column)|has no column named|syntax error/.test(String(error))) return [];
    throw error;
  }
}
