// Builds dist/, the files that are served without the Worker: scripts, styles and images. Pages come
// from the Worker, so that they get its headers and are never redirected by the asset rules.

import { readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { bundlePage } from './bundle.ts';
import { isMissing, writeIfDifferent } from './files.ts';
import { paths } from './project.ts';

const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const swaggerFiles = ['swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png'];

type Asset = { from: string; to: string };

/** Makes dist/ hold exactly the assets, and tells the Worker the names of the page's. Writes only what differs. */
export async function buildAssets(): Promise<void> {
  const page = await bundlePage();
  const copied = listAssets();
  await Promise.all([
    ...copied.map(async ({ from, to }) => writeIfDifferent(join(paths.assets, to), await readFile(from))),
    ...page.files.map(({ name, content }) => writeIfDifferent(join(paths.assets, name), content)),
    writeIfDifferent(paths.pageFiles, Buffer.from(`${JSON.stringify(page.entry)}\n`)),
  ]);
  const wanted = new Set([...copied.map(({ to }) => to), ...page.files.map(({ name }) => name)]);
  const stale = (await listFiles(paths.assets)).filter((name) => !wanted.has(name));
  await Promise.all(stale.map((name) => rm(join(paths.assets, name))));
}

function listAssets(): Asset[] {
  return [
    { from: join(paths.web, '_headers'), to: '_headers' },
    { from: join(paths.web, 'swagger', 'start.js'), to: join('assets', 'swagger', 'start.js') },
    ...swaggerFiles.map((name) => ({ from: join(swagger, name), to: join('assets', 'swagger', name) })),
    // Browsers ask for this name on any page that names no icon.
    { from: join(swagger, 'favicon-32x32.png'), to: 'favicon.ico' },
  ];
}

async function listFiles(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw cause;
  }
}
