import type { Benchmark } from './benchmark.js';
import { metricsStall } from './metrics-stall.bench.js';
import { sloCostGrowth } from './slo-cost-growth.bench.js';

export const benchmarks: readonly Benchmark[] = [metricsStall, sloCostGrowth];
