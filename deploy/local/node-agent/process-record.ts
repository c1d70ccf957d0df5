import { renameSync, writeFileSync } from 'node:fs';
import { identify, type ProcessIdentity } from '../process-identity.js';

/** The processes that run now, kept in a file for the next agent: should this one be killed, that one ends the orphans
 *  (`sweepDeadStack`). The start time tells a process from a later one with the same pid. */
export class ProcessRecord {
  private readonly running = new Map<number, ProcessIdentity>();

  constructor(private readonly file: string) {}

  add(pid: number): void {
    const identity = identify(pid);
    if (identity === null) return; // already over
    this.running.set(pid, identity);
    this.write();
  }

  remove(pid: number): void {
    if (this.running.delete(pid)) this.write();
  }

  private write(): void {
    writeFileSync(`${this.file}.tmp`, JSON.stringify([...this.running.values()]));
    renameSync(`${this.file}.tmp`, this.file);
  }
}
