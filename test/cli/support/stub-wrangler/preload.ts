// Loaded before a script of src/cli: of wrangler it asks for its configuration alone, which is most of the time that
// the script takes. It gets what wrangler said before of the same file.

import { registerHooks } from 'node:module';

const config = new URL('config.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'wrangler' && context.parentURL?.includes('/src/cli/')
      ? { url: config, shortCircuit: true }
      : next(specifier, context),
});
