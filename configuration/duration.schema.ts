import { z } from 'zod';

/** Whole milliseconds. */
export type Milliseconds = number;

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `500ms`, `15s`, `2m`, `1h`, `1d` in YAML; milliseconds in code. A bare number is refused: its unit would be a guess. */
export const duration = z
  .string({ error: 'expected a duration with a unit, such as 15s or 2m' })
  .regex(/^\d+(ms|s|m|h|d)$/, 'expected a duration with a unit, such as 500ms, 15s, 2m or 1h')
  .transform((text): Milliseconds => {
    const unit = /[a-z]+$/.exec(text)?.[0] as keyof typeof unitMs;
    return Number.parseInt(text, 10) * unitMs[unit];
  });
