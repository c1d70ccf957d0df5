import { z } from 'zod';
import { maxSignalText } from '../shared/telemetry/signal-ring.js';
import type { SignalPage } from '../shared/telemetry/signal-ring.js';
import { signalSchema } from '../shared/telemetry/signal-schema.js';
import { causeOf, readBounded } from './pod-answer.js';

/** What a pod says, checked at the border: whatever is longer or different is not ours. */
const pageSchema = z.object({
  next: z.string().max(64),
  missed: z.number(),
  signals: z.array(signalSchema(z.string().max(maxSignalText))).max(10_000),
});

export interface ReadPodSignalsOptions {
  /** `host:port` */
  readonly address: string;
  /** `next` of the last page; undefined asks for everything. */
  readonly since: string | undefined;
  /** Bearer token; null sends none. */
  readonly token: string | null;
  readonly timeoutMs: number;
}

/** Reads what one pod keeps of what went wrong. @throws Error saying why there is no answer. */
export async function readPodSignals(options: ReadPodSignalsOptions): Promise<SignalPage> {
  const { address, since, token, timeoutMs } = options;
  const query = since === undefined ? '' : `?since=${encodeURIComponent(since)}`;
  try {
    const response = await fetch(`http://${address}/signals${query}`, {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`/signals answered ${response.status}`);
    }
    const read = pageSchema.safeParse(JSON.parse(await readBounded(response)));
    if (!read.success) throw new Error('/signals answered something else than signals');
    return read.data;
  } catch (error) {
    const cause = error instanceof SyntaxError ? 'no JSON' : causeOf(error, timeoutMs);
    throw new Error(`could not read signals of ${address}: ${cause}`, { cause: error });
  }
}
