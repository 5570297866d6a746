import { join } from 'node:path';
import { build } from 'esbuild';
import { unstable_readConfig } from 'wrangler';
import { paths } from '../../src/cli/project.ts';
import { deployedBundle } from '../support/node/deployed-bundle.ts';
import type { Modules } from './runtime.ts';

/** All that a process of the bench runs. */
export async function benchModules(): Promise<Modules> {
  const [driver, subject] = [await benchWorker('driver'), await benchWorker('subject')];
  return { driver, subject, deployed: (await deployedBundle()).script };
}

/** A Worker of the bench as one module, bundled as ours is; the deployed bundle stays the module beside it that it is. */
export async function benchWorker(name: 'driver' | 'subject' | 'hello' | 'scale'): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'workers', `${name}.ts`)],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2024',
    external: ['cloudflare:*', 'node:*', './deployed.js'],
    write: false,
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`${name} was not built`);
  return file.text;
}

/** Of the runtime, as deployed. */
const { compatibility_date, compatibility_flags } = unstable_readConfig({ config: paths.config });
export const compatibility = {
  compatibilityDate: compatibility_date,
  compatibilityFlags: compatibility_flags,
};
