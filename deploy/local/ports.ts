import { randomInt } from 'node:crypto';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';

// Both ranges lie below those from which systems take ports for outgoing connections (Linux from 32768, macOS from
// 49152): a port that is free now cannot be taken by a connection before its server listens.
const blocks = { from: 20_000, to: 30_000 };
const singles = { from: 30_000, to: 32_768 };
const mostAttempts = 200;

/** Free loopback ports, all different. They are free when this returns; nothing reserves them. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let attempt = 0; found.size < count; attempt += 1) {
    const port = randomInt(singles.from, singles.to);
    if (!found.has(port) && (await isFree(port))) found.add(port);
    else if (attempt > mostAttempts + count) throw noneFree(count);
  }
  return [...found];
}

/** Free loopback ports that no other caller of this function gets until they are released. */
export interface ReservedPorts {
  readonly ports: readonly number[];
  release(): Promise<void>;
}

/** Reserves a block of ports by listening on the one below it: whoever listens there owns the block. */
export async function reservePorts(count: number): Promise<ReservedPorts> {
  const size = count + 1;
  const blockCount = Math.floor((blocks.to - blocks.from) / size);
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const first = blocks.from + randomInt(blockCount) * size;
    const keeper = await listen(first).catch(() => null);
    if (keeper === null) continue;
    const ports = Array.from({ length: count }, (_, index) => first + 1 + index);
    const free = await Promise.all(ports.map(isFree));
    if (!free.includes(false)) return { ports, release: () => close(keeper) };
    await close(keeper);
  }
  throw noneFree(count);
}

const noneFree = (count: number): Error =>
  new Error(`could not find ${count} free ports on 127.0.0.1: nearly all are in use`);

async function isFree(port: number): Promise<boolean> {
  return listen(port).then(
    async (server) => {
      await close(server);
      return true;
    },
    () => false,
  );
}

/** @throws Error naming every taken port, what it is for and, where it can be told, who holds it. */
export async function requireFreePorts(ports: Readonly<Record<string, number>>): Promise<void> {
  const taken: string[] = [];
  for (const [purpose, port] of Object.entries(ports)) {
    if (await isFree(port)) continue;
    const holder = await holderOf(port);
    taken.push(`  ${port} (${purpose})${holder === null ? '' : `: held by ${holder}`}`);
  }
  if (taken.length > 0) {
    throw new Error(
      `could not use the documented ports:\n${taken.join('\n')}\nEnd what holds them, or start a stack of another name, which picks free ports: --name NAME`,
    );
  }
}

/** `command (pid N)` of the process that listens on a port; null where the system does not tell. Linux only. */
async function holderOf(port: number): Promise<string | null> {
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const lines = (await readFile(table, 'utf8').catch(() => '')).split('\n').slice(1);
    for (const line of lines) {
      const fields = line.trim().split(/\s+/);
      const localPort = parseInt(fields[1]?.split(':').at(-1) ?? '', 16);
      const listening = fields[3] === '0A';
      if (listening && localPort === port && fields[9] !== undefined) inodes.add(fields[9]);
    }
  }
  if (inodes.size === 0) return null;
  const pids = (await readdir('/proc').catch(() => [])).filter((entry) => /^\d+$/.test(entry));
  for (const pid of pids) {
    for (const descriptor of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined && inodes.has(inode)) {
        const command = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '?')).trim();
        return `${command} (pid ${pid})`;
      }
    }
  }
  return null;
}

async function listen(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
