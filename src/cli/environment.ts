// An environment of wrangler.toml: the one at its top, or one below [env.NAME].

import { type Unstable_Config as Config, unstable_readConfig } from 'wrangler';
import { UsageError } from './options.ts';
import { paths } from './project.ts';

export type Environment = {
  /** Empty for the one at the top. */
  name: string;
  /** As an argument for wrangler, also where it is the top: wrangler warns where none is named. */
  argument: string;
  /** As people write it after a command of ours: ` --env staging`, or nothing. */
  suffix: string;
  /** The database bound as DB; its id only where wrangler.toml has one. */
  database: { name: string; id: string | undefined };
  vars: Record<string, unknown>;
};

/**
 * The environment of that name, else of CLOUDFLARE_ENV as for wrangler, else the one at the top.
 * @throws UsageError for one that wrangler.toml does not have, or that has no database.
 */
export function readEnvironment(name: string = process.env['CLOUDFLARE_ENV'] ?? ''): Environment {
  const { name: worker, vars, d1_databases: databases } = readConfig(name);
  const bound = databases.find(({ binding }) => binding === 'DB');
  if (bound?.database_name === undefined || worker === undefined)
    throw new UsageError('wrangler.toml needs a name, and a database_name for the binding DB.');
  return {
    name,
    argument: `--env=${name}`,
    suffix: name === '' ? '' : ` --env ${name}`,
    database: { name: bound.database_name, id: bound.database_id },
    vars,
  };
}

function readConfig(env: string): Config {
  try {
    return unstable_readConfig({ config: paths.config, env }, { hideWarnings: true });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause));
  }
}
