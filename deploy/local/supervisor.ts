/**
 * The process that holds one stack together. In lifeline mode it lives as long as its stdin is open: when whoever
 * started it goes, by whatever death, everything is torn down. Detached, it runs until `runbook down`.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createStack } from './stack.js';
import { stateFolderOf } from './state-folder.js';
import type { SupervisorMessage, SupervisorOptions } from './supervisor-options.js';

const options = JSON.parse(process.argv[2] ?? '') as SupervisorOptions;
const logFile = path.join(stateFolderOf(options.name), 'logs', 'supervisor.log');
mkdirSync(path.dirname(logFile), { recursive: true });

/** Longer than every part's grace period: after it the guardian ends what is left. */
const tearDownWithinMs = 30_000;
let ending = false;
let ready = false;
const stack = createStack({
  ...options,
  onProgress: (line) => {
    log(line);
    send({ progress: line });
  },
});

function log(line: string): void {
  appendFileSync(logFile, `${new Date().toISOString()} ${line}\n`);
}

function send(message: SupervisorMessage): void {
  if (process.connected) process.send?.(message, undefined, {}, () => undefined); // it may be gone
}

async function end(reason: string, exitCode: number): Promise<void> {
  if (ending) return;
  ending = true;
  log(`tearing down: ${reason}`);
  setTimeout(() => {
    log('could not tear down in time: leaving the rest to the guardian');
    process.exit(1);
  }, tearDownWithinMs).unref();
  try {
    await stack.stop();
  } catch (error) {
    log(`could not tear down cleanly: ${(error as Error).message}`);
  }
  log('ended');
  process.exit(exitCode);
}

process.on('SIGTERM', () => void end('SIGTERM', 0));
process.on('SIGINT', () => void end('SIGINT', 0));
process.on('disconnect', () => {
  if (!ready) void end('whoever started it went before it was ready', 0);
});
if (options.lifeline) {
  process.stdin.resume();
  process.stdin.on('end', () => void end('the lifeline ended', 0));
  process.stdin.on('error', () => void end('the lifeline broke', 0));
}

stack.start().then(
  (info) => {
    ready = true;
    send({ ready: info });
  },
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    send({ failed: message });
    void end(message, 1);
  },
);
