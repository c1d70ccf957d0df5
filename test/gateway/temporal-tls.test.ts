import 'reflect-metadata'; // the certificate library needs it loaded first
import { once } from 'node:events';
import { webcrypto } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { BasicConstraintsExtension, PemConverter, X509CertificateGenerator } from '@peculiar/x509';
import { NativeConnection } from '@temporalio/worker';
import { readEnvironment } from '../../configuration/environment.js';
import { createCertificates } from '../../deploy/local/certificates.js';
import { temporalAddress } from '../../services/shared/temporal/temporal-address.js';
import { createTemporalClient } from '../../services/shared/temporal/temporal-client.js';
import { startTemporal } from '../support/temporal.js';

// A Temporal that asks for certificates on both sides, as a production one does: the dev server behind a TLS endpoint.
jest.setTimeout(60_000);

const cleanUps: (() => unknown)[] = [];
let secured: Record<string, string>;

beforeAll(async () => {
  const server = await startTemporal();
  cleanUps.push(() => server.teardown());
  const folder = await mkdtemp(path.join(tmpdir(), 'temporal-tls-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  const files = await createCertificates(folder);

  const own = await createOwnCertificate(folder);

  const [host = '', port = ''] = server.address.split(':');
  const endpoint = createServer(
    {
      cert: await readFile(files.serverCertificate),
      key: await readFile(files.serverKey),
      ca: await readFile(own.certificate),
      requestCert: true,
      ALPNProtocols: ['h2'],
    },
    (socket) => {
      const upstream = connect(Number(port), host);
      socket.pipe(upstream).pipe(socket);
      for (const end of [socket, upstream]) {
        end.on('error', () => {
          socket.destroy();
          upstream.destroy();
        });
      }
    },
  );
  endpoint.listen(0, '127.0.0.1');
  await once(endpoint, 'listening');
  cleanUps.push(() => endpoint.close());
  secured = {
    TEMPORAL_ADDRESS: `127.0.0.1:${(endpoint.address() as AddressInfo).port}`,
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: files.ca,
    TEMPORAL_TLS_CLIENT_CERT_PATH: own.certificate,
    TEMPORAL_TLS_CLIENT_KEY_PATH: own.key,
  };
});

afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

/** Of the one who calls, trusted by itself. */
async function createOwnCertificate(folder: string): Promise<{ certificate: string; key: string }> {
  const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const made = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=worker',
    keys,
    signingAlgorithm,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  const secret = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const certificate = path.join(folder, 'own.crt');
  const key = path.join(folder, 'own.key');
  await writeFile(certificate, made.toString('pem'));
  await writeFile(key, PemConverter.encode(secret, 'PRIVATE KEY'), { mode: 0o600 });
  return { certificate, key };
}

async function check(variables: Record<string, string>): Promise<void> {
  const temporal = createTemporalClient({
    ...temporalAddress(readEnvironment(variables)),
    namespace: 'default',
  });
  try {
    await temporal.check();
  } finally {
    await temporal.close();
  }
}

test('a client gets through with the certificates that the environment names', async () => {
  await check(secured);
});

test('a worker does too', async () => {
  const connection = await NativeConnection.connect(temporalAddress(readEnvironment(secured)));
  await connection.close();
});

test('nobody gets through without its own certificate, without TLS, or trusting another authority', async () => {
  const {
    TEMPORAL_TLS_CLIENT_CERT_PATH: _certificate,
    TEMPORAL_TLS_CLIENT_KEY_PATH: _key,
    ...unnamed
  } = secured;
  await expect(check(unnamed)).rejects.toThrow();
  await expect(check({ TEMPORAL_ADDRESS: secured['TEMPORAL_ADDRESS']! })).rejects.toThrow();
  await expect(
    check({ TEMPORAL_ADDRESS: secured['TEMPORAL_ADDRESS']!, TEMPORAL_TLS: 'true' }),
  ).rejects.toThrow();
});
