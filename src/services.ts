import { AsyncLocalStorage } from 'node:async_hooks';
import type { DatabaseUse } from './core/database-use.ts';
import type { Deps } from './core/deps.ts';
import { notConfigured } from './core/errors.ts';
import type { LoginLimits, RateLimiter } from './core/login-limits.ts';
import type { RefreshSecret } from './core/refresh-keys.ts';
import { type KeySet, parseSigningKeys, type SigningKeys } from './core/signing-keys.ts';
import { IDENTITY, PROFILE } from './db/accounts.ts';
import { createApiKeyStore } from './db/api-keys.ts';
import { createAuditEventStore } from './db/audit-events.ts';
import { boundedBinding } from './db/binding.ts';
import { createCallerStore } from './db/callers.ts';
import { connect } from './db/client.ts';
import { createGroupStore } from './db/groups.ts';
import { createHealthStore } from './db/health.ts';
import { createHousekeepingStore } from './db/housekeeping.ts';
import { createAttemptStore } from './db/login-attempts.ts';
import { createSessionStore } from './db/sessions.ts';
import { createSuperuserStore } from './db/superuser.ts';
import { createUserStore } from './db/users.ts';
import { type Env, keySetsOf, parseConfig, refreshSecretsOf } from './env.ts';

const byEnv = new WeakMap<Env, Deps>();
const uses = new AsyncLocalStorage<DatabaseUse>();

/** Runs a request, and counts into `use` what it asks of the database on its way. */
export const measured = <T>(use: DatabaseUse, run: () => T): T => uses.run(use, run);

/**
 * Wires the rules to their stores, keys and configuration; once for each environment object.
 * @throws DomainError `unavailable` while a var is wrong; the cause, for the log, says which.
 */
export function servicesOf(env: Env): Deps {
  const known = byEnv.get(env);
  if (known !== undefined) return known;
  const parsed = parseConfig(env);
  if (!parsed.valid) throw notConfigured(new Error(`wrong configuration: ${parsed.problem}`));
  const db = connect(boundedBinding(env.DB, () => uses.getStore()));
  const { limitsLogins, ...config } = parsed.config;
  const refreshSecrets = refreshSecretsOf(env);
  const services: Deps = {
    ...config,
    loginLimits: limitsLogins ? loginLimitsOf(env) : null,
    callers: createCallerStore(db, IDENTITY),
    profiles: createCallerStore(db, PROFILE),
    users: createUserStore(db),
    sessions: createSessionStore(db),
    attempts: createAttemptStore(db),
    apiKeys: createApiKeyStore(db),
    groups: createGroupStore(db),
    auditEvents: createAuditEventStore(db),
    superuser: createSuperuserStore(db),
    health: createHealthStore(db),
    housekeeping: createHousekeepingStore(db),
    signingKeys: createKeyring(keySetsOf(env), refreshSecrets),
  };
  if (refreshSecrets.length === 0) console.warn(JSON.stringify({ level: 'warn', message: NO_REFRESH_KEY }));
  byEnv.set(env, services);
  return services;
}

const loginLimitsOf = (env: Env): LoginLimits => ({
  ofNetwork: limiterOf(env.LOGINS_PER_NETWORK),
  ofNetworkAndName: limiterOf(env.LOGINS_PER_NETWORK_AND_NAME),
});

/** What a counter of Cloudflare's may take: it answers from the same place, in a few milliseconds. */
const LIMITER_TIMEOUT_MS = 500;

/**
 * Cloudflare's counters are a help and no guarantee: where they are missing, fail or do not answer, the lock in the
 * database counts.
 */
const limiterOf =
  (binding: RateLimit | undefined): RateLimiter =>
  async (key) => {
    if (binding === undefined) return true;
    const { promise: tooLate, resolve } = Promise.withResolvers<{ success: boolean }>();
    const timer = setTimeout(resolve, LIMITER_TIMEOUT_MS, { success: true });
    try {
      return (await Promise.race([binding.limit({ key }), tooLate])).success;
    } catch {
      return true;
    } finally {
      clearTimeout(timer);
    }
  };

/**
 * Imports the keys at the first need. What is kept is the keys, never the promise of them: a promise belongs
 * to the request that made it, and whoever waited for it would hang if that request were cancelled.
 */
function createKeyring(
  sets: readonly KeySet[],
  refreshSecrets: readonly RefreshSecret[],
): () => Promise<SigningKeys> {
  let imported: SigningKeys | undefined;
  return async () => {
    if (imported !== undefined) return imported;
    const parsed = await parseSigningKeys(sets, refreshSecrets);
    if (!parsed.valid) {
      const advice = refreshSecrets.some(({ name }) => parsed.problem.startsWith(`${name} `))
        ? HOW_TO_MEND_REFRESH_KEYS
        : HOW_TO_SET_KEYS;
      const problem = `the signing keys cannot be used: ${parsed.problem}. ${advice}`;
      throw notConfigured(new Error(problem));
    }
    imported = parsed.keys;
    return imported;
  };
}

const HOW_TO_SET_KEYS =
  'Locally `npm run dev` makes JWT_KEYS; in production set it with `wrangler secret put JWT_KEYS`.';

const HOW_TO_MEND_REFRESH_KEYS =
  'Delete that secret with `wrangler secret delete`, locally its line in .dev.vars; if no other one is left, ' +
  '`npm run deploy` makes one, locally `npm run dev`.';

/** Once for each isolate, since its environment is one object. */
const NO_REFRESH_KEY =
  'REFRESH_KEY is not set: refresh tokens are signed with the key of access tokens, so other programs can take one for ' +
  'an access token. `npm run keys:add -- --refresh --remote` makes it; locally `npm run dev` does.';
