import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { platform } from 'node:os';

/** A process told apart from a later one that got the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** As the operating system reports it: compared, never read. */
  readonly startTime: string;
}

/** Identity of a living process; null when there is none with that pid (a zombie counts as none). */
export function identify(pid: number): ProcessIdentity | null {
  const startTime = platform() === 'linux' ? startTimeFromProc(pid) : startTimeFromPs(pid);
  return startTime === null ? null : { pid, startTime };
}

export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  return identify(pid)?.startTime === startTime;
}

/** Signals the process and its whole group, unless another process has its pid by now. False when it was gone. */
export function signalGroup(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  for (const target of [-identity.pid, identity.pid]) {
    try {
      process.kill(target, signal);
    } catch {
      // No such group, or it ended in between.
    }
  }
  return true;
}

/** Field 22 of /proc/<pid>/stat: clock ticks between boot and start. */
function startTimeFromProc(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name, in parentheses, may itself hold spaces and parentheses: count from its end.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? null : (fields[18] ?? null);
  } catch {
    return null;
  }
}

function startTimeFromPs(pid: number): string | null {
  try {
    const line = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5_000,
    }).trim();
    return line === '' || line.startsWith('Z') ? null : line.replace(/^\S+\s+/, '');
  } catch {
    return null;
  }
}
