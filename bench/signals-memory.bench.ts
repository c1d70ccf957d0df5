import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Benchmark } from './benchmark.js';
import { interleave } from './interleave.js';
import { median, pairedRatio } from './statistics.js';

const rounds = 3;
const program = fileURLToPath(new URL('signals/measure-memory.js', import.meta.url));

/** Heap that signals take after a million of them, to when the place for them was full. */
export const signalsMemory: Benchmark = {
  id: 'signals.memory-bound',
  unit: 'ratio',
  target: 1.1,
  better: 'lower',
  async measure() {
    const full: Record<Kept, number[]> = { ring: [], log: [] };
    const growthOf = async (kept: Kept): Promise<number> => {
      const measured = await measureMemory(kept);
      full[kept].push(measured.full / 1_024);
      return measured.after / measured.full;
    };
    const values = await interleave(
      { ring: () => growthOf('ring'), control: () => growthOf('ring'), log: () => growthOf('log') },
      rounds,
    );
    const worse = values.ring.map((ring, round) => Math.max(ring, values.log[round] ?? NaN));
    return {
      value: median(worse),
      peers: {
        pod: median(values.ring),
        'monitoring-api': median(values.log),
        'pod when full, kB': median(full.ring),
        'monitoring-api when full, kB a service': median(full.log),
      },
      rounds,
      spread: [Math.min(...worse), Math.max(...worse)],
      control: pairedRatio(values.control, values.ring),
    };
  },
};

type Kept = 'ring' | 'log';

async function measureMemory(kept: Kept): Promise<{ full: number; after: number }> {
  const child = fork(program, [kept], { execArgv: ['--expose-gc'] });
  const [measured] = (await once(child, 'message')) as [{ full: number; after: number }];
  child.disconnect();
  return measured;
}
