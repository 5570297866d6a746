// Starts the wrangler that package.json pins, in the project's folder: there it finds .env, which switches
// off all that would call out by itself.

import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { UsageError } from './options.ts';
import { projectRoot } from './project.ts';

const manifest = createRequire(import.meta.url).resolve('wrangler/package.json');
/** EDGE_ACCOUNTS_WRANGLER names a script that tests start in its place, with an account that is not there. */
const wranglerScript = () =>
  process.env['EDGE_ACCOUNTS_WRANGLER'] ?? join(manifest, '..', 'bin', 'wrangler.js');

type Stdio = 'inherit' | 'pipe' | 'ignore' | 'ipc';
type Settings = { stdio?: Stdio[]; env?: Record<string, string> };
/** `text` is both streams as they came. */
export type Output = { code: number; stdout: string; stderr: string; text: string };

/** Starts wrangler on the caller's terminal unless told otherwise. */
export function startWrangler(args: readonly string[], { stdio, env }: Settings = {}): ChildProcess {
  return spawn(process.execPath, [wranglerScript(), ...args], {
    cwd: projectRoot,
    // The build command is started by name, and must get this Node and not an older one of the machine.
    env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`, ...env },
    stdio: stdio ?? 'inherit',
  });
}

/** The exit code of a process when it ends; a signal counts as failure. */
export function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

/** Runs wrangler on the caller's terminal and gives its exit code. */
export function runWrangler(args: readonly string[]): Promise<number> {
  return exitCode(startWrangler(args));
}

/** Runs wrangler without a terminal, so that it asks nothing, and gives what it printed. `input` is its stdin. */
export async function captureWrangler(
  args: readonly string[],
  { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {},
): Promise<Output> {
  const child = startWrangler(args, { stdio: ['pipe', 'pipe', 'pipe'], env });
  // It may end without having read all of it; then its exit code tells what was wrong.
  child.stdin?.on('error', () => {}).end(input);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const all: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk) && all.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk) && all.push(chunk));
  const code = await exitCode(child);
  return { code, stdout: textOf(stdout), stderr: textOf(stderr), text: textOf(all) };
}

const textOf = (chunks: Buffer[]): string => Buffer.concat(chunks).toString();

/** @throws UsageError with what wrangler printed, when it failed. */
export function assertDone({ code, text }: Output): void {
  if (code !== 0) throw new UsageError(text.trim());
}

/** Runs wrangler on the caller's terminal, but with nobody to ask. @throws UsageError when it fails, having said why. */
export async function runUnasked(args: readonly string[]): Promise<void> {
  const code = await exitCode(startWrangler(args, { stdio: ['ignore', 'inherit', 'inherit'] }));
  if (code !== 0) throw new UsageError(`wrangler ${args.slice(0, 3).join(' ')} failed.`);
}
