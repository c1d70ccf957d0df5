import { access, chmod, chown, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import postgres from 'postgres';
import type { Guard } from './guard.js';
import { ManagedProcess } from './managed-process.js';
import {
  canEnter,
  findPostgresPrograms,
  postgresUser,
  type SystemUser,
} from './postgres-programs.js';
import { databaseUrl, databaseUser, outsideDataFolder } from './state-folder.js';

/** The product's own records, those of the two APIs under care, and those of the system that orders go to. */
const databases = ['runbooks', 'inventory', 'outbound', 'downstream'] as const;
export type DatabaseName = (typeof databases)[number];

export interface PostgresOptions {
  readonly stateFolder: string;
  readonly logFolder: string;
  readonly port: number;
  readonly password: string;
  readonly guard: Guard;
}

export interface PreparedPostgres {
  readonly process: ManagedProcess;
  /** Holds the data; outside the state folder when the user it runs as may not enter that. */
  readonly dataFolder: string;
  /** `host:port` */
  readonly address: string;
  readonly url: (database: DatabaseName) => string;
  /** Once it is ready: creates the databases that are not there yet. */
  createDatabases(): Promise<void>;
}

/** Initialises the data folder on first use and describes the server process. Listens on loopback only. */
export async function preparePostgres(options: PostgresOptions): Promise<PreparedPostgres> {
  const { stateFolder, logFolder, port, password, guard } = options;
  const user = await postgresUser();
  const programs = await findPostgresPrograms(user);
  const dataFolder = await chooseDataFolder(user, stateFolder);
  await initialise(programs.initdb, dataFolder, password, user);

  const address = `127.0.0.1:${port}`;
  const url = (database: string): string => databaseUrl(address, password, database);
  const connect = (database: string): postgres.Sql =>
    postgres(url(database), { max: 1, connect_timeout: 2, onnotice: () => undefined });

  return {
    dataFolder,
    address,
    url,
    process: new ManagedProcess(
      {
        name: 'postgres',
        command: programs.postgres,
        args: [
          '-D',
          dataFolder,
          '-p',
          String(port),
          '-c',
          'listen_addresses=127.0.0.1',
          '-c',
          'unix_socket_directories=',
          '-c',
          'max_connections=200', // every pod and every process has a small pool
        ],
        env: { LC_ALL: 'C' },
        cwd: dataFolder,
        user: user ?? undefined,
        logFile: path.join(logFolder, 'postgres.log'),
        // "Fast": SIGTERM would wait for every client to leave.
        stopSignal: 'SIGINT',
        graceMs: 10_000,
        ready: async () => {
          const sql = connect('postgres');
          try {
            await sql`select 1`;
            return true;
          } finally {
            await sql.end({ timeout: 1 });
          }
        },
        readyWithinMs: 30_000,
      },
      guard,
    ),
    async createDatabases() {
      const sql = connect('postgres');
      try {
        const rows = await sql<{ datname: string }[]>`select datname from pg_database`;
        const present = new Set(rows.map(({ datname }) => datname));
        for (const database of databases.filter((name) => !present.has(name))) {
          await sql`create database ${sql(database)}`;
        }
      } finally {
        await sql.end({ timeout: 1 });
      }
    },
  };
}

/** Below the state folder, or, where the server's user cannot get there, below the system's temporary folder. */
async function chooseDataFolder(user: SystemUser | null, stateFolder: string): Promise<string> {
  const inside = path.join(stateFolder, 'postgres');
  const reachable = user === null || (await canEnter(user, stateFolder));
  const folder = reachable ? inside : outsideDataFolder(stateFolder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (user !== null) {
    const { uid } = await stat(folder);
    if (uid !== 0 && uid !== user.uid) {
      throw new Error(
        `could not use folder ${folder} for PostgreSQL: it belongs to user ${uid}. Remove it and try again`,
      );
    }
    await chown(folder, user.uid, user.gid);
  }
  await chmod(folder, 0o700);
  return folder;
}

async function initialise(
  initdb: string,
  dataFolder: string,
  password: string,
  user: SystemUser | null,
): Promise<void> {
  const finished = path.join(dataFolder, 'initialised');
  const isFinished = await access(finished).then(
    () => true,
    () => false,
  );
  if (isFinished) return;
  // An earlier attempt may have been cut off half-way: initdb wants an empty folder.
  for (const left of await readdir(dataFolder)) {
    await rm(path.join(dataFolder, left), { recursive: true });
  }
  const passwordFile = `${dataFolder}.password`;
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== null) await chown(passwordFile, user.uid, user.gid);
  try {
    const { exitCode, all } = await execa(
      initdb,
      [
        `--pgdata=${dataFolder}`,
        `--username=${databaseUser}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-sync',
      ],
      {
        ...user,
        cwd: dataFolder,
        env: { LC_ALL: 'C' },
        extendEnv: false,
        all: true,
        reject: false,
        timeout: 120_000,
      },
    );
    if (exitCode !== 0) {
      throw new Error(
        `could not initialise database folder ${dataFolder}:\n  ${all.trim().split('\n').slice(-10).join('\n  ')}`,
      );
    }
  } finally {
    await rm(passwordFile, { force: true });
  }
  await writeFile(finished, '');
}
