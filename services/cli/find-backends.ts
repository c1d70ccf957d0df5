import type { Environment } from '../../configuration/environment.js';
import { findRunningStack } from '../../deploy/local/open-stack.js';
import { stateFolderOf } from '../../deploy/local/state-folder.js';
import { CommandFailure, exitCodes } from './command.js';

/** Where a command finds what it talks to. */
export interface Backends {
  readonly temporalAddress: string;
  readonly incidentApiUrl: string;
  /** Configuration folders in force. */
  readonly configuration: readonly string[];
  /** Where files for people go. */
  readonly stateFolder: string;
}

/**
 * By the environment, whose defaults are the addresses of the default local stack; with a name, those of the local
 * stack so named. @throws CommandFailure when that stack does not run.
 */
export async function findBackends(
  environment: Environment,
  stackName: string | undefined,
): Promise<Backends> {
  if (stackName === undefined) {
    return {
      temporalAddress: environment.TEMPORAL_ADDRESS,
      incidentApiUrl: environment.INCIDENT_API_URL,
      configuration: environment.RUNBOOK_CONFIG.split(','),
      stateFolder: stateFolderOf('default'),
    };
  }
  const stack = await findRunningStack(stackName);
  if (stack === null) {
    throw new CommandFailure(
      `stack ${stackName} is not running. Start it with: runbook up --name ${stackName}`,
      exitCodes.unreachable,
    );
  }
  const { temporalAddress, urls, configuration, stateFolder } = stack.info;
  return { temporalAddress, incidentApiUrl: urls.incidentApi, configuration, stateFolder };
}
