import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Run } from './account.ts';

/** The shell commands below a heading of a README, as one text. @throws when there are none. */
export async function commandsBelow(heading: string, folder: string): Promise<string> {
  const readme = await readFile(join(folder, 'README.md'), 'utf8');
  const [, section = ''] = readme.split(`\n${heading}\n`);
  const [body = ''] = section.split(/\n##+ /);
  const blocks = [...body.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block);
  if (blocks.length === 0) throw new Error(`README.md has no commands below ${heading}`);
  return blocks.join('');
}

/** What would install, log in or test, which the walk has behind it. */
const DONE_BEFORE = /^(git pull|npm ci|npx wrangler login)\b/;

/**
 * Runs pasted commands as a shell does that stops at the first failure, with `npx wrangler` and what the scripts call
 * as `env` has it.
 */
export async function paste(
  commands: string,
  { folder, env, input = '' }: { folder: string; env: Record<string, string>; input?: string },
): Promise<Run> {
  const tools = await makeTools(folder);
  const path = [tools, join(folder, 'node_modules', '.bin'), process.env['PATH']].join(delimiter);
  const lines = commands.split('\n').filter((line) => !DONE_BEFORE.test(line));
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...process.env, ...env, PATH: path } };
    const shell = execFile('sh', ['-ec', lines.join('\n')], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr }),
    );
    shell.stdin?.end(input);
  });
}

/** An npx that knows one program. */
async function makeTools(folder: string): Promise<string> {
  const tools = join(folder, '.tools');
  const npx = join(tools, 'npx');
  await mkdir(tools, { recursive: true });
  await writeFile(
    npx,
    '#!/bin/sh\n[ "$1" = wrangler ] && shift && exec node "$EDGE_ACCOUNTS_WRANGLER" "$@"\n',
  );
  await chmod(npx, 0o755);
  return tools;
}
