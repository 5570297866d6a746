import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { captureWrangler } from '../../src/cli/wrangler.ts';
import type { Modules } from './runtime.ts';

/** All that a process of the bench runs. */
export async function benchModules(): Promise<Modules> {
  const [driver, subject] = [await benchWorker('driver'), await benchWorker('subject')];
  return { driver, subject, deployed: await deployedBundle() };
}

/** The bundle that `npm run deploy` would send. @throws Error with what wrangler said when it made none. */
async function deployedBundle(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-accounts-bench-'));
  try {
    const { code, text } = await captureWrangler(['deploy', '--dry-run', '--env=', '--outdir', folder]);
    if (code !== 0) throw new Error(`wrangler made no bundle: ${text}`);
    return await readFile(join(folder, 'index.js'), 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A Worker of the bench as one module; the deployed bundle stays the module beside it that it is. */
async function benchWorker(name: 'driver' | 'subject'): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'workers', `${name}.ts`)],
    bundle: true,
    format: 'esm',
    target: 'es2024',
    external: ['cloudflare:*', './deployed.js'],
    write: false,
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`${name} was not built`);
  return file.text;
}
