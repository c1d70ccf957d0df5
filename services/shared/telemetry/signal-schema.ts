import { z } from 'zod';

/** A signal as it goes from a pod to monitoring. `text`: what either side takes for a text of it. */
export const signalSchema = <Text extends z.ZodType<string>>(text: Text) =>
  z.object({
    at: z.iso.datetime(),
    severity: z.enum(['warning', 'error']),
    kind: z.enum(['span', 'log']),
    method: text.nullable(),
    route: text.nullable(),
    status: z.int().nullable(),
    durationMs: z.number().nullable(),
    tenant: text.nullable(),
    warehouse: text.nullable(),
    requestId: text.nullable(),
    traceId: text.nullable(),
    spanId: text.nullable(),
    message: text.nullable(),
  });
