import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { Env, MiddlewareHandler } from 'hono';
import { requireBearer } from '../shared/auth/bearer.js';
import { limitBody } from '../shared/http/body-limit.js';
import { bearer } from '../shared/http/openapi-document.js';
import { HttpProblem, answerInvalid } from '../shared/http/problem.js';
import { jsonBody, jsonContent, problemContent } from '../shared/http/request-schemas.js';
import { requestId } from '../shared/http/request-id.js';
import type { Logger } from '../shared/telemetry/logger.js';
import { isTemporalUnreachable } from '../shared/temporal/temporal-client.js';
import { alertPayloadSchema } from './alert-payload.schema.js';
import { classifyAlert } from './classify-alert.js';
import type { AlertCatalogue, IgnoreReason } from './classify-alert.js';
import { deliverAlerts } from './deliver-alerts.js';
import type { AlertOf, Delivery } from './deliver-alerts.js';
import type { WebhookMetrics, WebhookResult } from './webhook-metrics.js';

const bodyLimitBytes = 1024 * 1024;
/** Alerts of one webhook that its log line names. */
const maxLogged = 20;

const outcomeSchema = z
  .object({
    /** Alerts handed to incidents. */
    accepted: z.int(),
    ignored: z.array(z.object({ alertname: z.string(), reason: z.string() })),
  })
  .openapi('WebhookOutcome');

const route = createRoute({
  method: 'post',
  path: '/webhooks/alertmanager',
  summary: 'Receives alerts from Alertmanager, Grafana or monitoring-api',
  description:
    'Answered with 2xx only when Temporal has stored the alerts. On 503 nothing is lost if the sender tries again.',
  security: bearer,
  request: { body: jsonBody(alertPayloadSchema) },
  responses: {
    202: jsonContent(outcomeSchema, 'Temporal has stored the alerts for incidents'),
    200: jsonContent(outcomeSchema, 'No alert of the payload concerns an incident'),
    400: problemContent('Not an alert payload'),
    413: problemContent('Body over 1 MiB'),
    503: problemContent('Temporal cannot be reached: send again'),
  },
});

export interface WebhookDependencies {
  readonly delivery: Delivery;
  readonly catalogue: AlertCatalogue;
  readonly metrics: WebhookMetrics;
  readonly logger: Logger;
  /** The current token and the previous one; none leaves the door open, which only `local` may. */
  readonly tokens: readonly string[];
  readonly now: () => Date;
}

export function webhookRoutes(dependencies: WebhookDependencies): OpenAPIHono {
  const { delivery, catalogue, metrics, logger, tokens, now } = dependencies;
  const routes = new OpenAPIHono<Env>({
    // A sender repeats what is malformed: 400 and the counter make the fault visible.
    defaultHook: (result, c) => answerInvalid(result, c, 400),
  });
  // Who is asking comes before how much they send, and both before reading it.
  routes.use(route.path, measure(metrics));
  if (tokens.length > 0) routes.use(route.path, requireBearer(tokens));
  routes.use(route.path, limitBody(bodyLimitBytes));

  routes.openapi(route, async (c) => {
    const { version, sender, alerts, truncatedAlerts } = c.req.valid('json');
    const source = sender ?? (version === '1' ? 'grafana' : 'alertmanager');
    const context = { source, receivedAt: now().toISOString() };
    const classified = alerts.map((alert) => classifyAlert(alert, catalogue, context));
    const concerned = classified.flatMap((alert) => (alert.kind === 'for-incident' ? [alert] : []));
    if (truncatedAlerts > 0) {
      metrics.countAlerts('truncated', truncatedAlerts);
      logger.warn({ truncatedAlerts }, 'the sender left alerts out: set its max_alerts to 0');
    }

    let withoutIncident: ReadonlySet<AlertOf>;
    try {
      withoutIncident = new Set(await deliverAlerts(delivery, concerned));
    } catch (error) {
      if (!isTemporalUnreachable(error)) throw error;
      logger.error({ err: error, requestId: requestId(c) }, 'could not store alerts in Temporal');
      throw new HttpProblem(503, 'Temporal cannot be reached; nothing is lost: send again', {
        headers: { 'retry-after': '1' },
        cause: error,
      });
    }

    const stored = concerned.filter((alert) => !withoutIncident.has(alert));
    const ignored: { alertname: string; reason: IgnoreReason }[] = [
      ...classified.flatMap((alert) =>
        alert.kind === 'ignored' ? [{ alertname: alert.alertname, reason: alert.reason }] : [],
      ),
      ...[...withoutIncident].map(({ event }) => ({
        alertname: event.alertname,
        reason: 'no-open-incident' as const,
      })),
    ];
    for (const { event } of stored) metrics.countAlerts(event.status);
    for (const { reason } of ignored) metrics.countAlerts(reason);
    const first = stored.slice(0, maxLogged).map(({ service, event }) => [service, event.key]);
    logger.info(
      {
        source,
        stored: { count: stored.length, first },
        ignored: { count: ignored.length, first: ignored.slice(0, maxLogged) },
      },
      'alerts received',
    );
    return c.json({ accepted: stored.length, ignored }, stored.length > 0 ? 202 : 200);
  });
  return routes;
}

/** Counts every answer, whoever gave it, and the time it took. */
function measure(metrics: WebhookMetrics): MiddlewareHandler {
  return async (c, next) => {
    const startedAt = performance.now();
    await next();
    metrics.countWebhook(resultOf(c.res.status), (performance.now() - startedAt) / 1_000);
  };
}

const results: Readonly<Record<number, WebhookResult>> = {
  200: 'ignored',
  202: 'accepted',
  400: 'malformed',
  401: 'unauthorized',
  413: 'too-large',
  404: 'unsupported',
  405: 'unsupported',
  415: 'unsupported',
  503: 'unreachable',
};
const resultOf = (status: number): WebhookResult => results[status] ?? 'failed';
