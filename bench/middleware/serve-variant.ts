import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { App } from '../../services/shared/http/server.js';
import type { VariantName } from './variants.js';
import { variants } from './variants.js';

// A process of its own for each variant: serves it, says where, and tells its processor time whenever asked.
const app: App = variants[process.argv[2] as VariantName]();
const answer = getRequestListener((request, env) => app.fetch(request, env));
const server = createServer((request, response) => void answer(request, response));
server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
});
process.on('disconnect', () => process.exit());
