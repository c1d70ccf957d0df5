import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { packageFolder } from '../../services/shared/storage/package-folder.js';

export interface ServiceProcess {
  readonly url: string;
  readonly pid: number | undefined;
  isRunning(): boolean;
  /** Sends SIGTERM and gives the exit code, null when it had to be killed. */
  terminate(): Promise<number | null>;
  /** Sends SIGKILL at once; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts a built service as a process of its own (run `npm run build` first) and waits until it is ready. */
export function startService(
  name: string,
  environment: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  return startProgram(`services/${name}`, environment);
}

/** The same for a program that is no service of ours, by its folder. */
export async function startProgram(
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [packageFolder(`dist/${folder}/main.js`)], {
    env: { PORT: '0', LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  for await (const line of createInterface(child.stdout)) {
    output += `${line}\n`;
    const { msg, url } = JSON.parse(line) as { msg?: string; url?: string };
    if (msg !== 'ready' || url === undefined) continue;
    child.stdout.resume();
    return {
      url,
      pid: child.pid,
      isRunning: () => child.exitCode === null && child.signalCode === null,
      async terminate() {
        child.kill('SIGTERM');
        const killing = setTimeout(() => child.kill('SIGKILL'), 15_000);
        await exited;
        clearTimeout(killing);
        return child.exitCode;
      },
      async kill() {
        child.kill('SIGKILL');
        await exited;
      },
    };
  }
  await exited;
  throw new Error(`could not start ${folder}:\n${output}`);
}
