import type { AlertSettings } from '../../configuration/alerts.schema.js';
import { formatDuration } from './format-duration.js';

export interface AlertmanagerConfigOptions {
  /** The incident-api's `/webhooks/alertmanager`. */
  readonly webhookUrl: string;
  /** File that holds the bearer token, as Alertmanager sees it. */
  readonly tokenFile: string;
}

/**
 * Alertmanager's configuration: alerts about objectives go to the operator, one group per service and SLO; those about
 * monitoring itself and about waiting work are left to a receiver of yours. Valid for Alertmanager 0.25 and later.
 */
export function alertmanagerConfig(
  { evaluationInterval, notify }: Pick<AlertSettings, 'evaluationInterval' | 'notify'>,
  { webhookUrl, tokenFile }: AlertmanagerConfigOptions,
): object {
  return {
    route: {
      receiver: 'nobody',
      routes: [
        {
          matchers: ['slo=~".+"'],
          receiver: 'durable-runbooks',
          group_by: ['service', 'slo'],
          // Time for the rules of one burn to fire together, and for changes to gather.
          group_wait: formatDuration(2 * evaluationInterval),
          group_interval: formatDuration(6 * evaluationInterval),
          // The operator hears again of what still fires: a lost notification costs this long at most.
          repeat_interval: formatDuration(notify.repeatInterval),
        },
      ],
    },
    receivers: [
      { name: 'nobody' },
      {
        name: 'durable-runbooks',
        webhook_configs: [
          {
            url: webhookUrl,
            send_resolved: true,
            max_alerts: 0,
            http_config: { authorization: { type: 'Bearer', credentials_file: tokenFile } },
          },
        ],
      },
    ],
  };
}
