import { build } from 'esbuild';
import { expect, it } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;

it('of the package’s own source the verifier runs without the service, and of libraries with jose alone', async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/verify/index.ts'],
    bundle: true,
    packages: 'external',
    format: 'esm',
    write: false,
    outdir: 'unused',
    metafile: true,
  });
  const own = Object.keys(metafile.inputs);
  const libraries = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  expect(own.filter((path) => !/^src\/(verify|protocol)\//.test(path))).toEqual([]);
  expect([...new Set(libraries)]).toEqual(['jose']);
});
