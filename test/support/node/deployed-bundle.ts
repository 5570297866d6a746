import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureWrangler } from '../../../src/cli/wrangler.ts';

/** What esbuild tells of a bundle: the bytes that each file of the source has in it, by its path. */
type Metafile = { outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }> };

export type Bundle = {
  script: string;
  /** The files that were bundled, and what they have in it. */
  bytesByFile: Record<string, number>;
  /** The files that a stack trace can name. */
  mappedFiles: string[];
};

/** The Worker as `npm run deploy` would send it. @throws Error with what wrangler said when it made none. */
export async function deployedBundle(): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-accounts-bundle-'));
  const metafile = join(folder, 'meta.json');
  try {
    const command = ['deploy', '--dry-run', '--env=', '--outdir', folder, `--metafile=${metafile}`];
    const { code, text } = await captureWrangler(command);
    if (code !== 0) throw new Error(`wrangler made no bundle: ${text}`);
    const script = await readFile(join(folder, 'index.js'), 'utf8');
    const { sources }: { sources: string[] } = await readJson(join(folder, 'index.js.map'));
    return { script, bytesByFile: bytesByFile(await readJson(metafile)), mappedFiles: sources };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function readJson<Content>(file: string): Promise<Content> {
  return JSON.parse(await readFile(file, 'utf8'));
}

function bytesByFile({ outputs }: Metafile): Record<string, number> {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  return Object.fromEntries(inputs.map(([file, { bytesInOutput }]) => [file, bytesInOutput]));
}
