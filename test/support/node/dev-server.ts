import { type ChildProcess, spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

export type DevServer = {
  origin: string;
  /** Everything printed so far, without colours. */
  output: () => string;
  /** What it printed that a developer would have to look into. */
  complaints: () => string[];
  /** Sends SIGTERM and waits; resolves to the exit code. */
  stop: () => Promise<number | null>;
};

const COMPLAINT = /warn|unable|update available|ENOTFOUND/i;
/** How to run the Cron Trigger by hand, which wrangler calls a warning. */
const CRON = 'Scheduled Workers are not automatically triggered';

/** Ports that wrangler finds itself: what another program finds free may be taken when it gets there. */
const ANY_PORT = ['--port', '0', '--inspector-port', '0'];

/** Starts wrangler by a command in `folder`, and waits until it prints what tells that it serves. */
export async function startServer(
  folder: string,
  { command, ready }: { command: string[]; ready: string },
): Promise<DevServer> {
  // As npm and npx do it: the Node of the project comes first.
  const env = {
    ...process.env,
    PATH: `${join(folder, 'node_modules', '.bin')}${delimiter}${process.env['PATH']}`,
  };
  const server = spawn(process.execPath, [...command, ...ANY_PORT], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  }
  const output = () => stripVTControlCharacters(chunks.join(''));
  const port = () => /http:\/\/localhost:(\d+)\D/.exec(output())?.[1];
  await until(server, () => output().includes(ready) && port() !== undefined, output);
  const complaints = () =>
    output()
      .split('\n')
      .filter((line) => COMPLAINT.test(line) && !line.includes(CRON));
  return { origin: `http://localhost:${port()}`, output, complaints, stop: () => stop(server) };
}

function until(server: ChildProcess, isReady: () => boolean, output: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => isReady() && resolve();
    server.stdout?.on('data', look);
    server.stderr?.on('data', look);
    server.once('exit', (code) => reject(new Error(`it ended with ${code}:\n${output()}`)));
  });
}

function stop(server: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    if (server.exitCode !== null) resolve(server.exitCode);
    server.once('exit', (code) => resolve(code));
    server.kill('SIGTERM');
  });
}
