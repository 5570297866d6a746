// How a secret reaches wrangler: never on a command line, which other users of the machine can read.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Puts `content` into a file that only this user can read, for as long as `use` takes. */
export async function withSecretFile<T>(content: string, use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-accounts-'));
  const file = join(folder, 'secret');
  try {
    await writeFile(file, content, { mode: 0o600 });
    return await use(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}
