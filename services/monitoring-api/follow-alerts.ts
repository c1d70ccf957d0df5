import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AlertSettings } from '../../configuration/alerts.schema.js';
import { ConfigurationError, loadConfiguration } from '../../configuration/load-configuration.js';

export interface FollowAlertsOptions {
  /** Configuration folders; each overrides those before it. */
  readonly folders: readonly string[];
  readonly onChange: (alerts: AlertSettings) => Promise<void> | void;
  /** Gets the loader's message, each once: file, line, key and what would be right. */
  readonly onRefused: (fault: string) => void;
}

/**
 * A task that looks whether alerts.yml has changed since the task was made. It compares texts, since a mounted ConfigMap
 * is swapped by links, and takes a text over only when it has seen it twice: one that is still being written may be
 * well-formed and say less. Never throws.
 */
export function followAlerts(options: FollowAlertsOptions): () => Promise<void> {
  const { folders, onChange, onRefused } = options;
  let handled = readTexts(folders);
  let seen = handled;
  let fault: string | null = null;
  return async () => {
    const text = readTexts(folders);
    const isSettled = text === seen;
    seen = text;
    // What was refused may be right without having changed: its fault may be one of another file.
    if (!isSettled || (text === handled && fault === null)) return;
    handled = text;
    let alerts: AlertSettings;
    try {
      ({ alerts } = loadConfiguration(folders));
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      if (error.message !== fault) onRefused(error.message);
      fault = error.message;
      return;
    }
    fault = null;
    await onChange(alerts);
  };
}

function readTexts(folders: readonly string[]): string {
  return JSON.stringify(
    folders.map((folder) => {
      try {
        return readFileSync(join(folder, 'alerts.yml'), 'utf8');
      } catch (error) {
        return { missing: (error as NodeJS.ErrnoException).code };
      }
    }),
  );
}
