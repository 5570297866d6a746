// Where things are in this project, so that every script works from any current directory.

import { dirname, join } from 'node:path';

export const projectRoot = dirname(dirname(import.meta.dirname));

export const paths = {
  assets: join(projectRoot, 'dist'),
  config: join(projectRoot, 'wrangler.toml'),
  devVars: join(projectRoot, '.dev.vars'),
  /** What the page of the Worker loads, told to it by the build. */
  pageFiles: join(projectRoot, '.wrangler', 'page-files.json'),
  /** The OpenAPI document, which the build makes of the routes and the Worker serves. */
  document: join(projectRoot, '.wrangler', 'openapi.json'),
  migrations: join(projectRoot, 'migrations'),
  state: join(projectRoot, '.wrangler', 'state'),
  web: join(projectRoot, 'src', 'web'),
} as const;
