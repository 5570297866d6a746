import { afterEach, beforeEach, vi } from 'vitest';

const METHODS = ['log', 'info', 'warn', 'error', 'debug'] as const;

/** Whether a line tells of something that went wrong: every request logs one that does not. */
export const isProblem = (line: string): boolean => !line.startsWith('{"level":"info"');

/** Keeps what a test's requests log from its output, and hands it to the test instead, a text a line. */
export function keepConsoleLines(isWanted: (line: string) => boolean = () => true): string[] {
  const lines: string[] = [];
  beforeEach(() => {
    lines.length = 0;
    for (const method of METHODS) {
      vi.spyOn(console, method).mockImplementation((...args: unknown[]) => {
        const line = args.map(textOf).join(' ');
        if (isWanted(line)) lines.push(line);
      });
    }
  });
  afterEach(() => vi.restoreAllMocks());
  return lines;
}

function textOf(value: unknown): string {
  if (value instanceof Error) return `${value.stack} ${textOf(value.cause ?? '')}`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
