// `npm run credentials:end-all [-- --remote [--env NAME]] [--yes]`: everyone has to sign in again, and every API key is
// gone. For after a leak, and after a restore, which brings back what had been ended and revoked.

import { DATABASE_NOW } from '../db/clock.ts';
import { recorded } from './audit-sql.ts';
import { assertNothingLeft, runScript, takeOptions, UsageError } from './options.ts';
import { ask, canAsk } from './questions.ts';
import { findTarget, query, type Row, targetOptions } from './target.ts';

const COUNT = 'select (select count(*) from sessions) as logins, (select count(*) from api_keys) as keys';

const EVERYTHING = `json_object('by', 'operator', 'sessions', (select count(*) from sessions),
    'api_keys', (select count(*) from api_keys))`;

/** The count comes first: it is what the others of its transaction end. */
const END_ALL = `${COUNT};
${recorded('authn_token_revoked', { userId: 'null', detail: EVERYTHING, source: '' })}
update users set logins_ended_at = ${DATABASE_NOW};
delete from sessions;
delete from api_keys`;

async function endAll(args: string[]): Promise<void> {
  const flags = [...targetOptions.flags, 'yes'] as const;
  const { values, rest } = takeOptions(args, { ...targetOptions, flags });
  assertNothingLeft(rest);
  const target = await findTarget(values);
  if (!values.yes) await confirm(`End ${inWords(await query(target, COUNT))} in ${target.name}? Type yes: `);
  console.log(`Ended ${inWords(await query(target, END_ALL))} in ${target.name}.`);
}

const inWords = ([counts]: Row[]): string =>
  `${counted(counts?.['logins'], 'login')} and ${counted(counts?.['keys'], 'API key')}`;

const counted = (count: unknown, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

async function confirm(question: string): Promise<void> {
  if (!canAsk()) throw new UsageError('Nobody is here to confirm it: add --yes.');
  if ((await ask(question)) !== 'yes') throw new UsageError('Nothing was changed.');
}

if (import.meta.main) await runScript(endAll);
