// Bundles the page of src/web/: one script and one style, named by their content, so that browsers keep them for good.

import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { paths, projectRoot } from './project.ts';

type Built = { name: string; content: Uint8Array };

/** The files by their names below dist/, and the addresses of the two that the page loads. */
export type PageBundle = { files: Built[]; entry: { script: string; style: string } };

export async function bundlePage(): Promise<PageBundle> {
  const { outputFiles } = await build({
    absWorkingDir: projectRoot,
    entryPoints: [join(paths.web, 'main.tsx'), join(paths.web, 'style.css')],
    outdir: paths.assets,
    entryNames: 'assets/page/[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    // The oldest browsers that know light-dark().
    target: ['chrome123', 'firefox120', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx/dom',
    legalComments: 'none',
    logLevel: 'silent',
    write: false,
  });
  const files = outputFiles.map(({ path, contents }) => ({
    name: relative(paths.assets, path),
    content: contents,
  }));
  const addressOf = (end: string): string => {
    const [file, ...more] = files.filter(({ name }) => name.endsWith(end));
    if (file === undefined || more.length > 0) throw new Error(`The page needs one ${end} file`);
    return `/${file.name}`;
  };
  return { files, entry: { script: addressOf('.js'), style: addressOf('.css') } };
}
