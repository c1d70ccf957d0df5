import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { startGuard } from '../../deploy/local/guard.js';
import { freePorts } from '../../deploy/local/ports.js';
import type { DatabaseName } from '../../deploy/local/postgres.js';
import { preparePostgres } from '../../deploy/local/postgres.js';
import { stateFolderOf } from '../../deploy/local/state-folder.js';

export interface BenchPostgres {
  /** URL of an empty database. */
  readonly url: (database: DatabaseName) => string;
  /** Ends the server and deletes its files. */
  stop(): Promise<void>;
}

/** PostgreSQL as the local stack runs it, writing through to the disk, and nothing else of the stack. */
export async function startPostgres(): Promise<BenchPostgres> {
  const stateFolder = stateFolderOf('bench-postgres');
  await mkdir(stateFolder, { recursive: true });
  const [port = 0] = await freePorts(1);
  const guard = startGuard();
  const { process, dataFolder, url, createDatabases } = await preparePostgres({
    stateFolder,
    logFolder: stateFolder,
    port,
    password: randomBytes(16).toString('hex'),
    guard,
  });
  const stop = async (): Promise<void> => {
    await process.stop();
    guard.close();
    await rm(dataFolder, { recursive: true, force: true });
    await rm(stateFolder, { recursive: true, force: true });
  };
  try {
    await process.start();
    await createDatabases();
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}
