import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, deployedBundle } from '../support/node/deployed-bundle.ts';

/** A cold isolate reads all of it before its first answer. */
const LIMIT_BYTES = 110_000;

let bundle: Bundle;

beforeAll(async () => {
  bundle = await deployedBundle();
});

describe('the Worker that a deployment sends', () => {
  it(`is smaller than ${LIMIT_BYTES} bytes when compressed`, () => {
    const compressed = gzipSync(bundle.script).byteLength;
    console.log(
      [`${compressed} bytes compressed, ${bundle.script.length} as they are:`, ...weights()].join('\n  '),
    );
    expect(compressed).toBeLessThan(LIMIT_BYTES);
  });

  it.each([
    ['the sentences of zod in other languages', 'node_modules/zod/v4/locales/'],
    ['the classes of zod that zod/mini does without', 'node_modules/zod/v4/classic/'],
    ['what compiles schemas, or makes JSON Schema of them', /zod\/v4\/core\/(compile|.*json-schema.*)\.js$/],
    ['what makes the OpenAPI document', /zod-(to-)?openapi|src\/cli\//],
    ['the routers of Hono', /hono\/dist\/router\/.+-router\//],
    ['the tables that Drizzle is not asked about', 'src/db/raw-tables.ts'],
  ])('is without %s', (_, file) => {
    const found = Object.keys(bundle.bytesByFile).filter(
      (name) => name.match(file) && bundle.bytesByFile[name],
    );
    expect(found).toEqual([]);
  });

  it('has a map beside it, so that stack traces name lines of the source', () => {
    expect(bundle.script).toMatch(/\/\/# sourceMappingURL=index\.js\.map\s*$/);
    expect(bundle.mappedFiles.some((file) => file.endsWith('src/core/sessions.ts'))).toBe(true);
  });
});

/** Bytes before compression by package, the heaviest first. */
function weights(): string[] {
  const byPackage = Map.groupBy(Object.entries(bundle.bytesByFile), ([file]) => packageOf(file));
  return [...byPackage]
    .map(([name, files]) => ({ name, bytes: files.reduce((sum, [, bytes]) => sum + bytes, 0) }))
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ name, bytes }) => `${String(bytes).padStart(7)} ${name}`);
}

/** A package by its name; of our own files the folder. */
function packageOf(file: string): string {
  const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? [];
  return name ?? file.split('/').slice(0, -1).join('/');
}
