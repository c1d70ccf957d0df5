import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  ConfigurationError,
  loadConfiguration,
} from '../../../configuration/load-configuration.js';
import { packageRoot } from '../../../deploy/local/package-root.js';
import { monitoringFiles } from '../../monitoring-api/monitoring-files.js';
import { CommandFailure, exitCodes, type RegisterCommand } from '../command.js';

interface RulesOptions {
  readonly check?: boolean;
  readonly folder: string;
}

export const registerRules: RegisterCommand = (program, { environment, print }) => {
  program
    .command('rules')
    .description(
      'Write the rules of Prometheus and the route of Alertmanager that follow from the configuration',
    )
    .option('--check', 'change nothing; fail when a file is not up to date')
    .option('--folder <folder>', 'where deploy/ lies', packageRoot)
    .action(({ check = false, folder }: RulesOptions) => {
      const files = generate(environment.RUNBOOK_CONFIG.split(','));
      const stale = [...files].filter(([file, text]) => read(path.join(folder, file)) !== text);
      if (stale.length === 0) {
        print(`${files.size} files are up to date`);
        return;
      }
      const names = stale.map(([file]) => file).join(', ');
      if (check) {
        throw new CommandFailure(
          `not up to date: ${names}. Run "npx runbook rules" and commit the result`,
          exitCodes.failed,
        );
      }
      for (const [file, text] of stale) {
        mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
        writeFileSync(path.join(folder, file), text);
      }
      print(`wrote ${names}`);
    });
};

function generate(folders: readonly string[]): Map<string, string> {
  try {
    return monitoringFiles(loadConfiguration(folders));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new CommandFailure(error.message, exitCodes.badUsage, { cause: error });
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
