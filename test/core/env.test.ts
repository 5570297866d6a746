import { describe, expect, it } from 'vitest';
import { type Config, type Env, keySetsOf, parseConfig, refreshSecretsOf } from '../../src/env.ts';
import { env } from '../support/env.ts';

type Vars = Record<string, unknown>;

/** The bindings alone, without a single var. */
const bare = { DB: env.DB, JWT_KEYS: env.JWT_KEYS };
// A var may hold anything: an operator's file is no program.
const parse = (vars: Vars) => parseConfig({ ...bare, ...vars } as Env);

function configOf(vars: Vars): Config {
  const parsed = parse(vars);
  if (!parsed.valid) throw new Error(parsed.problem);
  return parsed.config;
}

describe('parseConfig', () => {
  const DEFAULTS: Config = {
    tokenPolicy: {
      accessTokenTtlSeconds: 1800,
      refreshTokenTtlSeconds: 86_400,
      jwtIssuer: undefined,
      jwtAudience: undefined,
      rotatesRefreshTokens: false,
    },
    passwordPolicy: { passwordIterations: 220_000, passwordMinLength: 8 },
    requireCurrentPassword: false,
    corsOrigins: ['*'],
    setupAllowedIp: undefined,
    apiKeysPerUser: 1,
    limitsLogins: true,
    auditRetentionDays: 90,
  };

  it('has the defaults of the documentation', () => {
    expect(configOf({})).toEqual(DEFAULTS);
  });

  it('takes an empty var for one that is not set', () => {
    const empty = [
      'JWT_ISSUER',
      'JWT_AUDIENCE',
      'ACCESS_TOKEN_TTL_SECONDS',
      'REFRESH_TOKEN_TTL_SECONDS',
      'REFRESH_ROTATION',
      'PASSWORD_ITERATIONS',
      'PASSWORD_MIN_LENGTH',
      'REQUIRE_CURRENT_PASSWORD',
      'CORS_ORIGINS',
      'SETUP_ALLOWED_IP',
      'API_KEYS_PER_USER',
    ].map((name) => [name, '']);
    expect(configOf(Object.fromEntries(empty))).toEqual(DEFAULTS);
  });

  it('ignores what it does not know', () => {
    expect(configOf({ SOMETHING_ELSE: 'x', ASSETS: { fetch: () => undefined } })).toEqual(DEFAULTS);
  });

  it.each<[string, unknown, (config: Config) => unknown, unknown]>([
    ['JWT_ISSUER', 'https://accounts.example', (c) => c.tokenPolicy.jwtIssuer, 'https://accounts.example'],
    ['JWT_AUDIENCE', 'edge', (c) => c.tokenPolicy.jwtAudience, 'edge'],
    ['ACCESS_TOKEN_TTL_SECONDS', '60', (c) => c.tokenPolicy.accessTokenTtlSeconds, 60],
    ['ACCESS_TOKEN_TTL_SECONDS', 60, (c) => c.tokenPolicy.accessTokenTtlSeconds, 60],
    ['REFRESH_TOKEN_TTL_SECONDS', '2592000', (c) => c.tokenPolicy.refreshTokenTtlSeconds, 2_592_000],
    ['REFRESH_ROTATION', 'on', (c) => c.tokenPolicy.rotatesRefreshTokens, true],
    ['REFRESH_ROTATION', 'off', (c) => c.tokenPolicy.rotatesRefreshTokens, false],
    ['PASSWORD_ITERATIONS', '1000', (c) => c.passwordPolicy.passwordIterations, 1000],
    ['PASSWORD_ITERATIONS', 1_000_000, (c) => c.passwordPolicy.passwordIterations, 1_000_000],
    ['PASSWORD_MIN_LENGTH', '12', (c) => c.passwordPolicy.passwordMinLength, 12],
    ['REQUIRE_CURRENT_PASSWORD', 'on', (c) => c.requireCurrentPassword, true],
    ['REQUIRE_CURRENT_PASSWORD', 'off', (c) => c.requireCurrentPassword, false],
    ['CORS_ORIGINS', '*', (c) => c.corsOrigins, ['*']],
    [
      'CORS_ORIGINS',
      'https://a.example, http://localhost:5173',
      (c) => c.corsOrigins,
      ['https://a.example', 'http://localhost:5173'],
    ],
    ['SETUP_ALLOWED_IP', '203.0.113.7', (c) => c.setupAllowedIp, '203.0.113.7'],
    ['SETUP_ALLOWED_IP', ' 2001:DB8::7 ', (c) => c.setupAllowedIp, '2001:db8::7'],
    ['SETUP_ALLOWED_IP', '::ffff:203.0.113.7', (c) => c.setupAllowedIp, '203.0.113.7'],
    ['API_KEYS_PER_USER', '3', (c) => c.apiKeysPerUser, 3],
  ])('reads %s = %j', (name, value, read, expected) => {
    expect(read(configOf({ [name]: value }))).toEqual(expected);
  });

  const WRONG: Record<string, unknown[]> = {
    JWT_ISSUER: ['a>b', 'a?b', 'a~b', 'a b', 'a\tb', 'a\n', ' a', 'ä', '発行者', 'a\u007f', '🔑'],
    JWT_AUDIENCE: ['a>b', 'a?b', 'a~b', 'a b', ' a', 'é'],
    ACCESS_TOKEN_TTL_SECONDS: ['0', '-1', '1.5', '30m', '1e3', '0x10', ' 60', '86401', '9'.repeat(11), true],
    REFRESH_TOKEN_TTL_SECONDS: ['0', '-1', 'day', '31622401', {}],
    REFRESH_ROTATION: ['yes', 'On', '1', 'on ', true, 0],
    PASSWORD_ITERATIONS: ['999', '0', '-220000', '10000001', '220_000', '220,000', 1.5, false],
    PASSWORD_MIN_LENGTH: ['0', '257', 'eight', -8],
    REQUIRE_CURRENT_PASSWORD: ['yes', 'ON', '1', ' on', true, 1],
    CORS_ORIGINS: [
      'a.example',
      'https://a.example/',
      'https://a.example/path',
      'https://a.example;https://b.example',
      'https://A.example',
      'null',
      'https://a.example,',
      ',',
    ],
    SETUP_ALLOWED_IP: ['localhost', '203.0.113.0/24', '203.0.113.7, 203.0.113.8', '[::1]', ' '],
    API_KEYS_PER_USER: ['0', '-1', 'many', '1001', 2.5],
  };
  const wrong = Object.entries(WRONG).flatMap(([name, values]) =>
    values.map((value) => [name, value] as const),
  );

  it.each(wrong)('refuses %s = %j, naming the var', (name, value) => {
    const parsed = parse({ [name]: value });
    expect(parsed.valid).toBe(false);
    if (!parsed.valid) expect(parsed.problem).toMatch(new RegExp(`^${name} `));
  });

  it('shows no value in what it says', () => {
    for (const name of Object.keys(WRONG)) {
      const parsed = parse({ [name]: '>hunter2hunter2' });
      expect(parsed.valid).toBe(false);
      if (!parsed.valid) expect(parsed.problem).not.toContain('hunter2');
    }
  });

  it('names every wrong var at once', () => {
    const parsed = parse({ API_KEYS_PER_USER: 'x', PASSWORD_MIN_LENGTH: 'y' });
    expect(parsed.valid).toBe(false);
    if (!parsed.valid) expect(parsed.problem.split('; ')).toHaveLength(2);
  });

  const accepted = (name: string, values: string[]) =>
    values.filter((value) => parse({ [name]: value }).valid);

  it('refuses a SETUP_ALLOWED_IP that no caller can ever have, instead of locking everyone out', () => {
    const values = ['cafe', '7', ':::::', '...', '203.0.113', '203.0.113.256', '203.0.113.7:80'];
    expect(accepted('SETUP_ALLOWED_IP', values)).toEqual([]);
  });

  it('refuses CORS_ORIGINS with a pattern, which no browser can ever send', () => {
    expect(accepted('CORS_ORIGINS', ['https://*.example', 'https://*'])).toEqual([]);
  });

  it('reads SETUP_ALLOWED_IP in the spelling in which callers come (RFC 5952)', () => {
    const spellings = ['2001:0db8:0000:0000:0000:0000:0000:0007', '2001:db8:0:0::7', '2001:db8::0007'];
    for (const SETUP_ALLOWED_IP of spellings) {
      expect(configOf({ SETUP_ALLOWED_IP }).setupAllowedIp).toBe('2001:db8::7');
    }
  });
});

describe('keySetsOf', () => {
  const sets = (vars: Vars) => keySetsOf({ DB: env.DB, ...vars } as Env);
  const names = (vars: Vars) => sets(vars).map(({ name }) => name);

  it('gives the secrets by their numbers, not as texts sort', () => {
    const vars = { JWT_KEYS_10: 'ten', JWT_KEYS_2: 'two', JWT_KEYS: 'one', JWT_KEYS_1000: 'far' };
    expect(sets(vars).map(({ text }) => text)).toEqual(['one', 'two', 'ten', 'far']);
    expect(names({ JWT_KEYS_3: 'three', JWT_KEYS_2: 'two' })).toEqual(['JWT_KEYS_2', 'JWT_KEYS_3']);
  });

  it.each([
    'JWT_KEYS_1',
    'JWT_KEYS_0',
    'JWT_KEYS_02',
    'JWT_KEYS_',
    'JWT_KEYS_OLD',
    'MY_JWT_KEYS',
    'jwt_keys',
  ])('leaves %s alone', (name) => {
    expect(names({ [name]: 'x', JWT_KEYS: 'x' })).toEqual(['JWT_KEYS']);
  });

  it.each(['', ' \n', undefined, null, 5])('takes %j for a secret that is not set', (value) => {
    expect(names({ JWT_KEYS: value, JWT_KEYS_2: 'x' })).toEqual(['JWT_KEYS_2']);
  });
});

describe('refreshSecretsOf', () => {
  const secrets = (vars: Vars) => refreshSecretsOf({ DB: env.DB, ...vars } as Env);

  it('gives the secrets with their numbers, without the blanks around them', () => {
    const vars = { REFRESH_KEY: '0.a\n', REFRESH_KEY_2: ' 5.b ', REFRESH_KEY_17: '7.c' };
    expect(secrets(vars)).toEqual([
      { name: 'REFRESH_KEY', number: 1, text: '0.a' },
      { name: 'REFRESH_KEY_2', number: 2, text: '5.b' },
      { name: 'REFRESH_KEY_17', number: 17, text: '7.c' },
    ]);
  });

  it.each([
    'REFRESH_KEY_1',
    'REFRESH_KEY_0',
    'REFRESH_KEY_02',
    'REFRESH_KEY_',
    'REFRESH_KEYS',
    'refresh_key',
    'JWT_KEYS',
  ])('leaves %s alone', (name) => {
    expect(secrets({ [name]: 'x' })).toEqual([]);
  });

  it.each(['', ' \n', undefined, null])('takes %j for a secret that is not set', (value) => {
    expect(secrets({ REFRESH_KEY: value })).toEqual([]);
  });

  it.each([5, true, { get: () => 'x' }, ['x']])(
    'keeps %j as a value that no key is made of',
    (REFRESH_KEY) => {
      expect(secrets({ REFRESH_KEY })).toEqual([{ name: 'REFRESH_KEY', number: 1, text: 'no text' }]);
    },
  );
});
