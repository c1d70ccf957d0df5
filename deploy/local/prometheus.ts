import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import type { Configuration } from '../../configuration/load-configuration.js';
import { alertmanagerConfig } from '../../services/monitoring-api/alertmanager-config.js';
import { prometheusConfig } from '../../services/monitoring-api/prometheus-config.js';
import { prometheusRules } from '../../services/monitoring-api/prometheus-rules.js';
import type { Guard } from './guard.js';
import { ManagedProcess } from './managed-process.js';
import { answers } from './probe.js';
import type { StackPorts } from './stack-ports.js';
import type { ToolName } from './tool-catalogue.js';

interface PrometheusOptions {
  readonly folder: string;
  readonly logFolder: string;
  readonly tools: Readonly<Record<ToolName, string>>;
  readonly ports: StackPorts;
  readonly configuration: Configuration;
  /** The node agent's list of pods. */
  readonly podsFile: string;
  readonly webhookUrl: string;
  readonly webhookToken: string;
  readonly guard: Guard;
}

interface PreparedPrometheus {
  readonly prometheus: ManagedProcess;
  readonly alertmanager: ManagedProcess;
}

/** Prometheus and Alertmanager with the files that follow from the configuration, beginning without memory. */
export async function preparePrometheus(options: PrometheusOptions): Promise<PreparedPrometheus> {
  const { folder, logFolder, tools, ports, configuration, guard } = options;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const write = async (name: string, text: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  const address = (port: number): string => `127.0.0.1:${port}`;
  const rulesFile = await write('rules.yml', stringify(prometheusRules(configuration)));
  const prometheusFile = await write(
    'prometheus.yml',
    stringify(
      prometheusConfig(configuration, {
        rulesFile,
        alertmanager: address(ports.alertmanager),
        monitoringApi: address(ports.monitoringApi),
        podsFile: options.podsFile,
      }),
    ),
  );
  const tokenFile = await write('webhook-token', options.webhookToken);
  const alertmanagerFile = await write(
    'alertmanager.yml',
    stringify(
      alertmanagerConfig(configuration.alerts, { webhookUrl: options.webhookUrl, tokenFile }),
    ),
  );

  const managed = (
    name: 'prometheus' | 'alertmanager',
    port: number,
    args: readonly string[],
  ): ManagedProcess =>
    new ManagedProcess(
      {
        name,
        command: tools[name],
        args: [...args, `--web.listen-address=${address(port)}`, '--log.level=warn'],
        env: { HOME: folder },
        cwd: folder,
        logFile: path.join(logFolder, `${name}.log`),
        ready: () => answers(`http://${address(port)}/-/ready`),
        readyWithinMs: 30_000,
      },
      guard,
    );
  return {
    prometheus: managed('prometheus', ports.prometheus, [
      `--config.file=${prometheusFile}`,
      `--storage.tsdb.path=${path.join(folder, 'prometheus')}`,
      '--storage.tsdb.retention.time=1d',
    ]),
    alertmanager: managed('alertmanager', ports.alertmanager, [
      `--config.file=${alertmanagerFile}`,
      `--storage.path=${path.join(folder, 'alertmanager')}`,
      '--cluster.listen-address=', // alone: no gossip
    ]),
  };
}
