import { z } from 'zod';

/** What monitoring says of this service. */
export interface Health {
  readonly status: 'ok' | 'not-ok' | 'unknown';
  /** Why it is not ok. */
  readonly detail: string;
}

export interface MonitoringAddress {
  readonly url: string;
  /** What monitoring calls this service. */
  readonly service: string;
  readonly timeoutMs?: number;
}

const answerSchema = z.object({
  status: z.string(),
  // Only for the words: whether it is ok, the status alone tells.
  services: z.array(z.object({ reason: z.string().nullable().optional() })).default([]),
});

/** Asks monitoring. Never throws: who cannot be asked has not said that all is well. */
export async function readHealth(address: MonitoringAddress): Promise<Health> {
  const { url, service, timeoutMs = 2_000 } = address;
  const asked = `${url.replace(/\/$/, '')}/monitoring/health?service=${encodeURIComponent(service)}`;
  try {
    const response = await fetch(asked, { signal: AbortSignal.timeout(timeoutMs) });
    if (response.status !== 200) {
      return unknown(`monitoring answered ${response.status} when asked about ${service}`);
    }
    const answer = answerSchema.safeParse(await response.json());
    return answer.success
      ? judge(service, answer.data)
      : unknown('monitoring answered something else than health');
  } catch {
    return unknown('monitoring cannot be reached');
  }
}

function judge(service: string, { status, services }: z.infer<typeof answerSchema>): Health {
  if (status === 'ok') return { status, detail: '' };
  const reason = services[0]?.reason ?? null;
  const why = reason === null ? '' : `: ${reason}`;
  return { status: 'not-ok', detail: `monitoring says ${status} of ${service}${why}` };
}

function unknown(detail: string): Health {
  return { status: 'unknown', detail: `${detail}: health is not proven` };
}
