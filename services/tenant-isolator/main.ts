import { readEnvironment } from '../../configuration/environment.js';
import { openKubeClient } from '../shared/kubernetes/kube-client.js';
import { createLogger } from '../shared/telemetry/logger.js';
import { parseArguments, UsageError } from './arguments.js';
import { changeIsolations } from './change-isolations.js';

const environment = readEnvironment();
const name = 'tenant-isolator';
const logger = createLogger({ name, level: environment.LOG_LEVEL });
try {
  const order = parseArguments(process.argv.slice(2));
  const client = openKubeClient({ kubeconfigPath: environment.KUBECONFIG, userAgent: name });
  const { key, data, entry } = await changeIsolations(order, {
    api: client.raw,
    namespace: environment.ISOLATION_NAMESPACE,
    configMap: environment.ISOLATION_CONFIG_MAP,
    request: environment.ISOLATION_REQUEST ?? `by-hand-${Date.now()}`,
  });
  const changed = key in data;
  logger.info({ key, entry, changed }, entry === null ? 'isolation released' : 'tenant isolated');
} catch (error) {
  const isUsage = error instanceof UsageError;
  logger.fatal(isUsage ? {} : { err: error }, (error as Error).message);
  process.exitCode = isUsage ? 2 : 1;
}
