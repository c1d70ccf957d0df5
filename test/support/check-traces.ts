import fc from 'fast-check';
import type { Trace } from './alert-traces.js';
import { evaluateBoth } from './evaluate-both.js';
import type { AlertHistory, WatchedConfiguration } from './evaluate-both.js';
import { playTrace } from './play-trace.js';

/**
 * Plays random traces until `faultsOf` finds one. The error tells its seed, its path and its steps: to be kept in
 * alert-traces.ts once it is understood. The same seed gives the same traces. Without `endOnFailure` the trace is also
 * made shorter, which takes many minutes.
 */
export async function checkTraces(
  traces: fc.Arbitrary<Trace>,
  configuration: WatchedConfiguration,
  { seed, runs }: { readonly seed: number; readonly runs: number },
  faultsOf: (both: readonly AlertHistory[]) => string[],
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(traces, async (trace) => {
      const faults = faultsOf(await evaluateBoth([await playTrace(trace)], configuration));
      if (faults.length > 0) throw new Error(faults.join('\n'));
    }),
    { seed, numRuns: runs, endOnFailure: true },
  );
}
