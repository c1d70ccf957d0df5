import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { alertsSchema } from './alerts.schema.js';
import type { AlertSettings } from './alerts.schema.js';
import { closestName } from './closest-name.js';
import { crossCheck } from './cross-checks.js';
import { effectiveSlo } from './effective-slo.js';
import { formatPath, overlay, parseLocated, placeOf, toPlain } from './layered-yaml.js';
import type { Fault, Located } from './layered-yaml.js';
import { notificationsSchema } from './notifications.schema.js';
import type { NotificationSettings } from './notifications.schema.js';
import { policySchema } from './policy.schema.js';
import type { Policy } from './policy.schema.js';
import { checkSchema } from './schema-faults.js';
import { servicesSchema } from './services.schema.js';
import type { ServiceSettings } from './services.schema.js';
import type { Settings } from './settings.js';

export interface Configuration {
  readonly services: Readonly<Record<string, ServiceSettings>>;
  readonly alerts: AlertSettings;
  readonly policy: Policy;
  readonly notifications: NotificationSettings;
  /** The folders it was read from; each overrides those before it. */
  readonly folders: readonly string[];
}

/** Everything wrong with the configuration at once: one line a fault, `file:line:column: key: what would be right`. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(readonly faults: readonly Fault[]) {
    const lines = faults.map(({ place, key, message }) => {
      const where = `${place.file}:${place.line}:${place.column}`;
      return `  ${[where, ...(key === '' ? [] : [key]), message].join(': ')}`;
    });
    super(
      `could not load the configuration: ${faults.length} fault${faults.length === 1 ? '' : 's'}\n${lines.join('\n')}`,
    );
  }
}

const fileNames = ['services.yml', 'alerts.yml', 'policy.yml', 'notifications.yml'] as const;
type FileName = (typeof fileNames)[number];

/**
 * Reads `services.yml`, `alerts.yml`, `policy.yml` and `notifications.yml` from each folder and lays later folders
 * over earlier ones, key by key (lists are replaced whole).
 * @throws ConfigurationError listing every fault.
 */
export function loadConfiguration(folders: readonly string[]): Configuration {
  const faults: Fault[] = folders.flatMap(strangerFiles);
  const documents = new Map<FileName, Located>();
  for (const name of fileNames) {
    const layers = folders.flatMap((folder) => readLayer(join(folder, name), faults));
    const merged = layers.reduce<Located | null>(
      (base, layer) => (base === null ? layer : overlay(base, layer)),
      null,
    );
    if (merged !== null) documents.set(name, merged);
  }
  // A text that could not be read properly would only produce follow-up faults.
  if (faults.length > 0) throw new ConfigurationError(faults);

  const missing = fileNames.filter((name) => name !== 'notifications.yml' && !documents.has(name));
  if (missing.length > 0) {
    throw new ConfigurationError(
      missing.map((name) =>
        wholeFile(
          join(folders[0] ?? '', name),
          `missing; put it into one of: ${folders.join(', ') || '(no folder given)'}`,
        ),
      ),
    );
  }

  const check = <Output>(name: FileName, schema: Parameters<typeof checkSchema<Output>>[0]) => {
    const located = documents.get(name) ?? parseLocated(name, '').root;
    // Channel addresses often carry a token: never repeat them.
    const secret = name === 'notifications.yml';
    const result = checkSchema(schema, { located, plain: toPlain(located), secret });
    faults.push(...result.faults);
    return result.value;
  };
  const services = check('services.yml', servicesSchema)?.services;
  const alerts = check('alerts.yml', alertsSchema);
  const policy = check('policy.yml', policySchema);
  const notifications = check('notifications.yml', notificationsSchema);
  if (services === undefined || alerts === null || policy === null || notifications === null) {
    throw new ConfigurationError(faults);
  }

  for (const { file, path, message } of crossCheck({ services, alerts, policy })) {
    const located = documents.get(file);
    if (located === undefined) continue;
    faults.push({ place: placeOf(located, path), key: formatPath(path), message });
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return { services, alerts, policy, notifications, folders };
}

/** The slice one incident carries. @throws Error when the service is not configured. */
export function settingsFor(configuration: Configuration, service: string): Settings {
  const settings = configuration.services[service];
  if (settings === undefined) {
    throw new Error(
      `could not find service ${service}: not in services.yml (known: ${Object.keys(configuration.services).join(', ')})`,
    );
  }
  const overrides = configuration.folders.slice(1).map((folder) => basename(folder));
  return {
    service: { ...settings, slo: effectiveSlo(configuration, service) },
    policy: configuration.policy,
    verdictWindow: configuration.alerts.verdictWindow,
    override: overrides.length === 0 ? null : overrides.join('+'),
  };
}

function readLayer(file: string, faults: Fault[]): Located[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    faults.push(wholeFile(file, `could not read file: ${(error as Error).message}`));
    return [];
  }
  const { root, faults: found } = parseLocated(file, text);
  faults.push(...found);
  return [root];
}

/** A misspelt file name would silently mean "not configured". */
function strangerFiles(folder: string): Fault[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    return [
      wholeFile(
        folder,
        `could not read folder: ${(error as Error).message}; create it or correct RUNBOOK_CONFIG`,
      ),
    ];
  }
  return names
    .filter((name) => ['.yml', '.yaml'].includes(extname(name)))
    .filter((name) => !fileNames.some((known) => known === name))
    .map((name) => {
      const closest = closestName(name, fileNames);
      const remedy =
        closest === null ? `known: ${fileNames.join(', ')}` : `did you mean ${closest}?`;
      return wholeFile(join(folder, name), `unknown file name; ${remedy}`);
    });
}

const wholeFile = (file: string, message: string): Fault => ({
  place: { file, line: 1, column: 1 },
  key: '',
  message,
});
