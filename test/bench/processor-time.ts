import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * What a process has used of processors, all its threads together, in nanoseconds. Threads that have ended are left
 * out, so it may not be taken while they do; those of workerd stay.
 */
export function processorTimeNs(pid: number): number {
  let total = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [onProcessor] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    total += Number(onProcessor);
  }
  return total;
}

/** The workerd processes that this one has started. */
export const startedRuntimes = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(isOurRuntime);

function isOurRuntime(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return (
      status.includes(`\nPPid:\t${process.pid}\n`) && readlinkSync(`/proc/${pid}/exe`).endsWith('/workerd')
    );
  } catch {
    // It has ended meanwhile, or is another user's.
    return false;
  }
}
