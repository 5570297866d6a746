import * as z from 'zod/mini';
import { normaliseAddress } from './core/addresses.ts';
import { keySetNumber } from './core/key-set-names.ts';
import type { KeySet } from './core/signing-keys.ts';

/** What wrangler binds: the database, the vars and the secrets. */
export type Env = {
  DB: D1Database;
  JWT_KEYS?: string;
  [furtherKeys: `JWT_KEYS_${number}`]: string | undefined;
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
  LOGINS_PER_NETWORK?: RateLimit;
  LOGINS_PER_NETWORK_AND_NAME?: RateLimit;
};

/** Returns the value, or notes what is wrong in `problems`, in which case what it returns is not used. */
type Reader<T> = (text: string, problems: string[]) => T;

/** One schema for each: a chain of zod's own is as good, and costs each isolate that starts milliseconds of CPU. */
const variable = <T>(unset: T, read: Reader<T>) =>
  z.transform((value: unknown, context): T => {
    if (value === undefined) return unset;
    const problems = typeof value === 'string' ? [] : ['is not a text'];
    const result = typeof value === 'string' ? read(value, problems) : unset;
    for (const message of problems) context.issues.push({ code: 'custom', message, input: value });
    return result;
  });

const wholeNumber = (unset: number, min: number, max: number) =>
  variable(unset, (text, problems) => {
    const value = Number(text);
    if (!/^\d{1,10}$/.test(text)) problems.push('is not a whole number');
    else if (value < min || value > max) problems.push(`is not between ${min} and ${max}`);
    return value;
  });

const onOff = (unset: 'on' | 'off') =>
  variable(unset === 'on', (text, problems) => {
    if (text !== 'on' && text !== 'off') problems.push('is neither "on" nor "off"');
    return text === 'on';
  });

/** Names in tokens stay within what a browser's `atob` decodes: ASCII, and no `>`, `?`, `~`. */
const tokenName = () =>
  variable<string | undefined>(undefined, (text, problems) => {
    if (!/^(?![\s\S]*[>?~])[\x21-\x7e]+$/.test(text))
      problems.push('has a character that tokens cannot carry');
    return text;
  });

const origins = () =>
  variable(['*'], (text, problems) => {
    const list = text.split(',').map((origin) => origin.trim());
    if (!list.every((origin) => origin === '*' || isOrigin(origin)))
      problems.push('is not a list of origins');
    return list;
  });

const address = () =>
  variable<string | undefined>(undefined, (text, problems) => {
    const value = normaliseAddress(text);
    if (value === null) problems.push('is not an address');
    return value ?? undefined;
  });

const DAY_SECONDS = 86_400;

const variables = () =>
  z.pipe(
    z.object({
      JWT_ISSUER: tokenName(),
      JWT_AUDIENCE: tokenName(),
      ACCESS_TOKEN_TTL_SECONDS: wholeNumber(1800, 1, DAY_SECONDS),
      REFRESH_TOKEN_TTL_SECONDS: wholeNumber(DAY_SECONDS, 1, 366 * DAY_SECONDS),
      REFRESH_ROTATION: onOff('off'),
      PASSWORD_ITERATIONS: wholeNumber(220_000, 1000, 10_000_000),
      PASSWORD_MIN_LENGTH: wholeNumber(8, 1, 256),
      REQUIRE_CURRENT_PASSWORD: onOff('off'),
      CORS_ORIGINS: origins(),
      SETUP_ALLOWED_IP: address(),
      API_KEYS_PER_USER: wholeNumber(1, 1, 1000),
      RATE_LIMITS: onOff('on'),
      AUDIT_RETENTION_DAYS: wholeNumber(90, 1, 3660),
    }),
    z.transform((vars) => ({
      tokenPolicy: {
        accessTokenTtlSeconds: vars.ACCESS_TOKEN_TTL_SECONDS,
        refreshTokenTtlSeconds: vars.REFRESH_TOKEN_TTL_SECONDS,
        jwtIssuer: vars.JWT_ISSUER,
        jwtAudience: vars.JWT_AUDIENCE,
        rotatesRefreshTokens: vars.REFRESH_ROTATION,
      },
      passwordPolicy: {
        passwordIterations: vars.PASSWORD_ITERATIONS,
        passwordMinLength: vars.PASSWORD_MIN_LENGTH,
      },
      requireCurrentPassword: vars.REQUIRE_CURRENT_PASSWORD,
      corsOrigins: vars.CORS_ORIGINS,
      setupAllowedIp: vars.SETUP_ALLOWED_IP,
      apiKeysPerUser: vars.API_KEYS_PER_USER,
      limitsLogins: vars.RATE_LIMITS,
      auditRetentionDays: vars.AUDIT_RETENTION_DAYS,
    })),
  );

export type Config = z.output<ReturnType<typeof variables>>;
export type ParsedConfig = { valid: true; config: Config } | { valid: false; problem: string };

/** Reads the vars. `problem` says which one is wrong and why, without its value. An empty var counts as unset. */
export function parseConfig(env: Env): ParsedConfig {
  const set = Object.entries(env).flatMap(([name, value]) => (value === '' ? [] : [[name, asText(value)]]));
  const parsed = variables().safeParse(Object.fromEntries(set));
  if (parsed.success) return { valid: true, config: parsed.data };
  const problem = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ');
  return { valid: false, problem };
}

/** The secrets that hold key sets, in the order of their numbers. An empty one counts as unset. */
export function keySetsOf(env: Env): KeySet[] {
  const numbered = Object.entries(env).flatMap(([name, text]: [string, unknown]) => {
    const number = keySetNumber(name);
    return number === null || typeof text !== 'string' || text.trim() === '' ? [] : [{ number, name, text }];
  });
  return numbered.sort((a, b) => a.number - b.number).map(({ name, text }) => ({ name, text }));
}

/** `[vars]` in wrangler.toml may hold numbers and booleans; `--var` and `.dev.vars` give text. */
const asText = (value: unknown): unknown =>
  typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && !text.includes('*');
}
