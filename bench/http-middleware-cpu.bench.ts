import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Benchmark, Measurement } from './benchmark.js';
import { interleave } from './interleave.js';
import type { Load } from './middleware/send-requests.js';
import type { VariantName } from './middleware/variants.js';
import { median, pairedRatio } from './statistics.js';

const rounds = 9;
const requestsPerSample = 8_000;
/** Two processes of the same program differ by a few per cent as long as they live. */
const serversPerVariant = 2;
const programs = {
  serve: fileURLToPath(new URL('middleware/serve-variant.js', import.meta.url)),
  send: fileURLToPath(new URL('middleware/send-requests.js', import.meta.url)),
};
const variantOf = {
  bare: 'bare',
  control: 'bare',
  noOp: 'noOp',
  ours: 'ours',
  oursLogging: 'oursLogging',
  textbook: 'textbook',
  honoPrometheus: 'honoPrometheus',
  contract: 'contract',
  service: 'service',
} as const satisfies Record<string, VariantName>;
type Name = keyof typeof variantOf;

/** Processor time of a request with every request logged, to that of bare Hono on the same server. */
export const middlewareCpuLogging: Benchmark = {
  id: 'http.middleware-cpu',
  unit: 'ratio',
  target: 1.3,
  better: 'lower',
  measure: () => ratioOf('oursLogging'),
};

/** The same as a service runs by default: failures, slow answers and one in 64 others are logged. */
export const middlewareCpu: Benchmark = {
  id: 'http.middleware-cpu-sampled',
  unit: 'ratio',
  target: 1.15,
  better: 'lower',
  measure: () => ratioOf('ours'),
};

let measuring: Promise<Record<Name, number[]>> | undefined;

async function ratioOf(name: Name): Promise<Measurement> {
  // Both benchmarks are read off the same rounds.
  const values = await (measuring ??= measure());
  const ratio = pairedRatio(values[name], values.bare);
  const toBare = (other: Name): number => pairedRatio(values[other], values.bare).median;
  return {
    value: ratio.median,
    peers: {
      'middleware that does nothing': toBare('noOp'),
      'textbook: request id, logger, histogram': toBare('textbook'),
      '@hono/prometheus': toBare('honoPrometheus'),
      'route with contract': toBare('contract'),
      'whole service': toBare('service'),
      'bare Hono, us': median(values.bare),
    },
    rounds,
    spread: [ratio.min, ratio.max],
    control: pairedRatio(values.control, values.bare),
  };
}

async function measure(): Promise<Record<Name, number[]>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'middleware-'));
  const children: ChildProcess[] = [];
  try {
    const start = async (program: string, args: readonly string[], log: string) => {
      // To a file: a pipe would have a reader, which takes processor time of its own.
      const output = await open(path.join(folder, log), 'w');
      const child = fork(program, args, { stdio: ['ignore', output.fd, 'inherit', 'ipc'] });
      children.push(child);
      await output.close();
      return child;
    };
    const sender = await start(programs.send, [], 'sender');
    const requests = requestsPerSample / serversPerVariant;
    const samples: [string, () => Promise<number>][] = [];
    for (const [name, variant] of Object.entries(variantOf)) {
      const servers: [ChildProcess, Load][] = [];
      for (let number = 0; number < serversPerVariant; number += 1) {
        const server = await start(programs.serve, [variant], `${name}-${number}`);
        const [port] = (await once(server, 'message')) as [number];
        servers.push([server, { port, requests }]);
      }
      samples.push([
        name,
        async () => {
          let sum = 0;
          for (const [server, load] of servers) sum += await cpuPerRequest(server, sender, load);
          return sum / servers.length;
        },
      ]);
    }
    // Compiled code settles after some tens of thousands of requests.
    for (const [, sample] of [...samples, ...samples]) await sample();
    return await interleave(
      Object.fromEntries(samples) as Record<Name, () => Promise<number>>,
      rounds,
    );
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await rm(folder, { recursive: true });
  }
}

/** Microseconds of `server` for one request, its garbage collection included. */
async function cpuPerRequest(
  server: ChildProcess,
  sender: ChildProcess,
  load: Load,
): Promise<number> {
  const before = await ask(server, 'cpu');
  const answer = await ask(sender, load);
  if (answer !== 'done') throw new Error(`could not send requests: ${String(answer)}`);
  const after = await ask(server, 'cpu');
  return (Number(after) - Number(before)) / load.requests;
}

async function ask(child: ChildProcess, message: 'cpu' | Load): Promise<unknown> {
  const answered = once(child, 'message');
  child.send(message);
  const [answer] = (await answered) as [unknown];
  return answer;
}
