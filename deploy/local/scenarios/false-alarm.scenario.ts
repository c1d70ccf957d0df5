import { webhookPath } from '../product-processes.js';
import { target, type Scenario } from './scenario.js';

export const falseAlarm: Scenario = {
  name: 'false-alarm',
  title: 'an alert arrives although the service is healthy',
  service: target.service,
  async cause({ info, secrets }) {
    const startsAt = new Date().toISOString();
    await post('firing');
    return () => post('resolved');

    async function post(status: 'firing' | 'resolved'): Promise<void> {
      const labels = {
        alertname: 'ErrorRateFastBurn',
        service: target.service,
        slo: 'error-rate',
        severity: 'critical',
      };
      const response = await fetch(info.urls.incidentApi + webhookPath, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${secrets.alertWebhookToken}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({
          version: '4',
          receiver: 'durable-runbooks',
          status,
          groupKey: '{}:{drill="false-alarm"}',
          groupLabels: {},
          commonLabels: labels,
          commonAnnotations: {},
          externalURL: info.urls.monitoringApi,
          truncatedAlerts: 0,
          alerts: [
            {
              status,
              labels,
              annotations: { summary: 'a false alarm, for the drill' },
              startsAt,
              endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : new Date().toISOString(),
              generatorURL: info.urls.monitoringApi,
              fingerprint: 'drillfalsealarm',
            },
          ],
        }),
        signal: AbortSignal.timeout(10_000),
      });
      if (!response.ok) {
        throw new Error(
          `could not post alert to ${info.urls.incidentApi}: ${response.status} ${await response.text()}`,
        );
      }
    }
  },
};
