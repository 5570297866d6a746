// `npm run deploy [-- --env NAME --location PLACE and arguments for wrangler deploy]`. Each step looks first at what is
// there, so that a run repeats what one before it left undone. Tables come before the code that reads them, and the
// signing keys with it; keys that are set are never replaced, for that would end every login.

import { assertOurWorker, rehearse } from './deploy-args.ts';
import { ensureDatabase, hasAdmin } from './deploy-database.ts';
import { deployWorker } from './deploy-worker.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { assertReached, runScript, takeOptions } from './options.ts';
import { runWrangler } from './wrangler.ts';

async function deploy(args: string[]): Promise<void> {
  const { values, rest } = takeOptions(args, { named: ['env', 'location', 'jurisdiction'] });
  assertReached(['dry-run']);
  assertOurWorker(rest);
  const environment = readEnvironment(values.env);
  if (rest.some((arg) => /^--(dry-run|dryRun)(=true)?$/.test(arg))) {
    process.exitCode = await runWrangler(['deploy', environment.argument, ...rest]);
    return;
  }
  await rehearse(environment, rest);
  await ensureDatabase(environment, values);
  const url = await deployWorker(environment, rest);
  console.log(lastWord(environment, { url, hasAdmin: await hasAdmin(environment) }));
}

/** What to do next; the first admin is explained unless there is known to be one. */
function lastWord(
  { suffix }: Pick<Environment, 'suffix'>,
  state: { url: string | null; hasAdmin: boolean | null },
): string {
  const places =
    state.url === null
      ? ['  It has no address yet: give it a route or a domain in wrangler.toml.']
      : [
          `    Page  ${state.url}/`,
          `    API   ${state.url}/api/accounts/`,
          `    Docs  ${state.url}/api/swagger/`,
        ];
  const admin = [
    '',
    '  There is no admin yet. Make the first one:',
    `    npm run admin:create -- --remote${suffix}`,
  ];
  return ['', '  Edge Accounts is deployed', ...places, ...(state.hasAdmin === true ? [] : admin), ''].join(
    '\n',
  );
}

if (import.meta.main) await runScript(deploy);
