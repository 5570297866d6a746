// Small file operations that `node:fs` has no single call for.

import { chmod, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';

/** The content of a file, or null when there is no such file. Any other failure throws. */
export async function readIfPresent(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (cause) {
    if (isMissing(cause)) return null;
    throw cause;
  }
}

/** Replaces the content of a file as one step, so that a cut in between leaves the old one; its mode stays. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const { mode } = await stat(file);
  const next = `${file}.next`;
  try {
    await writeFile(next, text, { mode: 0o600 });
    await chmod(next, mode & 0o777);
    await rename(next, file);
  } finally {
    await rm(next, { force: true });
  }
}

export function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}
