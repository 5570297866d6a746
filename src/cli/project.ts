// Where things are in this project, so that every script works from any current directory.

import { dirname, join } from 'node:path';

export const projectRoot = dirname(dirname(import.meta.dirname));

export const paths = {
  assets: join(projectRoot, 'dist'),
  config: join(projectRoot, 'wrangler.toml'),
  devVars: join(projectRoot, '.dev.vars'),
  migrations: join(projectRoot, 'migrations'),
  state: join(projectRoot, '.wrangler', 'state'),
  web: join(projectRoot, 'src', 'web'),
} as const;
