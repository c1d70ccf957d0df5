import { constants } from 'node:fs';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { lock } from 'proper-lockfile';
import type { Environment } from '../../configuration/environment.js';
import { startGuard } from './guard.js';
import { moduleFolder, tools, versionOf, type Tool, type ToolName } from './tool-catalogue.js';

export interface ToolOptions {
  readonly environment: Environment;
  /** One line each: what is built, for how long already, what comes next. */
  readonly onProgress: (line: string) => void;
}

/** Where a tool was found. */
export interface FoundTool {
  readonly path: string;
  readonly from: 'environment' | 'cache' | 'path';
}

/** Paths of the tools asked for. Those found nowhere are built with Go, one after the other, quickest first.
 *  @throws Error with the ways out when one is missing and cannot be built. */
export async function provideTools(
  names: readonly ToolName[],
  { environment, onProgress }: ToolOptions,
): Promise<Record<ToolName, string>> {
  const wanted = tools.filter(({ name }) => names.includes(name));
  const paths: Partial<Record<ToolName, string>> = {};
  const missing: Tool[] = [];
  for (const tool of wanted) {
    const found = await findTool(tool, environment);
    if (found === null) missing.push(tool);
    else paths[tool.name] = found.path;
  }
  if (missing.length > 0) {
    await requireGo(missing);
    const minutes = missing.reduce((sum, { buildMinutes }) => sum + buildMinutes, 0);
    onProgress(
      `building ${missing.map(({ name }) => name).join(', ')} with Go: about ${Math.ceil(minutes)} min on two cores, only this once`,
    );
  }
  for (const [index, tool] of missing.entries()) {
    const next = missing[index + 1];
    paths[tool.name] = await buildOnce(tool, next?.name ?? null, { environment, onProgress });
  }
  return paths as Record<ToolName, string>;
}

/** Looks in the environment, the cache and PATH, in this order; null when it is nowhere.
 *  @throws Error when the environment names a program that cannot be run. */
export async function findTool(tool: Tool, environment: Environment): Promise<FoundTool | null> {
  const named = environment[tool.variable];
  if (typeof named === 'string') {
    if (await isExecutable(named)) return { path: named, from: 'environment' };
    throw new Error(
      `could not use ${tool.variable}: ${named} is not an executable file. Correct the variable or unset it`,
    );
  }
  const cached = cachedPath(tool, environment);
  if (await isExecutable(cached)) return { path: cached, from: 'cache' };
  for (const folder of environment.PATH.split(path.delimiter).filter((entry) =>
    path.isAbsolute(entry),
  )) {
    const candidate = path.join(folder, tool.name);
    if ((await isExecutable(candidate)) && (await isVersion(candidate, versionOf(tool)))) {
      return { path: candidate, from: 'path' };
    }
  }
  return null;
}

/** Where a built tool is kept: per user, per version, shared by all checkouts. */
export function cachedPath(tool: Tool, environment: Environment): string {
  const cache = environment.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
  return path.join(cache, 'durable-runbooks', `${tool.module}-${versionOf(tool)}`, tool.name);
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function isVersion(program: string, version: string): Promise<boolean> {
  const { all } = await execa(program, ['--version'], { all: true, reject: false, timeout: 5_000 });
  return new RegExp(`(^|[^0-9.])${version.replaceAll('.', '\\.')}([^0-9.]|$)`).test(all);
}

async function requireGo(missing: readonly Tool[]): Promise<void> {
  const { exitCode } = await execa('go', ['version'], { reject: false, timeout: 10_000 });
  if (exitCode === 0) return;
  const variables = missing.map(({ variable }) => variable).join(', ');
  throw new Error(
    [
      `could not find ${missing.map(({ name }) => name).join(', ')}, nor Go to build them. Two ways out:`,
      `  1. install Go 1.26 or later (https://go.dev/dl) and try again: they are built once and kept`,
      `  2. use programs or servers you have: set ${variables} to their paths, or point TEMPORAL_ADDRESS and KUBECONFIG at running ones and start the services without this stack`,
    ].join('\n'),
  );
}

/** Builds a tool into the cache unless another process does so at this moment: then its result is waited for. */
async function buildOnce(
  tool: Tool,
  next: ToolName | null,
  { environment, onProgress }: ToolOptions,
): Promise<string> {
  const target = cachedPath(tool, environment);
  const folder = path.dirname(target);
  await mkdir(folder, { recursive: true });
  const startedAt = Date.now();
  const upNext = next === null ? 'then the stack starts' : `next: ${next}`;
  const ticker = setInterval(() => {
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    onProgress(
      `building ${tool.name} ${versionOf(tool)}: ${seconds} s of about ${tool.buildMinutes * 60} s; ${upNext}`,
    );
  }, 5_000);
  try {
    const release = await lock(folder, {
      stale: 30_000,
      // After a long sleep of the machine another may build too: the rename at the end is atomic.
      onCompromised: () => undefined,
      retries: { forever: true, factor: 1, minTimeout: 500, maxTimeout: 500 },
    });
    try {
      if (!(await isExecutable(target))) await build(tool, target);
    } finally {
      await release();
    }
  } finally {
    clearInterval(ticker);
  }
  onProgress(`built ${tool.name} in ${Math.round((Date.now() - startedAt) / 1000)} s`);
  return target;
}

async function build(tool: Tool, target: string): Promise<void> {
  const unfinished = `${target}.${process.pid}.tmp`;
  // A build must not go on when we are killed.
  const guard = startGuard();
  try {
    const build = execa(
      'go',
      ['build', '-trimpath', '-o', unfinished, ...tool.buildFlags(versionOf(tool)), tool.goPackage],
      {
        cwd: moduleFolder(tool),
        // The rest of the environment is the person's: proxies and caches of Go.
        env: { CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '-mod=readonly' },
        reject: false,
        all: true,
        buffer: { all: true },
        maxBuffer: 1_000_000,
        timeout: 60 * 60_000,
        detached: true,
        cleanup: true,
      },
    );
    if (build.pid !== undefined) guard.add(build.pid);
    const { exitCode, all, shortMessage } = await build;
    if (exitCode !== 0) {
      const tail = all.trimEnd().split('\n').slice(-15).join('\n  ');
      throw new Error(
        `could not build ${tool.name} with Go: ${shortMessage ?? ''}\n  ${tail}\nIt needs Go 1.26 or later (or one that may fetch it) and access to the Go module proxy; set ${tool.variable} to use a program you have`,
      );
    }
    await rename(unfinished, target);
  } finally {
    guard.close();
    await rm(unfinished, { force: true });
  }
}
