import { hasPendingStop, readStat, readStatus, type ProcessTable } from './process-table.js';

/** Unused CPU time is kept for this long, as a cgroup does with its default period. */
const periodMs = 100;
const busyCheckMs = 20;
const idleCheckMs = 100;

/** CPU time left to spend after `elapsedMs` in which `usedMs` were used: negative is debt, to be paid by standing still. */
export function creditAfter(
  creditMs: number,
  limitCores: number,
  elapsedMs: number,
  usedMs: number,
): number {
  return Math.min(limitCores * periodMs, creditMs + limitCores * elapsedMs - usedMs);
}

/** How long to stand still until the debt is paid. */
export function standstillMs(creditMs: number, limitCores: number): number {
  return Math.max(0, -creditMs / limitCores);
}

/** Holds a process and its descendants to a CPU limit, on average, by stopping them while they are in debt (a token
 *  bucket). A process that somebody else has stopped is left stopped.
 *  @returns ends the throttling and lets the process run. */
export function throttleCpu(pid: number, limitCores: number, processes: ProcessTable): () => void {
  let creditMs = limitCores * periodMs;
  let usedBefore = processes.cpuMs(pid);
  let checkedAt = performance.now();
  let held = false;
  let timer = setTimeout(check, busyCheckMs);

  function check(): void {
    const stat = readStat(pid);
    if (stat === null) return; // it has ended
    const now = performance.now();
    const used = processes.cpuMs(pid);
    // Less than before: a descendant left the tree and took its count along.
    const usedMs = Math.max(0, used - usedBefore);
    creditMs = creditAfter(creditMs, limitCores, now - checkedAt, usedMs);
    const busy = usedMs > ((now - checkedAt) * limitCores) / 2;
    usedBefore = used;
    checkedAt = now;
    if (creditMs < 0) {
      if (!held && stat.state !== 'T') {
        signalGroup(pid, 'SIGSTOP');
        held = true;
      }
    } else {
      letRun();
    }
    const nextMs = busy || held ? busyCheckMs : idleCheckMs;
    timer = setTimeout(check, held ? Math.ceil(standstillMs(creditMs, limitCores)) : nextMs);
  }

  function letRun(): void {
    if (!held) return;
    held = false;
    if (!hasPendingStop(readStatus(pid) ?? '')) signalGroup(pid, 'SIGCONT');
  }

  return () => {
    clearTimeout(timer);
    letRun();
  };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}
