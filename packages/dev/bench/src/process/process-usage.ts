import { readFile } from 'node:fs/promises';

/** The kernel shows times to user space in hundredths of a second on every architecture (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** What a process has used since it was started: the kernel's own account, as getrusage gives it. */
export interface ProcessUsage {
  /** User and system time of all its threads, seconds, to a hundredth. */
  readonly cpuSeconds: number;
  /** Largest resident set so far, bytes. */
  readonly peakRssBytes: number;
  /** How long its main thread could have run and got no CPU, seconds: what others on this machine have cost it. */
  readonly waitedSeconds: number;
}

/** Reads it from /proc (Linux). @throws Error when there is no such process */
export async function processUsage(pid: number): Promise<ProcessUsage> {
  const [stat, status, schedstat] = await Promise.all(
    ['stat', 'status', 'schedstat'].map(async (name) => await readFile(`/proc/${pid}/${name}`, 'utf8')),
  );
  return {
    cpuSeconds: cpuSeconds(stat ?? ''),
    peakRssBytes: peakRssBytes(status ?? ''),
    waitedSeconds: waitedSeconds(schedstat ?? ''),
  };
}

/** From /proc/<pid>/stat: utime and stime are the 14th and 15th field; the 2nd may hold anything, also brackets. */
export function cpuSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (wholeNumber(fields[11]) + wholeNumber(fields[12])) / TICKS_PER_SECOND;
}

/** From /proc/<pid>/status: VmHWM, in kB of 1024 bytes. */
export function peakRssBytes(status: string): number {
  return wholeNumber(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}

/** From /proc/<pid>/schedstat: time on a CPU, time waiting for one, both in nanoseconds. */
export function waitedSeconds(schedstat: string): number {
  return wholeNumber(schedstat.split(' ')[1]) / 1e9;
}

function wholeNumber(text: string | undefined): number {
  if (text === undefined || !/^\d+$/.test(text))
    throw new Error(`/proc shows no number where one is due: ${text ?? ''}`);
  return Number(text);
}
