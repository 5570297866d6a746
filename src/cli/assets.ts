// Builds dist/, the files that are served without the Worker: scripts, styles and images. Pages come
// from the Worker, so that they get its headers and are never redirected by the asset rules.

import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isMissing, readIfPresent } from './files.ts';
import { paths } from './project.ts';

const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const swaggerFiles = ['swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png'];

type Asset = { from: string; to: string };

/** Whether a file of src/web/ is served as it is. */
function isStatic(name: string): boolean {
  return /\.(js|css|png|svg|ico|woff2)$/.test(name);
}

/** Makes dist/ hold exactly the assets, writing only what differs. */
export async function buildAssets(): Promise<void> {
  const assets = await listAssets();
  await Promise.all(assets.map(copyIfDifferent));
  const wanted = new Set(assets.map(({ to }) => to));
  const stale = (await listFiles(paths.assets)).filter((name) => !wanted.has(name));
  await Promise.all(stale.map((name) => rm(join(paths.assets, name))));
}

async function listAssets(): Promise<Asset[]> {
  const own = (await listFiles(paths.web)).filter(isStatic);
  return [
    { from: join(paths.web, '_headers'), to: '_headers' },
    ...own.map((name) => ({ from: join(paths.web, name), to: join('assets', name) })),
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

async function copyIfDifferent({ from, to }: Asset): Promise<void> {
  const wanted = await readIfPresent(from);
  if (wanted === null) throw new Error(`${from} is missing`);
  const target = join(paths.assets, to);
  if ((await readIfPresent(target))?.equals(wanted)) return;
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, wanted);
}
