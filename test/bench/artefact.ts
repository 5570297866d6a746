import { join } from 'node:path';
import { build } from 'esbuild';
import { deployedBundle } from '../cli/support/deployed-bundle.ts';
import type { Modules } from './runtime.ts';

/** All that a process of the bench runs. */
export async function benchModules(): Promise<Modules> {
  const [driver, subject] = [await benchWorker('driver'), await benchWorker('subject')];
  return { driver, subject, deployed: (await deployedBundle()).script };
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
