import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Benchmark } from './benchmark.js';
import { interleave } from './interleave.js';
import type { KeeperName, MeasuredMemory } from './signals/measure-memory.js';
import { median, pairedRatio } from './statistics.js';

const rounds = 3;
const program = fileURLToPath(new URL('signals/measure-memory.js', import.meta.url));

/** Heap that signals take after ten times as many failed requests as they have place for, to when it was just full. */
export const signalsMemory: Benchmark = {
  id: 'signals.memory-bound',
  unit: 'ratio',
  target: 1.1,
  better: 'lower',
  async measure() {
    const full: Record<KeeperName, number[]> = { pod: [], monitoring: [], everything: [] };
    const growthOf = (name: KeeperName) => async (): Promise<number> => {
      const measured = await measureMemory(name);
      full[name].push(measured.full / 1_024);
      return measured.after / measured.full;
    };
    const { pod, control, monitoring, everything } = await interleave(
      {
        pod: growthOf('pod'),
        control: growthOf('pod'),
        monitoring: growthOf('monitoring'),
        everything: growthOf('everything'),
      },
      rounds,
    );
    const worse = pod.map((growth, round) => Math.max(growth, monitoring[round] ?? NaN));
    return {
      value: median(worse),
      peers: {
        pod: median(pod),
        'monitoring-api': median(monitoring),
        'a list that keeps everything': median(everything),
        'pod when full, kB': median(full.pod),
        'monitoring-api when full, kB a service': median(full.monitoring),
      },
      rounds,
      spread: [Math.min(...worse), Math.max(...worse)],
      control: pairedRatio(control, pod),
    };
  },
};

async function measureMemory(name: KeeperName): Promise<MeasuredMemory> {
  const child = fork(program, { execArgv: ['--expose-gc'] });
  child.send(name);
  const [measured] = (await once(child, 'message')) as [MeasuredMemory];
  child.disconnect();
  return measured;
}
