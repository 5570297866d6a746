// `.dev.vars` holds the secrets of local development. It belongs to the developer: a script may add a
// line that is missing, change one that a script wrote, and nothing else.

import { appendFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { isSigningKeyName } from '../core/key-set-names.ts';
import { refreshKeyNumber } from '../protocol/refresh-keys.ts';
import { readIfPresent, replaceFile } from './files.ts';
import { createKeySet } from './key-set.ts';
import { UsageError } from './options.ts';
import { paths } from './project.ts';
import { createRefreshKey } from './refresh-key.ts';

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

/**
 * A `.dev.vars` text in which the line that a script wrote for `name` has another value, or is gone where that is null.
 * @throws UsageError where the text sets `name` in any other way, which is the developer's.
 */
export function changeVariable(text: string, name: string, value: string | null): string {
  const lines = text.split('\n');
  const setting = lines.filter((line) => hasVariable(line, name));
  const [own = '', ...more] = setting;
  if (more.length > 0 || !new RegExp(`^${name}='[^']*'$`).test(own)) {
    throw new UsageError(
      `.dev.vars sets ${name} otherwise than in one line ${name}='...': change it by hand`,
    );
  }
  const instead = value === null ? [] : [variableToAppend('', name, value).trimEnd()];
  return lines.toSpliced(lines.indexOf(own), 1, ...instead).join('\n');
}

/** What a `.dev.vars` file sets; nothing when there is none. */
export const readVariables = async (file: string): Promise<NodeJS.Dict<string>> =>
  parseEnv(await readText(file));

/** Sets a variable, in the line that a script wrote for it or in a new one. @throws UsageError as `changeVariable`. */
export async function writeVariable(file: string, name: string, value: string): Promise<void> {
  const text = await readText(file);
  if (hasVariable(text, name)) await replaceFile(file, changeVariable(text, name, value));
  else await appendFile(file, variableToAppend(text, name, value), { mode: 0o600 });
}

/** Removes the line that a script wrote for a variable. @throws UsageError as `changeVariable`. */
export async function removeVariable(file: string, name: string): Promise<void> {
  await replaceFile(file, changeVariable(await readText(file), name, null));
}

/** Makes a signing key for local development unless there is one. True when it made one. */
export async function ensureSigningKey(file: string = paths.devVars): Promise<boolean> {
  const text = await readText(file);
  const isSet = hasVariable(text, 'JWT_KEYS') || Object.keys(parseEnv(text)).some(isSigningKeyName);
  if (!isSet) await writeVariable(file, 'JWT_KEYS', await createKeySet());
  return !isSet;
}

/** Makes a refresh key for local development unless there is one; it signs immediately. True when it made one. */
export async function ensureRefreshKey(file: string = paths.devVars): Promise<boolean> {
  const text = await readText(file);
  const names = Object.keys(parseEnv(text));
  const isSet = hasVariable(text, 'REFRESH_KEY') || names.some((name) => refreshKeyNumber(name) !== null);
  if (!isSet) await writeVariable(file, 'REFRESH_KEY', createRefreshKey(new Date(0)));
  return !isSet;
}

const readText = async (file: string): Promise<string> => (await readIfPresent(file))?.toString('utf8') ?? '';
