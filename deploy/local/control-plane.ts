import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { createCertificates } from './certificates.js';
import type { Guard } from './guard.js';
import { ManagedProcess } from './managed-process.js';
import { answers } from './probe.js';
import type { ToolName } from './tool-catalogue.js';

/** Who may log in to the API server: its user name, its groups. What each may do is RBAC's matter. */
const accounts = {
  admin: { user: 'admin', groups: 'system:masters' },
  reader: { user: 'runbook-reader', groups: 'runbook-readers' },
  remediator: { user: 'runbook-remediator', groups: 'runbook-remediators' },
  isolator: { user: 'tenant-isolator', groups: 'tenant-isolators' },
  'kube-controller-manager': { user: 'system:kube-controller-manager', groups: '' },
  'kube-scheduler': { user: 'system:kube-scheduler', groups: '' },
} as const;

export type Account = keyof typeof accounts;
export const accountNames = Object.keys(accounts) as Account[];

export interface ControlPlaneOptions {
  readonly folder: string;
  readonly logFolder: string;
  readonly tools: Readonly<Record<ToolName, string>>;
  readonly tokens: Readonly<Record<Account, string>>;
  readonly ports: {
    readonly etcd: number;
    readonly etcdPeer: number;
    readonly apiServer: number;
    readonly controllerManager: number;
    readonly scheduler: number;
  };
  readonly guard: Guard;
}

export interface ControlPlane {
  /** Kubeconfig file of each account. */
  readonly kubeconfigs: Readonly<Record<Account, string>>;
  /** To be started in this order; the last two may start side by side. */
  readonly etcd: ManagedProcess;
  readonly apiServer: ManagedProcess;
  readonly controllerManager: ManagedProcess;
  readonly scheduler: ManagedProcess;
}

/** Prepares a Kubernetes control plane that starts empty: certificates, tokens, kubeconfigs and the four processes. */
export async function prepareControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { folder, logFolder, tools, tokens, ports, guard } = options;
  // A new cluster each time: its objects come from deploy/kubernetes, and its records live elsewhere.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const pki = await createCertificates(path.join(folder, 'pki'));
  const server = `https://127.0.0.1:${ports.apiServer}`;

  const tokenFile = path.join(folder, 'tokens.csv');
  const rows = accountNames.map((account) => {
    const { user, groups } = accounts[account];
    return `${tokens[account]},${user},${user},"${groups}"`;
  });
  await writeFile(tokenFile, `${rows.join('\n')}\n`, { mode: 0o600 });
  const kubeconfigs = Object.fromEntries(
    await Promise.all(
      accountNames.map(async (account) => {
        const file = path.join(folder, `${account}.kubeconfig`);
        const content = kubeconfig(server, pki.caPem, accounts[account].user, tokens[account]);
        await writeFile(file, content, { mode: 0o600 });
        return [account, file] as const;
      }),
    ),
  ) as Record<Account, string>;

  const etcdUrl = `http://127.0.0.1:${ports.etcd}`;
  const peerUrl = `http://127.0.0.1:${ports.etcdPeer}`;
  const managed = (
    name: ToolName,
    args: readonly string[],
    ready: () => Promise<boolean>,
  ): ManagedProcess =>
    new ManagedProcess(
      {
        name,
        command: tools[name],
        args,
        env: { HOME: folder },
        cwd: folder,
        logFile: path.join(logFolder, `${name}.log`),
        ready,
        readyWithinMs: 60_000,
      },
      guard,
    );
  const client = (
    account: 'kube-controller-manager' | 'kube-scheduler',
    port: number,
  ): string[] => [
    `--kubeconfig=${kubeconfigs[account]}`,
    `--authentication-kubeconfig=${kubeconfigs[account]}`,
    `--authorization-kubeconfig=${kubeconfigs[account]}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${path.join(folder, account)}`,
    '--leader-elect=false',
    // The default limits are for sparing a server that many share: at the start they cost seconds.
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
  ];

  return {
    kubeconfigs,
    etcd: managed(
      'etcd',
      [
        '--name=n0',
        `--data-dir=${path.join(folder, 'etcd')}`,
        `--listen-client-urls=${etcdUrl}`,
        `--advertise-client-urls=${etcdUrl}`,
        `--listen-peer-urls=${peerUrl}`,
        `--initial-advertise-peer-urls=${peerUrl}`,
        `--initial-cluster=n0=${peerUrl}`,
        '--unsafe-no-fsync', // the cluster is made anew at every start: nothing to lose
        '--log-level=warn',
      ],
      () => answers(`${etcdUrl}/health`),
    ),
    apiServer: managed(
      'kube-apiserver',
      [
        `--etcd-servers=${etcdUrl}`,
        '--bind-address=127.0.0.1',
        `--secure-port=${ports.apiServer}`,
        // Not 127.0.0.1, which Endpoints refuse; nothing dials it.
        '--advertise-address=10.255.0.1',
        '--endpoint-reconciler-type=none',
        '--service-cluster-ip-range=10.0.0.0/24',
        `--cert-dir=${path.join(folder, 'pki')}`,
        `--tls-cert-file=${pki.serverCertificate}`,
        `--tls-private-key-file=${pki.serverKey}`,
        `--client-ca-file=${pki.ca}`,
        `--token-auth-file=${tokenFile}`,
        '--authorization-mode=Node,RBAC',
        '--allow-privileged=true',
        '--profiling=false',
        '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
        `--service-account-key-file=${pki.serviceAccountPublicKey}`,
        `--service-account-signing-key-file=${pki.serviceAccountKey}`,
      ],
      () => answers(`${server}/readyz`),
    ),
    controllerManager: managed(
      'kube-controller-manager',
      [
        ...client('kube-controller-manager', ports.controllerManager),
        `--service-account-private-key-file=${pki.serviceAccountKey}`,
        `--root-ca-file=${pki.ca}`,
        '--use-service-account-credentials=true',
        '--node-monitor-grace-period=40s',
      ],
      () => answers(`https://127.0.0.1:${ports.controllerManager}/healthz`),
    ),
    scheduler: managed('kube-scheduler', client('kube-scheduler', ports.scheduler), () =>
      answers(`https://127.0.0.1:${ports.scheduler}/healthz`),
    ),
  };
}

function kubeconfig(server: string, caPem: string, user: string, token: string): string {
  const name = 'durable-runbooks-local';
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server,
          'certificate-authority-data': Buffer.from(caPem).toString('base64'),
        },
      },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [{ name, context: { cluster: name, user, namespace: 'supply-chain' } }],
    'current-context': name,
  });
}
