// `npm run admin:create [-- NAME] [--remote [--env NAME]] [--generate-password]`: makes an admin, or whoever has that
// name one again, active and with a new password. It writes to the database, so set-up stays closed to the world.

import { hashPassword } from '../core/passwords.ts';
import { type AdminBefore, findAdmin, makeAdmin } from './admin-sql.ts';
import { assertAcceptable, generatePassword, readPassword } from './new-password.ts';
import { assertNothingLeft, runScript, takeOptions, UsageError } from './options.ts';
import { ask, canAsk } from './questions.ts';
import { findTarget, query, run, type Target, targetOptions } from './target.ts';

async function createAdmin(args: string[]): Promise<void> {
  const flags = [...targetOptions.flags, 'generate-password'] as const;
  const { values, rest } = takeOptions(args, { ...targetOptions, flags });
  const target = await findTarget(values);
  const { passwordPolicy } = target.config;
  const username = await readUsername(rest);
  const generated = values['generate-password'] ? generatePassword(passwordPolicy) : undefined;
  const password = generated ?? (await readPassword());
  assertAcceptable(passwordPolicy, { username, password });
  const [before] = await query(target, findAdmin(username));
  await run(target, makeAdmin(username, await hashPassword(passwordPolicy, password), new Date()));
  // The database gave the row in the shape of the query.
  console.log(outcome(username, target, before as AdminBefore | undefined).join('\n'));
  if (generated !== undefined) console.log(`The password, shown this once: ${generated}`);
}

async function readUsername(rest: string[]): Promise<string> {
  const [given, ...more] = rest;
  assertNothingLeft(given?.startsWith('-') ? rest : more, ' A password is never given as one.');
  if (given === undefined && !canAsk()) throw new UsageError('Which name? npm run admin:create -- NAME');
  return (given ?? (await ask('Username: '))).trim();
}

/** What was done, for people. */
function outcome(username: string, { name }: Pick<Target, 'name'>, before: AdminBefore | undefined) {
  if (before === undefined) return [`Created the admin ${username} in ${name}.`];
  const done = [
    'has a new password',
    ...(before.isAdmin ? [] : ['is an admin now']),
    ...(before.isActive ? [] : ['is active again']),
    ...(before.logins > 0 ? [`was signed out (${before.logins})`] : []),
    ...(before.planted > 0 ? [`lost the API keys that others had made for it (${before.planted})`] : []),
  ];
  const keys = before.keys > 0 ? ['API keys survive this: they may have to be revoked.'] : [];
  return [`${username} ${done.join(', ')} in ${name}.`, ...keys];
}

if (import.meta.main) await runScript(createAdmin);
