import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { readEnvironment } from '../../configuration/environment.js';
import type { Environment } from '../../configuration/environment.js';
import { findRunningStack } from '../../deploy/local/open-stack.js';
import {
  databaseUrl,
  readSecrets,
  stateFolderOf,
  type StackInfo,
} from '../../deploy/local/state-folder.js';
import { temporalAddress } from '../shared/temporal/temporal-address.js';
import type { TemporalAddress } from '../shared/temporal/temporal-address.js';
import { CommandFailure, exitCodes } from './command.js';

/** Where a command finds what it talks to. */
export interface Backends {
  readonly temporal: TemporalAddress;
  readonly incidentApiUrl: string;
  /** Where files for people go. */
  readonly stateFolder: string;
  /** URL of the database with the records of incidents; undefined when nobody has said. It holds a password. */
  readonly registryUrl: () => Promise<string | undefined>;
}

/**
 * With a name, the local stack so named. Without, what the environment says; where it says nothing, the local stack
 * that runs, if there is one. @throws CommandFailure when a named stack does not run, or when several do and none is
 * the default one.
 */
export async function findBackends(
  environment: Environment,
  stackName: string | undefined,
): Promise<Backends> {
  const info = await findStack(environment, stackName);
  if (info !== null) {
    return {
      temporal: { address: info.temporalAddress },
      incidentApiUrl: info.urls.incidentApi,
      stateFolder: info.stateFolder,
      registryUrl: async () => {
        const { databasePassword } = await readSecrets(info.secretsFile);
        return databaseUrl(info.databaseAddress, databasePassword, 'runbooks');
      },
    };
  }
  return {
    temporal: temporalAddress(environment),
    incidentApiUrl: environment.INCIDENT_API_URL,
    stateFolder: stateFolderOf('default'),
    registryUrl: () => Promise.resolve(environment.DATABASE_URL),
  };
}

async function findStack(
  environment: Environment,
  stackName: string | undefined,
): Promise<StackInfo | null> {
  if (stackName !== undefined) {
    const stack = await findRunningStack(stackName);
    if (stack !== null) return stack.info;
    throw new CommandFailure(
      `stack ${stackName} is not running. Start it with: npx runbook up --name ${stackName}`,
      exitCodes.unreachable,
    );
  }
  if (namesBackends(environment)) return null;
  const running = await runningStacks();
  const stack = running.find(({ name }) => name === 'default') ?? running[0];
  if (stack === undefined || running.length === 1 || stack.name === 'default') return stack ?? null;
  throw new CommandFailure(
    `several local stacks run: say which with --name (${running.map(({ name }) => name).join(', ')})`,
    exitCodes.badUsage,
  );
}

/** Whether somebody has said where to go: an address other than the default, or another environment than ours. */
function namesBackends(environment: Environment): boolean {
  const unset = readEnvironment({});
  return (['RUNBOOK_ENVIRONMENT', 'TEMPORAL_ADDRESS', 'INCIDENT_API_URL'] as const).some(
    (variable) => environment[variable] !== unset[variable],
  );
}

/** Those of this machine that are up; one that cannot be read is none. */
export async function runningStacks(): Promise<StackInfo[]> {
  const folders = await readdir(path.dirname(stateFolderOf('default')), {
    withFileTypes: true,
  }).catch(() => []);
  const names = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const stacks = await Promise.all(names.map((name) => findRunningStack(name).catch(() => null)));
  return stacks.flatMap((stack) => (stack === null ? [] : [stack.info]));
}
