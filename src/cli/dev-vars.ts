// `.dev.vars` holds the secrets of local development. It belongs to the developer: a script may add a
// line that is missing, and nothing else.

import { appendFile } from 'node:fs/promises';
import { readIfPresent } from './files.ts';
import { createKeySet } from './key-set.ts';
import { paths } from './project.ts';

/** Whether a `.dev.vars` text sets a name, by the rule of the dotenv parser that wrangler uses. */
export function hasVariable(text: string, name: string): boolean {
  return new RegExp(`^\\s*(?:export\\s+)?${name}(?:\\s*=|:\\s)`, 'm').test(text);
}

/**
 * What to append to a `.dev.vars` text so that it also sets `name`, starting on a line of its own.
 * Single quotes keep JSON and `#` as they are; a value with a quote or a line break is refused.
 */
export function variableToAppend(text: string, name: string, value: string): string {
  if (/['\r\n]/.test(value)) throw new Error(`${name} cannot be written on one quoted line`);
  const separator = text === '' || text.endsWith('\n') ? '' : '\n';
  return `${separator}${name}='${value}'\n`;
}

/** Makes a signing key for local development unless there is one. True when it made one. */
export async function ensureSigningKey(file: string = paths.devVars): Promise<boolean> {
  const text = (await readIfPresent(file))?.toString('utf8') ?? '';
  if (hasVariable(text, 'JWT_KEYS')) return false;
  const line = variableToAppend(text, 'JWT_KEYS', await createKeySet());
  await appendFile(file, line, { mode: 0o600 });
  return true;
}
