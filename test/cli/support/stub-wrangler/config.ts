import { readConfigFile } from './pinned.ts';

/** What the scripts take from wrangler, without reading all of it each time. */
export const unstable_readConfig = ({ config, env }: { config: string; env: string | undefined }) =>
  readConfigFile(config, env);
