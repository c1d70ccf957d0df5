import type { Benchmark } from './benchmark.js';
import { metricsStall } from './metrics-stall.bench.js';
import { sloCostGrowth } from './slo-cost-growth.bench.js';
import { webhookToPatch } from './webhook-to-patch.bench.js';

export const benchmarks: readonly Benchmark[] = [webhookToPatch, metricsStall, sloCostGrowth];
