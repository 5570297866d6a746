import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withPrivateFile } from '../../src/cli/private-file.ts';

it('can be read by this user alone, and is gone after its use, also a failed one', async () => {
  const seen: string[] = [];
  const failing = withPrivateFile('secret', async (file) => {
    seen.push(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    throw new Error('no use');
  });
  await expect(failing).rejects.toThrow('no use');
  expect(seen.map(existsSync)).toEqual([false]);
});

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('is gone after %s', async (signal, code) => {
  const script = `
    import { withPrivateFile } from ${JSON.stringify(new URL('../../src/cli/private-file.ts', import.meta.url).href)};
    await withPrivateFile('secret', (file) => {
      process.stdout.write(file);
      return new Promise((resolve) => setTimeout(resolve, 60_000));
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  const file = await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve));
  expect(existsSync(file.toString())).toBe(true);
  child.kill(signal);
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(code);
  expect(existsSync(file.toString())).toBe(false);
});
