import { execFile } from 'node:child_process';
import http from 'node:http';
import https from 'node:https';
import { connect } from 'node:net';
import type { Container, Probe } from '../kubernetes-json.js';
import type { Check } from './health.js';

type HttpGet = NonNullable<Probe['httpGet']>;

export interface ProbeTarget {
  readonly container: Container;
  /** The loopback port that stands for the container's port; null when it declares none. */
  readonly port: number | null;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Runs the probes of one container against its local process. */
export function createCheck(target: ProbeTarget): Check {
  return async (probe) => {
    const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
    const { httpGet, tcpSocket, exec } = probe;
    if (exec !== undefined) return checkCommand(exec.command ?? [], target, timeoutMs);
    const declared = httpGet?.port ?? tcpSocket?.port;
    if (declared === undefined) return 'unsupported kind of probe: use httpGet, tcpSocket or exec';
    const port = localPort(declared, target);
    if (port === null) return `port ${declared} is not the containerPort of the container`;
    return httpGet === undefined
      ? checkConnection(port, timeoutMs)
      : checkHttp(httpGet, port, timeoutMs);
  };
}

function localPort(declared: string | number, { container, port }: ProbeTarget): number | null {
  const [only] = container.ports ?? [];
  return only?.containerPort === declared || only?.name === declared ? port : null;
}

function checkHttp(
  { path = '/', scheme, httpHeaders = [] }: HttpGet,
  port: number,
  timeoutMs: number,
): Promise<string | null> {
  const secure = scheme === 'HTTPS';
  return new Promise((resolve) => {
    const request = (secure ? https : http).get(
      {
        host: '127.0.0.1',
        port,
        path,
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
        headers: Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value])),
        // A kubelet does not verify certificates of probed containers either.
        ...(secure && { rejectUnauthorized: false }),
      },
      (response) => {
        response.resume();
        const status = response.statusCode ?? 0;
        resolve(
          status >= 200 && status < 400 ? null : `HTTP probe failed with statuscode: ${status}`,
        );
      },
    );
    request.on('error', (error) => {
      resolve(error.name === 'AbortError' ? `no answer from ${path} in time` : error.message);
    });
  });
}

function checkConnection(port: number, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: timeoutMs });
    const end = (failure: string | null): void => {
      socket.destroy();
      resolve(failure);
    };
    socket.once('connect', () => {
      end(null);
    });
    socket.once('timeout', () => {
      end('could not connect in time');
    });
    socket.once('error', (error) => {
      end(error.message);
    });
  });
}

function checkCommand(
  [program, ...args]: string[],
  { env, cwd }: ProbeTarget,
  timeoutMs: number,
): Promise<string | null> {
  if (program === undefined) return Promise.resolve('exec probe without a command');
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { env, cwd, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 },
      (error, stdout, stderr) => {
        resolve(error === null ? null : `${error.message}: ${stdout}${stderr}`.slice(0, 1_000));
      },
    );
  });
}
