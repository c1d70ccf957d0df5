import { readFileSync } from 'node:fs';
import type { TLSConfig } from '@temporalio/client';
import type { Environment } from '../../../configuration/environment.js';

/** Where Temporal is, and how each side knows the other. Clients and workers connect with the same. */
export interface TemporalAddress {
  /** `host:port` */
  readonly address: string;
  /** Absent: no encryption, for loopback. */
  readonly tls?: TLSConfig;
  readonly apiKey?: string;
}

/**
 * The address that the environment gives. A key or any TLS setting turns encryption on, as in Temporal's own tools.
 * @throws Error that names the variable when a file cannot be read, or half of a pair is missing.
 */
export function temporalAddress(environment: Environment): TemporalAddress {
  const {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_API_KEY: apiKey,
    TEMPORAL_TLS: isOn,
    TEMPORAL_TLS_SERVER_NAME: serverName,
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: caPath,
    TEMPORAL_TLS_CLIENT_CERT_PATH: certificatePath,
    TEMPORAL_TLS_CLIENT_KEY_PATH: keyPath,
  } = environment;
  const settings = [apiKey, serverName, caPath, certificatePath, keyPath];
  if (!(isOn ?? settings.some((setting) => setting !== undefined))) return { address };

  const ca = readPem('TEMPORAL_TLS_SERVER_CA_CERT_PATH', caPath);
  const crt = readPem('TEMPORAL_TLS_CLIENT_CERT_PATH', certificatePath);
  const key = readPem('TEMPORAL_TLS_CLIENT_KEY_PATH', keyPath);
  if ((crt === undefined) !== (key === undefined)) {
    throw new Error(
      'could not set TLS for Temporal up: give both TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH, or neither',
    );
  }
  return {
    address,
    tls: {
      ...(serverName !== undefined && { serverNameOverride: serverName }),
      ...(ca !== undefined && { serverRootCACertificate: ca }),
      ...(crt !== undefined && key !== undefined && { clientCertPair: { crt, key } }),
    },
    ...(apiKey !== undefined && { apiKey }),
  };
}

function readPem(variable: string, path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`could not read ${variable} ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
