import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../../configuration/environment.js';
import { packageRoot } from './package-root.js';

export type ToolName =
  | 'etcd'
  | 'temporal'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'alertmanager'
  | 'prometheus'
  | 'promtool';

export interface Tool {
  readonly name: ToolName;
  /** Folder of its Go module under deploy/local/tools, and first half of its folder's name in the cache. */
  readonly module: string;
  /** The Go package of the program. */
  readonly goPackage: string;
  /** The Go module whose version in go.mod is the tool's version. */
  readonly versionedBy: string;
  /** Variable of the environment that names a program to use instead. */
  readonly variable: keyof Environment;
  /** Minutes to build with nothing cached, on two cores: for the progress display. */
  readonly buildMinutes: number;
  /** Flags of `go build`, given the tool's version. */
  readonly buildFlags: (version: string) => readonly string[];
}

const stripped = (...values: readonly string[]): string[] => [
  '-ldflags',
  ['-s', '-w', ...values.map((value) => `-X ${value}`)].join(' '),
];

const kubernetes = (name: ToolName, variable: keyof Environment, buildMinutes: number): Tool => ({
  name,
  module: 'kubernetes',
  goPackage: `k8s.io/kubernetes/cmd/${name}`,
  versionedBy: 'k8s.io/kubernetes',
  variable,
  buildMinutes,
  // Without these the server calls itself v0.0.0 and clients warn.
  buildFlags: (version) =>
    stripped(
      `k8s.io/component-base/version.gitVersion=v${version}`,
      `k8s.io/component-base/version.gitMajor=${version.split('.')[0] ?? ''}`,
      `k8s.io/component-base/version.gitMinor=${version.split('.')[1] ?? ''}`,
    ),
});

const prometheus = (name: ToolName, variable: keyof Environment, buildMinutes: number): Tool => ({
  name,
  module: 'prometheus',
  goPackage: `github.com/prometheus/prometheus/cmd/${name}`,
  versionedBy: 'github.com/prometheus/prometheus',
  variable,
  buildMinutes,
  buildFlags: (version) => [
    // Of its many service discoveries only the two we use: halves time and size.
    '-tags',
    'remove_all_sd,enable_kubernetes_sd,enable_file_sd',
    ...stripped(`github.com/prometheus/common/version.Version=${version}`),
  ],
});

/** Every Go tool of the local stack, in the order to build them: the quick and soonest needed first. */
export const tools: readonly Tool[] = [
  {
    name: 'etcd',
    module: 'etcd',
    goPackage: 'go.etcd.io/etcd/server/v3',
    versionedBy: 'go.etcd.io/etcd/server/v3',
    variable: 'RUNBOOK_TOOL_ETCD',
    buildMinutes: 0.5,
    buildFlags: () => stripped(),
  },
  {
    name: 'temporal',
    module: 'temporal',
    goPackage: 'github.com/temporalio/cli/cmd/temporal',
    versionedBy: 'github.com/temporalio/cli',
    variable: 'RUNBOOK_TOOL_TEMPORAL',
    buildMinutes: 3.5,
    buildFlags: (version) => stripped(`github.com/temporalio/cli/temporalcli.Version=${version}`),
  },
  kubernetes('kube-apiserver', 'RUNBOOK_TOOL_KUBE_APISERVER', 4),
  kubernetes('kube-controller-manager', 'RUNBOOK_TOOL_KUBE_CONTROLLER_MANAGER', 2),
  kubernetes('kube-scheduler', 'RUNBOOK_TOOL_KUBE_SCHEDULER', 0.5),
  {
    name: 'alertmanager',
    module: 'alertmanager',
    goPackage: 'github.com/prometheus/alertmanager/cmd/alertmanager',
    versionedBy: 'github.com/prometheus/alertmanager',
    variable: 'RUNBOOK_TOOL_ALERTMANAGER',
    buildMinutes: 0.75,
    buildFlags: (version) => stripped(`github.com/prometheus/common/version.Version=${version}`),
  },
  prometheus('prometheus', 'RUNBOOK_TOOL_PROMETHEUS', 2.6),
  // Only tests use it: Prometheus' own rule engine under a clock of ours.
  prometheus('promtool', 'RUNBOOK_TOOL_PROMTOOL', 1.5),
];

/** The folder with the tool's go.mod. */
export const moduleFolder = (tool: Tool): string =>
  path.join(packageRoot, 'deploy/local/tools', tool.module);

/** The tool's version as its go.mod pins it, the only place where it stands. */
export function versionOf(tool: Tool): string {
  const file = path.join(moduleFolder(tool), 'go.mod');
  return versionIn(readFileSync(file, 'utf8'), tool.versionedBy, file);
}

/** Version of a required module, without the `v`. Prometheus tags 3.13.5 as v0.313.5 for Go: turned back.
 *  @throws Error when the go.mod does not require it. */
export function versionIn(goMod: string, goModule: string, file: string): string {
  for (const line of goMod.split('\n')) {
    const [name, version] = line
      .trim()
      .replace(/^require\s+/, '')
      .split(/\s+/);
    if (name === goModule && version?.startsWith('v') === true) {
      return version
        .slice(1)
        .replace(/^0\.(\d)(\d{2})\.(\d+)$/, (_, major, minor, patch) =>
          [major, Number(minor), patch].join('.'),
        );
    }
  }
  throw new Error(`could not find the version of ${goModule}: ${file} does not require it`);
}
