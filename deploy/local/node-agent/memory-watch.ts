import type { ProcessTable } from './process-table.js';

/** Fast enough that a runaway process does not take the machine along. */
const checkMs = 250;

/** Calls back once when the resident memory of a process and its descendants exceeds the limit.
 *  @returns ends the watch. */
export function watchMemory(
  pid: number,
  limitBytes: number,
  processes: ProcessTable,
  onExceeded: () => void,
): () => void {
  const timer = setInterval(() => {
    if (processes.residentBytes(pid) <= limitBytes) return;
    clearInterval(timer);
    onExceeded();
  }, checkMs);
  return () => {
    clearInterval(timer);
  };
}
