// Small file operations that `node:fs` has no single call for.

import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The content of a file, or null when there is no such file. Any other failure throws. */
export async function readIfPresent(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (cause) {
    if (isMissing(cause)) return null;
    throw cause;
  }
}

/** Writes a file, and its folder, unless that is what it holds: who watches it then sees no change. */
export async function writeIfDifferent(target: string, wanted: Uint8Array): Promise<void> {
  if ((await readIfPresent(target))?.equals(wanted)) return;
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, wanted);
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
