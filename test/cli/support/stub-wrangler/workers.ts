import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { type Account, databasesFor, readConfig, type StoredWorker } from './account.ts';
import { type Call, type Flags, Refused } from './arguments.ts';
import { addDatabase, findDatabase } from './d1.ts';

/** As wrangler's `getLegacyScriptName`, by which its commands for secrets name a Worker. */
function workerName(flags: Flags): string {
  const { name, env } = flags;
  return name && env ? `${name}-${env}` : String(name ?? readConfig(flags).name);
}

/** As `wrangler deploy` names it. */
function deployedName(flags: Flags): string {
  const name = String(flags['name'] ?? readConfig(flags).name);
  const expected = process.env['WRANGLER_CI_OVERRIDE_NAME'] ?? name;
  if (expected !== name) console.warn('▲ [WARNING] Failed to match Worker name.');
  return expected;
}

const newWorker = (): StoredWorker => ({
  deployed: false,
  secrets: {},
  vars: {},
  database: null,
  rateLimits: {},
  crons: [],
  versions: 0,
  domains: [],
});

/** A secret for a Worker that is not there makes a draft of it, where nobody can be asked. */
function findOrDraft(account: Account, name: string): StoredWorker {
  account.workers[name] ??= newWorker();
  return account.workers[name];
}

export function listSecrets(account: Account, { flags }: Call): void {
  const name = workerName(flags);
  const worker = account.workers[name];
  if (worker === undefined) {
    const env = flags['env'] ? ` (env: ${flags['env']})` : '';
    throw new Refused(
      `Worker "${name}"${env} not found.\n\nIf this is a new Worker, run \`wrangler deploy\` first to create it.`,
    );
  }
  const listed = Object.keys(worker.secrets).map((secret) => ({ name: secret, type: 'secret_text' }));
  console.log(JSON.stringify(listed, null, '  '));
}

export function putSecret(account: Account, { positionals: [key = ''], flags }: Call): void {
  findOrDraft(account, workerName(flags)).secrets[key] = readFileSync(0, 'utf8').trimEnd();
  account.save();
  console.log(`✨ Success! Uploaded secret ${key}`);
}

export function deleteSecret(account: Account, { positionals: [key = ''], flags }: Call): void {
  const secrets = account.workers[workerName(flags)]?.secrets;
  if (secrets?.[key] === undefined) throw new Refused(`Secret "${key}" not found.`);
  delete secrets[key];
  account.save();
  console.log(`✨ Success! Deleted secret ${key}`);
}

function readSecrets(text: string): Record<string, string> {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused('The contents of the file are not valid JSON');
  }
}

/** Stricter than wrangler: others on the machine must not be able to read it meanwhile. */
function readSecretFile(file: string): string {
  if ((statSync(file).mode & 0o077) !== 0) throw new Refused(`others can read ${file}`);
  return readFileSync(file, 'utf8');
}

/** What a dry run refuses, but for what only building shows. */
export function rehearse(_: Account, { positionals: [path], flags }: Call): void {
  readConfig(flags);
  if (path !== undefined && !existsSync(path))
    throw new Refused(`The expected output file at "${path}" was not found after running custom build`);
  console.log('Total Upload: 1.00 KiB\n--dry-run: exiting now.');
}

export function deploy(account: Account, { flags }: Call): void {
  const config = readConfig(flags);
  const name = deployedName(flags);
  const secrets =
    typeof flags['secrets-file'] === 'string' ? readSecrets(readSecretFile(flags['secrets-file'])) : {};
  const worker = findOrDraft(account, name);
  Object.assign(worker.secrets, secrets);
  Object.assign(worker, {
    deployed: true,
    versions: worker.versions + 1,
    vars: { ...config.vars, ...readVars(flags['var']) },
    database: bindDatabase(account, config, flags),
    rateLimits: Object.fromEntries(config.ratelimits.map(({ name, namespace_id }) => [name, namespace_id])),
    crons: config.triggers.crons ?? [],
    domains: takeDomains(account, config),
  });
  account.save();
  report(name, worker, flags);
}

function takeDomains({ workers }: Account, { routes = [] }: ReturnType<typeof readConfig>): string[] {
  const domains = routes.flatMap((route) =>
    typeof route === 'object' && route.custom_domain === true ? [route.pattern] : [],
  );
  for (const worker of Object.values(workers))
    worker.domains = worker.domains.filter((domain) => !domains.includes(domain));
  return domains;
}

function readVars(given: Flags[string]): Record<string, string> {
  const list = Array.isArray(given) ? given.map(String) : [];
  return Object.fromEntries(list.map((text) => [text.split(':', 1)[0], text.slice(text.indexOf(':') + 1)]));
}

/** As wrangler provisions: a binding without an id gets the database of its name, or a new one. */
function bindDatabase(account: Account, config: ReturnType<typeof readConfig>, flags: Flags): string | null {
  const [bound] = config.d1_databases;
  if (bound === undefined) return null;
  const known = databasesFor(account, flags).some(
    ({ name, uuid }) => name === bound.database_name || uuid === bound.database_id,
  );
  const database =
    known || bound.database_id
      ? findDatabase(account, bound.binding, flags)
      : addDatabase(account, String(bound.database_name), { env: flags['env'] });
  return database.uuid;
}

function report(name: string, { crons, versions }: StoredWorker, flags: Flags): void {
  const targets = [`https://${name}.stub.workers.dev`, ...crons.map((cron) => `schedule: ${cron}`)];
  console.log(
    [`Uploaded ${name} (1.00 sec)`, `Deployed ${name} triggers (0.50 sec)`, ...targets].join('\n  '),
  );
  console.log('Current Version ID:', randomUUID());
  const file = process.env['WRANGLER_OUTPUT_FILE_PATH'];
  if (!file) return;
  const entry = {
    type: 'deploy',
    version: versions,
    worker_name: name,
    targets,
    wrangler_environment: flags['env'],
  };
  appendFileSync(
    file,
    `${JSON.stringify({ type: 'wrangler-session', version: 1 })}\n${JSON.stringify(entry)}\n`,
  );
}
