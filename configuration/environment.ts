import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'expected URLs that begin with http:// or https://' })
  .transform((text) => new URL(text));

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
  /** Named as in Temporal's own tools. Any of them turns TLS on; `TEMPORAL_TLS` alone does with the public authorities. */
  TEMPORAL_API_KEY: z.string().optional(),
  TEMPORAL_TLS: z.stringbool().optional(),
  TEMPORAL_TLS_SERVER_NAME: z.string().optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: z.string().optional(),
  TEMPORAL_TLS_CLIENT_CERT_PATH: z.string().optional(),
  TEMPORAL_TLS_CLIENT_KEY_PATH: z.string().optional(),
  DATABASE_URL: z.string().optional(),
  KUBECONFIG: z.string().optional(),
  /** Under which name the API server records the changes of the worker. Flux takes back what `kubectl…` managers own. */
  KUBERNETES_FIELD_MANAGER: z
    .string()
    .regex(/^(?!kubectl)[\w.-]{1,128}$/, 'expected a name that does not begin with kubectl')
    .default('durable-runbooks'),
  MONITORING_URL: z.url().default('http://127.0.0.1:4010'),
  /** What monitoring calls the service that this process is a pod of, where that is not its own usual name. */
  MONITORED_SERVICE: z.string().optional(),
  INCIDENT_API_URL: z.url().default('http://127.0.0.1:4000'),
  /** A Prometheus that scrapes the pods already: monitoring-api reads their counters there instead of from each pod. */
  PROMETHEUS_URL: z.url().optional(),
  /** Where monitoring-api sends alerts, comma-separated. */
  ALERT_RECEIVER_URLS: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((part) => part.trim() || []))
    .pipe(z.array(httpUrl)),
  /** One token, or the current and the previous one, comma-separated, while it is rotated. */
  ALERT_WEBHOOK_TOKEN: z.string().optional(),
  SERVICE_TOKEN: z.string().optional(),
  /** The token of the role sre, who may also act for all tenants at once. */
  SRE_TOKEN: z.string().optional(),
  /** Where accepted orders are sent. Without it they stay in the queue. */
  DOWNSTREAM_URL: z.url().optional(),
  /** Where the ConfigMap with the switches of a service is mounted; without it they stay as usual. */
  FLAGS_DIR: z.string().optional(),
  /** The files in it that hold the mode (normal, read-only) and its end. Without them the service has no mode. */
  FLAG_MODE: z.string().optional(),
  FLAG_MODE_EXPIRES_AT: z.string().optional(),
  /** The files in it that say whether to shed load (none, non-critical), and until when. */
  FLAG_SHED: z.string().default('shed.mode'),
  FLAG_SHED_EXPIRES_AT: z.string().default('shed.expiresAt'),
  /** Where the ConfigMap with the isolated tenants is mounted; without it nobody is isolated. */
  ISOLATION_DIR: z.string().optional(),
  /** Where the tenant-isolator writes them, and for which Job. */
  ISOLATION_NAMESPACE: z.string().default('supply-chain'),
  ISOLATION_CONFIG_MAP: z.string().default('tenant-isolation'),
  ISOLATION_REQUEST: z.string().max(253).optional(),
  /** Connections to PostgreSQL a process may hold: pods x this must stay below the server's limit. */
  DATABASE_POOL_MAX: z.coerce.number().int().min(1).max(100).default(5),
  /** Name of the running release, shown in `/healthz`. */
  RELEASE: z.string().default('unreleased'),
  /**
   * How long a stopping process goes on serving: until its proxies have noticed and kept-alive callers have left. HTTP
   * clients give up idle connections of their own after about so long (undici: 4 s); what is idle longer may be cut in
   * the moment it is used.
   */
  SHUTDOWN_DRAIN_MS: z.coerce.number().int().min(0).max(60_000).default(5_000),
  /**
   * An answer that takes longer is told as slow, and so is a caller who leaves after more: what the service's latency
   * objective promises (`services.yml`). Milliseconds.
   */
  SLOW_ANSWER_MS: z.coerce.number().positive().max(60_000).default(500),
  /** Drills only: nothing below has an effect unless this is true. */
  FAULTS_ENABLED: z.stringbool().default(false),
  /** Delay of every request, plus up to the jitter at random. */
  FAULT_LATENCY_MS: z.coerce.number().min(0).max(60_000).default(0),
  FAULT_LATENCY_JITTER_MS: z.coerce.number().min(0).max(60_000).default(0),
  /** Share of requests answered 500, 0 to 1, of one kind or of both. */
  FAULT_ERROR_RATE: z.coerce.number().min(0).max(1).default(0),
  FAULT_ERROR_ROUTES: z.enum(['read', 'write']).optional(),
  /** Memory taken and never given back. */
  FAULT_LEAK_MB_PER_SECOND: z.coerce.number().min(0).max(1_000).default(0),
  /** Share of one core burnt, 0 to 1. */
  FAULT_CPU_BURN: z.coerce.number().min(0).max(1).default(0),
  /** Blocks the event loop for good, so long after the start. */
  FAULT_HANG_AFTER_SECONDS: z.coerce.number().min(0).max(86_400).optional(),
  /** Where the local stack looks for tools, and where it keeps those it built. */
  PATH: z.string().default(''),
  XDG_CACHE_HOME: z.string().optional(),
  /** Programs of the local stack to use instead of building them, by absolute path. */
  RUNBOOK_TOOL_ETCD: z.string().optional(),
  RUNBOOK_TOOL_TEMPORAL: z.string().optional(),
  RUNBOOK_TOOL_KUBE_APISERVER: z.string().optional(),
  RUNBOOK_TOOL_KUBE_CONTROLLER_MANAGER: z.string().optional(),
  RUNBOOK_TOOL_KUBE_SCHEDULER: z.string().optional(),
  RUNBOOK_TOOL_ALERTMANAGER: z.string().optional(),
  RUNBOOK_TOOL_PROMETHEUS: z.string().optional(),
  RUNBOOK_TOOL_PROMTOOL: z.string().optional(),
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
