import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { packageRoot } from '../deploy/local/package-root.js';
import type { Benchmark } from './benchmark.js';
import { interleave } from './interleave.js';
import { median, pairedRatio } from './statistics.js';

const rounds = 2;

/** The demo as a person runs it, once everything is built: from the command to its exit. */
export const demoWarm: Benchmark = {
  id: 'demo.warm-seconds',
  unit: 's',
  target: 120,
  better: 'lower',
  async measure() {
    // The first of a run may have to build the tools: it does not count.
    const values = await interleave({ demo: demoSeconds, control: demoSeconds }, rounds);
    const seconds = [...values.demo, ...values.control];
    return {
      value: median(seconds),
      peers: {},
      rounds,
      spread: [Math.min(...seconds), Math.max(...seconds)],
      control: pairedRatio(values.control, values.demo),
    };
  },
};

/** @throws Error when the demo does not end in a recovery. */
async function demoSeconds(): Promise<number> {
  const startedAt = performance.now();
  const child = spawn('npm', ['run', 'demo'], {
    cwd: packageRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`could not finish the demo: exit code ${code}\n${output}`);
  return (performance.now() - startedAt) / 1_000;
}
