// Where the key sets are kept: as secrets of a deployed Worker, which can be written and listed and never read back,
// or in `.dev.vars`.

import { z } from 'zod';
import { readVariables, removeVariable, writeVariable } from './dev-vars.ts';
import type { Environment } from './environment.ts';
import { assertDone, captureWrangler } from './wrangler.ts';

/** Every method throws a UsageError where it fails, also when it is not certain that it failed. */
export type KeySecrets = {
  /** The names of all secrets, whatever they hold. */
  names(): Promise<string[]>;
  /** Replaces the secret as a whole, or makes it. */
  put(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
};

const listed = z.array(z.object({ name: z.string() }));

/** The secrets of a deployed Worker. What is written goes through stdin, since arguments can be seen by others. */
export function remoteSecrets({ argument }: Pick<Environment, 'argument'>): KeySecrets {
  const run = async (command: string[], input = ''): Promise<string> => {
    const output = await captureWrangler([...command, argument], { input });
    assertDone(output);
    return output.stdout;
  };
  return {
    async names() {
      const stdout = await run(['secret', 'list', '--format', 'json']);
      return listed.parse(JSON.parse(stdout)).map(({ name }) => name);
    },
    put: async (name, text) => void (await run(['secret', 'put', name], text)),
    remove: async (name) => void (await run(['secret', 'delete', name])),
  };
}

/** The secrets of local development. */
export const localSecrets = (file: string): KeySecrets => ({
  names: async () => Object.keys(await readVariables(file)),
  put: (name, text) => writeVariable(file, name, text),
  remove: (name) => removeVariable(file, name),
});
