/**
 * A process of its own that outlives the one it guards: it is told over stdin which children exist (`+pid`, `-pid`, one
 * a line), and when that pipe ends, for whatever reason, it kills all that are left. SIGKILL of the parent ends the pipe.
 */
import { createInterface } from 'node:readline';
import { identify, signalGroup, type ProcessIdentity } from './process-identity.js';

const guarded = new Map<number, ProcessIdentity>();

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1));
  const identity = line.startsWith('+') ? identify(pid) : null;
  if (identity === null) guarded.delete(pid);
  else guarded.set(pid, identity);
}
for (const identity of guarded.values()) signalGroup(identity, 'SIGKILL');
