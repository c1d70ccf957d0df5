import { readdirSync, readFileSync } from 'node:fs';

/** What /proc tells of one process. */
export interface ProcessStat {
  readonly pid: number;
  /** One letter: `R`, `S`, `T` (stopped), `Z`… */
  readonly state: string;
  readonly session: number;
  /** CPU time of the process and of its children that have ended, milliseconds in steps of 10. */
  readonly cpuMs: number;
}

/** USER_HZ, which the Linux user interface fixes at 100. */
const msPerTick = 10;
const rescanAfterMs = 2_000;

/** Reads one line of /proc/<pid>/stat. */
export function parseStat(text: string): ProcessStat {
  // The command name, in parentheses, may itself hold spaces and parentheses: count from its end.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
  return {
    pid: Number.parseInt(text, 10),
    state: fields[0] ?? '',
    session: Number(fields[3]),
    cpuMs: ticks * msPerTick,
  };
}

/** Whether a stop signal waits for the process, by the text of /proc/<pid>/status. A stopped process keeps the stop
 *  signals that others send it pending: so a stop of ours can be told apart from one that somebody else wants to last. */
export function hasPendingStop(status: string): boolean {
  const stopSignals = (1n << 18n) | (1n << 19n) | (1n << 20n) | (1n << 21n); // SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU
  return [...status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)].some(
    ([, mask]) => (BigInt(`0x${mask ?? '0'}`) & stopSignals) !== 0n,
  );
}

/** Resident memory in bytes, by the text of /proc/<pid>/status. */
export function parseResidentBytes(status: string): number {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

export function readStat(pid: number): ProcessStat | null {
  const text = readProc(pid, 'stat');
  return text === null ? null : parseStat(text);
}

export function readStatus(pid: number): string | null {
  return readProc(pid, 'status');
}

/** The processes of each container: a container leads its own session, which its descendants inherit.
 *  Linux only; elsewhere every container is taken for a single process of unknown usage. */
export class ProcessTable {
  private sessions = new Map<number, number[]>();
  private scannedAt = 0;

  /** The process and its descendants, at most 2 s old. */
  membersOf(leader: number): readonly number[] {
    if (Date.now() - this.scannedAt > rescanAfterMs) this.scan();
    const members = this.sessions.get(leader) ?? [];
    return members.includes(leader) ? members : [leader, ...members];
  }

  /** CPU time used so far by the process and its descendants. */
  cpuMs(leader: number): number {
    return this.membersOf(leader).reduce((sum, pid) => sum + (readStat(pid)?.cpuMs ?? 0), 0);
  }

  residentBytes(leader: number): number {
    return this.membersOf(leader).reduce(
      (sum, pid) => sum + parseResidentBytes(readStatus(pid) ?? ''),
      0,
    );
  }

  private scan(): void {
    this.scannedAt = Date.now();
    this.sessions = new Map();
    for (const entry of readFolder('/proc')) {
      const stat = /^\d+$/.test(entry) ? readStat(Number(entry)) : null;
      if (stat === null) continue;
      const members = this.sessions.get(stat.session);
      if (members === undefined) this.sessions.set(stat.session, [stat.pid]);
      else members.push(stat.pid);
    }
  }
}

function readProc(pid: number, file: 'stat' | 'status'): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null; // ended, or no /proc here
  }
}

function readFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
