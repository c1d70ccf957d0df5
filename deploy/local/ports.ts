import { readFile, readdir, readlink } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';

/** Free loopback ports, all different. They are free when this returns; nothing reserves them. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(close));
  return ports;
}

/** @throws Error naming every taken port, what it is for and, where it can be told, who holds it. */
export async function requireFreePorts(ports: Readonly<Record<string, number>>): Promise<void> {
  const taken: string[] = [];
  for (const [purpose, port] of Object.entries(ports)) {
    try {
      await close(await listen(port));
    } catch {
      const holder = await holderOf(port);
      taken.push(`  ${port} (${purpose})${holder === null ? '' : `: held by ${holder}`}`);
    }
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
