// How a secret reaches wrangler: never on a command line, which other users of the machine can read.

import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Puts `content` into a file that only this user can read, for as long as `use` takes; it also goes on an interrupt. */
export async function withPrivateFile<T>(content: string, use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-accounts-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const interrupted = (signal: (typeof ENDINGS)[number]) => {
    remove();
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of ENDINGS) process.once(signal, interrupted);
  try {
    const file = join(folder, 'content');
    await writeFile(file, content, { mode: 0o600 });
    return await use(file);
  } finally {
    for (const signal of ENDINGS) process.off(signal, interrupted);
    remove();
  }
}
