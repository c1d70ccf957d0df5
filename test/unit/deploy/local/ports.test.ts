import { createServer, type AddressInfo } from 'node:net';
import { platform } from 'node:os';
import { afterEach, describe, expect, test } from '@jest/globals';
import { freePorts, requireFreePorts, reservePorts } from '../../../../deploy/local/ports.js';

const held = createServer();
afterEach(() => {
  held.close();
});

describe('ports', () => {
  test('picked are all different and free', async () => {
    const ports = await freePorts(20);
    expect(new Set(ports).size).toBe(20);
    await expect(
      requireFreePorts(Object.fromEntries(ports.map((port) => [`port ${port}`, port]))),
    ).resolves.toBeUndefined();
  });

  test('reserved are free, and nobody else gets them until they are released', async () => {
    const reserved = await Promise.all(Array.from({ length: 10 }, () => reservePorts(49)));
    const all = reserved.flatMap(({ ports }) => ports);
    expect(new Set(all).size).toBe(490);
    await expect(
      requireFreePorts(Object.fromEntries(all.map((port) => [`port ${port}`, port]))),
    ).resolves.toBeUndefined();
    await Promise.all(reserved.map(({ release }) => release()));
  });

  test('lie below those that systems use for outgoing connections', async () => {
    const { ports, release } = await reservePorts(3);
    expect(Math.max(...ports, ...(await freePorts(10)))).toBeLessThan(32_768);
    await release();
  });

  test('that are taken are named with their purpose and who holds them', async () => {
    await new Promise<void>((resolve) => held.listen(0, '127.0.0.1', resolve));
    const { port } = held.address() as AddressInfo;
    const refused = requireFreePorts({ billing: port });
    await expect(refused).rejects.toThrow(`${port} (billing)`);
    await expect(refused).rejects.toThrow('--name NAME');
    if (platform() === 'linux') await expect(refused).rejects.toThrow(`(pid ${process.pid})`);
  });
});
