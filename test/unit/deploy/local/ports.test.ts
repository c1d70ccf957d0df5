import { createServer, type AddressInfo } from 'node:net';
import { platform } from 'node:os';
import { afterEach, describe, expect, test } from '@jest/globals';
import { freePorts, requireFreePorts } from '../../../../deploy/local/ports.js';

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

  test('that are taken are named with their purpose and who holds them', async () => {
    await new Promise<void>((resolve) => held.listen(0, '127.0.0.1', resolve));
    const { port } = held.address() as AddressInfo;
    const refused = requireFreePorts({ billing: port });
    await expect(refused).rejects.toThrow(`${port} (billing)`);
    await expect(refused).rejects.toThrow('--name NAME');
    if (platform() === 'linux') await expect(refused).rejects.toThrow(`(pid ${process.pid})`);
  });
});
