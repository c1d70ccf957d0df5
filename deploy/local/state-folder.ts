import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { accountNames, type Account } from './control-plane.js';
import { packageRoot } from './package-root.js';
import type { ProcessIdentity } from './process-identity.js';

/** A stack as its `stack.json` describes it, for whoever wants to use it. Holds no secret. */
export interface StackInfo {
  readonly name: string;
  readonly status: 'starting' | 'ready' | 'stopped';
  readonly startedAt: string;
  readonly supervisor: ProcessIdentity;
  readonly stateFolder: string;
  readonly logFolder: string;
  readonly databaseFolder: string;
  /** `host:port` of PostgreSQL; `databaseUrl` makes URLs of it. */
  readonly databaseAddress: string;
  readonly kubeconfigs: {
    readonly admin: string;
    readonly reader: string;
    readonly remediator: string;
  };
  /** JSON, readable by its owner alone: `StackSecrets`. */
  readonly secretsFile: string;
  /** Configuration folders in force, for RUNBOOK_CONFIG. */
  readonly configuration: readonly string[];
  /** `host:port` of Temporal's gRPC endpoint. */
  readonly temporalAddress: string;
  readonly urls: StackUrls;
}

interface StackUrls {
  readonly temporalUi: string;
  readonly incidentApi: string;
  readonly monitoringApi: string;
  /** Health of the worker. */
  readonly worker: string;
  /** The APIs under care, by service name. */
  readonly services: Readonly<Record<string, string>>;
  /** What outbound orders are sent to. */
  readonly downstream: string;
  /** The supervisor's own control channel. */
  readonly control: string;
  readonly prometheus?: string;
  readonly alertmanager?: string;
}

/** Made once per stack and kept, so that a database opens again after a restart. */
export interface StackSecrets {
  readonly databasePassword: string;
  /** Bearer token of the alert webhook. */
  readonly alertWebhookToken: string;
  /** Bearer token with role `service` on the APIs under care. */
  readonly serviceToken: string;
  /** Bearer token with role `sre`, there too. */
  readonly sreToken: string;
  readonly controlToken: string;
  readonly kubernetes: Readonly<Record<Account, string>>;
}

/** Owner of all databases of a stack. */
export const databaseUser = 'runbook';

/** Folder of a stack. @throws Error when the name would make a bad folder name. */
export function stateFolderOf(name: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(name)) {
    throw new Error(
      `could not use stack name "${name}": use up to 31 lower-case letters, digits and dashes`,
    );
  }
  return path.join(packageRoot, '.runbook', name);
}

const infoFile = (stateFolder: string): string => path.join(stateFolder, 'stack.json');

/** Where the databases lie when PostgreSQL's user may not enter the stack's folder. */
export function outsideDataFolder(stateFolder: string): string {
  const id = createHash('sha256').update(stateFolder).digest('hex').slice(0, 12);
  return path.join(tmpdir(), `durable-runbooks-data-${id}`);
}

const supervisorFile = (stateFolder: string): string => path.join(stateFolder, 'supervisor.json');

/** List of the processes that run, for `sweepDeadStack`. */
export const processRecordOf = (stateFolder: string): string =>
  path.join(stateFolder, 'processes.json');

/** What is known of a stack; null when there never was one. */
export async function readStackInfo(stateFolder: string): Promise<StackInfo | null> {
  try {
    return JSON.parse(await readFile(infoFile(stateFolder), 'utf8')) as StackInfo;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Error(
      `could not read stack description ${infoFile(stateFolder)}: ${(error as Error).message}. Remove that stack with: npx runbook down --purge --name ${path.basename(stateFolder)}`,
      { cause: error },
    );
  }
}

export async function writeStackInfo(info: StackInfo): Promise<void> {
  await writeAtomically(infoFile(info.stateFolder), info, 0o644);
}

/** Who holds the stack together, kept apart from the description: known from its first moment, and without it. */
export async function readSupervisor(stateFolder: string): Promise<ProcessIdentity | null> {
  try {
    return JSON.parse(await readFile(supervisorFile(stateFolder), 'utf8')) as ProcessIdentity;
  } catch {
    return null; // none was started, or the folder is damaged
  }
}

export async function writeSupervisor(
  stateFolder: string,
  supervisor: ProcessIdentity,
): Promise<void> {
  await writeAtomically(supervisorFile(stateFolder), supervisor, 0o644);
}

export const secretsFileOf = (stateFolder: string): string =>
  path.join(stateFolder, 'secrets.json');

export async function readSecrets(secretsFile: string): Promise<StackSecrets> {
  return JSON.parse(await readFile(secretsFile, 'utf8')) as StackSecrets;
}

/** The stack's secrets; made on first use. */
export async function provideSecrets(stateFolder: string): Promise<StackSecrets> {
  const file = secretsFileOf(stateFolder);
  const stored = await readSecrets(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return null;
  });
  const secret = (): string => randomBytes(24).toString('base64url');
  const secrets: StackSecrets = {
    databasePassword: secret(),
    alertWebhookToken: secret(),
    serviceToken: secret(),
    sreToken: secret(),
    controlToken: secret(),
    ...stored,
    // An account that is newer than the stack gets its token now.
    kubernetes: Object.fromEntries(
      accountNames.map((account) => [account, stored?.kubernetes[account] ?? secret()]),
    ) as StackSecrets['kubernetes'],
  };
  await mkdir(stateFolder, { recursive: true });
  await writeAtomically(file, secrets, 0o600);
  return secrets;
}

async function writeAtomically(file: string, content: unknown, mode: number): Promise<void> {
  await writeFile(`${file}.tmp`, `${JSON.stringify(content, null, 2)}\n`, { mode });
  await rename(`${file}.tmp`, file);
}

/** URL of a database of the stack, with the rights of its owner. */
export function databaseUrl(address: string, password: string, database: string): string {
  return `postgres://${databaseUser}:${password}@${address}/${database}`;
}
