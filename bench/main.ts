import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs, promisify } from 'node:util';
import Table from 'cli-table3';
import type { Benchmark, Measurement } from './benchmark.js';
import { benchmarks } from './benchmarks.js';
import { isNoisy } from './statistics.js';

const { values: options } = parseArgs({ options: { only: { type: 'string' } } });
const wanted = options.only?.split(',') ?? benchmarks.map(({ id }) => id);
const unknown = wanted.filter((id) => !benchmarks.some((benchmark) => benchmark.id === id));
if (unknown.length > 0) {
  process.stderr.write(
    `could not find benchmark ${unknown.join(', ')}: choose from ${benchmarks.map(({ id }) => id).join(', ')}\n`,
  );
  process.exit(2);
}

const measured: { benchmark: Benchmark; measurement: Measurement }[] = [];
for (const benchmark of benchmarks.filter(({ id }) => wanted.includes(id))) {
  process.stderr.write(`measuring ${benchmark.id}\n`);
  measured.push({ benchmark, measurement: await benchmark.measure() });
}

const table = new Table({
  head: ['id', 'value', 'min..max', 'target', 'A/A', 'verdict', 'peers'],
  style: { head: [], border: [] },
});
for (const { benchmark, measurement } of measured) {
  const { value, spread, control, peers } = measurement;
  table.push([
    benchmark.id,
    `${figure(value)} ${benchmark.unit}`,
    spread.map(figure).join('..'),
    `${benchmark.better === 'lower' ? '<=' : '>='} ${benchmark.target}`,
    figure(control.median),
    verdictOf(benchmark, measurement),
    Object.entries(peers)
      .map(([name, peer]) => `${name}: ${figure(peer)}`)
      .join('\n'),
  ]);
}
process.stdout.write(`${table.toString()}\n`);

const [cpu] = cpus();
const { stdout: commit } = await promisify(execFile)('git', ['rev-parse', 'HEAD']).catch(() => ({
  stdout: 'unknown',
}));
await mkdir('bench/results', { recursive: true });
await writeFile(
  'bench/results/latest.json',
  `${JSON.stringify(
    {
      machine: `${cpus().length} x ${cpu?.model ?? 'unknown'}, Node ${process.version}`,
      date: new Date().toISOString(),
      commit: commit.trim(),
      results: measured.map(({ benchmark, measurement }) => ({
        id: benchmark.id,
        value: measurement.value,
        unit: benchmark.unit,
        target: benchmark.target,
        better: benchmark.better,
        peers: measurement.peers,
        rounds: measurement.rounds,
        spread: measurement.spread,
      })),
    },
    null,
    2,
  )}\n`,
);

function verdictOf({ better, target }: Benchmark, { control, value }: Measurement): string {
  if (isNoisy(control)) return 'noisy';
  return (better === 'lower' ? value <= target : value >= target) ? 'met' : 'missed';
}

function figure(value: number): string {
  return value.toPrecision(3);
}
