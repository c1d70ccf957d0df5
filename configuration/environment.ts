import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);

/** Every environment variable the product reads, in one place. Only `main.ts` files call `readEnvironment`. */
const environmentSchema = z.object({
  RUNBOOK_ENVIRONMENT: z.string().default('local'),
  /** Configuration folders, comma-separated: each overrides the ones before it, key by key. */
  RUNBOOK_CONFIG: z.string().default('configuration'),
  /** Name of the cluster in lock ids and records; the environment's name when not given. */
  RUNBOOK_CLUSTER: z.string().optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  PORT: port.optional(),
  HOST: z.string().default('127.0.0.1'),
  TEMPORAL_ADDRESS: z.string().default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  TEMPORAL_TASK_QUEUE: z.string().default('runbooks'),
  DATABASE_URL: z.string().optional(),
  KUBECONFIG: z.string().optional(),
  MONITORING_URL: z.url().default('http://127.0.0.1:4010'),
  INCIDENT_API_URL: z.url().default('http://127.0.0.1:4000'),
  /** Where monitoring-api sends alerts, comma-separated. */
  ALERT_RECEIVER_URLS: z.string().default(''),
  /** One token, or the current and the previous one, comma-separated, while it is rotated. */
  ALERT_WEBHOOK_TOKEN: z.string().optional(),
  SERVICE_TOKEN: z.string().optional(),
});

export type Environment = Readonly<z.infer<typeof environmentSchema>>;

/** Reads and checks the environment once. @throws Error listing every faulty variable and what would be right. */
export function readEnvironment(source: NodeJS.ProcessEnv = process.env): Environment {
  const result = environmentSchema.safeParse(source);
  if (!result.success) {
    const faults = result.error.issues.map(
      (issue) => `  ${issue.path.join('.')}: ${issue.message}`,
    );
    throw new Error(`could not read the environment:\n${faults.join('\n')}`);
  }
  return Object.freeze(result.data);
}
