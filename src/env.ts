import { normaliseAddress } from './core/addresses.ts';
import { keySetNumber } from './core/key-set-names.ts';
import type { RefreshSecret } from './core/refresh-keys.ts';
import type { KeySet } from './core/signing-keys.ts';
import { refreshKeyNumber } from './protocol/refresh-keys.ts';

/** What wrangler binds: the database, the vars and the secrets. */
export type Env = Vars & {
  DB: D1Database;
  JWT_KEYS?: string;
  [furtherKeys: `JWT_KEYS_${number}`]: string | undefined;
  REFRESH_KEY?: string;
  [furtherRefreshKeys: `REFRESH_KEY_${number}`]: string | undefined;
  LOGINS_PER_NETWORK?: RateLimit;
  LOGINS_PER_NETWORK_AND_NAME?: RateLimit;
};

type Vars = {
  JWT_ISSUER?: string;
  JWT_AUDIENCE?: string;
  ACCESS_TOKEN_TTL_SECONDS?: string;
  REFRESH_TOKEN_TTL_SECONDS?: string;
  REFRESH_ROTATION?: string;
  PASSWORD_ITERATIONS?: string;
  PASSWORD_MIN_LENGTH?: string;
  REQUIRE_CURRENT_PASSWORD?: string;
  CORS_ORIGINS?: string;
  SETUP_ALLOWED_IP?: string;
  API_KEYS_PER_USER?: string;
  RATE_LIMITS?: string;
  AUDIT_RETENTION_DAYS?: string;
};

/** Gives the value, or notes what is wrong in `problems`; then what it gives is not used. */
type Reader<T> = (text: string, problems: string[]) => T;

const wholeNumber =
  (min: number, max: number): Reader<number> =>
  (text, problems) => {
    const value = Number(text);
    if (!/^\d{1,10}$/.test(text)) problems.push('is not a whole number');
    else if (value < min || value > max) problems.push(`is not between ${min} and ${max}`);
    return value;
  };

const onOff: Reader<boolean> = (text, problems) => {
  if (text !== 'on' && text !== 'off') problems.push('is neither "on" nor "off"');
  return text === 'on';
};

/** Names in tokens stay within what a browser's `atob` decodes: ASCII, and no `>`, `?`, `~`. */
const tokenName: Reader<string | undefined> = (text, problems) => {
  if (!/^(?![\s\S]*[>?~])[\x21-\x7e]+$/.test(text)) problems.push('has a character that tokens cannot carry');
  return text;
};

const origins: Reader<string[]> = (text, problems) => {
  const list = text.split(',').map((origin) => origin.trim());
  if (!list.every((origin) => origin === '*' || isOrigin(origin))) problems.push('is not a list of origins');
  return list;
};

const address: Reader<string | undefined> = (text, problems) => {
  const value = normaliseAddress(text);
  if (value === null) problems.push('is not an address');
  return value ?? undefined;
};

const DAY_SECONDS = 86_400;

/** The value of a var, or what it is where it is unset. */
type Read = <T>(name: keyof Vars, unset: T, reader: Reader<T>) => T;

const configFrom = (read: Read) => ({
  tokenPolicy: {
    jwtIssuer: read('JWT_ISSUER', undefined, tokenName),
    jwtAudience: read('JWT_AUDIENCE', undefined, tokenName),
    accessTokenTtlSeconds: read('ACCESS_TOKEN_TTL_SECONDS', 1800, wholeNumber(1, DAY_SECONDS)),
    refreshTokenTtlSeconds: read('REFRESH_TOKEN_TTL_SECONDS', DAY_SECONDS, wholeNumber(1, 366 * DAY_SECONDS)),
    rotatesRefreshTokens: read('REFRESH_ROTATION', false, onOff),
  },
  passwordPolicy: {
    passwordIterations: read('PASSWORD_ITERATIONS', 220_000, wholeNumber(1000, 10_000_000)),
    passwordMinLength: read('PASSWORD_MIN_LENGTH', 8, wholeNumber(1, 256)),
  },
  requireCurrentPassword: read('REQUIRE_CURRENT_PASSWORD', false, onOff),
  corsOrigins: read('CORS_ORIGINS', ['*'], origins),
  setupAllowedIp: read('SETUP_ALLOWED_IP', undefined, address),
  apiKeysPerUser: read('API_KEYS_PER_USER', 1, wholeNumber(1, 1000)),
  limitsLogins: read('RATE_LIMITS', true, onOff),
  auditRetentionDays: read('AUDIT_RETENTION_DAYS', 90, wholeNumber(1, 3660)),
});

export type Config = ReturnType<typeof configFrom>;
export type ParsedConfig = { valid: true; config: Config } | { valid: false; problem: string };

/**
 * Reads the vars. `problem` says which are wrong and why, without their values. An empty var counts as unset. By hand,
 * since an isolate that starts would make a schema for this alone, which takes milliseconds of CPU.
 */
export function parseConfig(env: Env): ParsedConfig {
  const problems: string[] = [];
  const config = configFrom((name, unset, reader) => {
    const value = asText(env[name]);
    if (value === undefined || value === '') return unset;
    const found: string[] = typeof value === 'string' ? [] : ['is not a text'];
    const result = typeof value === 'string' ? reader(value, found) : unset;
    problems.push(...found.map((problem) => `${name} ${problem}`));
    return result;
  });
  return problems.length === 0 ? { valid: true, config } : { valid: false, problem: problems.join('; ') };
}

/** The secrets that hold key sets, in the order of their numbers. An empty one counts as unset. */
export function keySetsOf(env: Env): KeySet[] {
  const numbered = Object.entries(env).flatMap(([name, text]: [string, unknown]) => {
    const number = keySetNumber(name);
    return number === null || typeof text !== 'string' || text.trim() === '' ? [] : [{ number, name, text }];
  });
  return numbered.sort((a, b) => a.number - b.number).map(({ name, text }) => ({ name, text }));
}

/**
 * The secrets that sign refresh tokens. An empty one counts as unset; any other value counts, also one that is no text:
 * to pass it over would sign refresh tokens with the published key, and nobody would notice.
 */
export function refreshSecretsOf(env: Env): RefreshSecret[] {
  return Object.entries(env).flatMap(([name, value]: [string, unknown]) => {
    const number = refreshKeyNumber(name);
    if (number === null || value === undefined || value === null) return [];
    const text = typeof value === 'string' ? value.trim() : 'no text';
    return text === '' ? [] : [{ name, number, text }];
  });
}

/** `[vars]` in wrangler.toml may hold numbers and booleans; `--var` and `.dev.vars` give text. */
const asText = (value: unknown): unknown =>
  typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && !text.includes('*');
}
