import type { Benchmark } from './benchmark.js';
import { demoWarm } from './demo-warm.bench.js';
import { middlewareCpu, middlewareCpuLogging } from './http-middleware-cpu.bench.js';
import { metricsStall } from './metrics-stall.bench.js';
import { retryThroughput } from './outbound-retry.bench.js';
import { signalsMemory } from './signals-memory.bench.js';
import { signalsRead } from './signals-read.bench.js';
import { sloCostGrowth } from './slo-cost-growth.bench.js';
import { webhookToPatch } from './webhook-to-patch.bench.js';

export const benchmarks: readonly Benchmark[] = [
  webhookToPatch,
  middlewareCpuLogging,
  middlewareCpu,
  metricsStall,
  sloCostGrowth,
  signalsMemory,
  signalsRead,
  retryThroughput,
  demoWarm,
];
