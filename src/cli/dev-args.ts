// `npm run dev -- …` hands its arguments to wrangler untouched; preparation must know one of them.

import { resolve } from 'node:path';
import { paths } from './project.ts';

/** Where the local database of a run with these arguments lives. */
export function stateFolder(args: readonly string[]): string {
  const persistTo = findOption(args, 'persist-to');
  return persistTo === null ? paths.state : resolve(persistTo);
}

/**
 * The value of a command line option in either form, `--name value` or `--name=value`. The last one
 * wins, as in wrangler; null when absent or without a value. Arguments after a bare `--` are no options.
 */
export function findOption(args: readonly string[], name: string): string | null {
  const end = args.indexOf('--');
  const options = end === -1 ? args : args.slice(0, end);
  return options.reduce<string | null>(
    (found, arg, index) => valueAt(options, index, arg, name) ?? found,
    null,
  );
}

function valueAt(args: readonly string[], index: number, arg: string, name: string): string | null {
  const prefix = `--${name}=`;
  if (arg.startsWith(prefix)) return arg.slice(prefix.length) || null;
  const next = args[index + 1];
  return arg === `--${name}` && next !== undefined && !next.startsWith('--') ? next : null;
}
