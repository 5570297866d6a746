import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const projectRoot = new URL('../../..', import.meta.url).pathname;

const TRACKED = ['src', 'migrations', 'package.json', 'tsconfig.json', 'wrangler.toml', '.env', 'README.md'];

export type Checkout = { folder: string; remove: () => Promise<void> };

/** A copy of the project as it is after a clone and `npm ci`: no key, no database, nothing built. */
export async function freshCheckout(): Promise<Checkout> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-accounts-'));
  for (const name of TRACKED) await cp(join(projectRoot, name), join(folder, name), { recursive: true });
  await symlink(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
