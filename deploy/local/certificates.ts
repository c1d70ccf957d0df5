import 'reflect-metadata'; // the certificate library needs it loaded first
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** Files of the control plane's own certificate authority. */
export interface Certificates {
  readonly ca: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
  /** Content of `ca`. */
  readonly caPem: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const validForMs = 365 * 24 * 3_600_000;

/** Writes a new authority, a server certificate for loopback and the service account key pair into `folder`. */
export async function createCertificates(folder: string): Promise<Certificates> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const notBefore = new Date(Date.now() - 60_000);
  const notAfter = new Date(Date.now() + validForMs);
  const [caKeys, serverKeys] = await Promise.all([newKeys(), newKeys()]);
  const caName = 'CN=durable-runbooks local stack';
  const ca = await X509CertificateGenerator.createSelfSigned({
    name: caName,
    notBefore,
    notAfter,
    keys: caKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  const server = await X509CertificateGenerator.create({
    subject: 'CN=kube-apiserver',
    issuer: caName,
    notBefore,
    notAfter,
    publicKey: serverKeys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: 'ip', value: '127.0.0.1' },
        { type: 'dns', value: 'localhost' },
        { type: 'dns', value: 'kubernetes.default.svc' },
      ]),
    ],
  });
  const serviceAccount = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const serverKey = await webcrypto.subtle.exportKey('pkcs8', serverKeys.privateKey);
  const write = async (name: string, pem: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, pem, { mode: 0o600 });
    return file;
  };
  return {
    ca: await write('ca.crt', ca.toString('pem')),
    serverCertificate: await write('server.crt', server.toString('pem')),
    serverKey: await write('server.key', PemConverter.encode(serverKey, 'PRIVATE KEY')),
    serviceAccountKey: await write('sa.key', serviceAccount.privateKey),
    serviceAccountPublicKey: await write('sa.pub', serviceAccount.publicKey),
    caPem: ca.toString('pem'),
  };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}
