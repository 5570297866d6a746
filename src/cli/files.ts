// Small file operations that `node:fs` has no single call for.

import { readFile } from 'node:fs/promises';

/** The content of a file, or null when there is no such file. Any other failure throws. */
export async function readIfPresent(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (cause) {
    if (isMissing(cause)) return null;
    throw cause;
  }
}

export function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}
