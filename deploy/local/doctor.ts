import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { Environment } from '../../configuration/environment.js';
import { findRunningStack } from './open-stack.js';
import { packageRoot } from './package-root.js';
import { findPostgresPrograms, postgresUser } from './postgres-programs.js';
import { requireDocumentedPorts } from './stack-ports.js';
import { tools, versionOf } from './tool-catalogue.js';
import { findTool } from './tools.js';

/** One thing looked at. A `fault` keeps the stack from starting; a `remark` only costs time. */
export interface Finding {
  readonly subject: string;
  readonly verdict: 'good' | 'remark' | 'fault';
  /** What is there, or what is wrong and what to do. */
  readonly text: string;
}

const gigabyte = 1e9;
/** Module and build caches of Go included. */
const diskToBuild = 10 * gigabyte;
const diskToRun = 1 * gigabyte;

/** Looks at everything the default stack needs; changes nothing. */
export async function examine(environment: Environment): Promise<Finding[]> {
  const toolFindings = await Promise.all(
    tools.map(async (tool): Promise<Finding & { readonly missing: boolean }> => {
      const subject = `${tool.name} ${versionOf(tool)}`;
      try {
        const found = await findTool(tool, environment);
        if (found !== null) {
          return { subject, verdict: 'good', text: found.path, missing: false };
        }
      } catch (error) {
        return { subject, verdict: 'fault', text: (error as Error).message, missing: false };
      }
      const text = `will be built when first needed: about ${tool.buildMinutes} min`;
      return { subject, verdict: 'remark', text, missing: true };
    }),
  );
  const toBuild = toolFindings.some(({ missing }) => missing);
  return [
    nodeVersion(),
    built(),
    await goVersion(toBuild),
    ...toolFindings.map(({ subject, verdict, text }) => ({ subject, verdict, text })),
    await postgresPackage(),
    await ports(),
    await disk(toBuild ? diskToBuild : diskToRun),
  ];
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19)
    ? { subject: 'Node', verdict: 'good', text: process.versions.node }
    : {
        subject: 'Node',
        verdict: 'fault',
        text: `${process.versions.node} is too old: install 20.19 or later`,
      };
}

function built(): Finding {
  const subject = 'build';
  const missing = ['worker', 'monitoring-api', 'incident-api']
    .map((service) => `dist/services/${service}/main.js`)
    .filter((file) => !existsSync(path.join(packageRoot, file)));
  return missing.length === 0
    ? { subject, verdict: 'good', text: path.join(packageRoot, 'dist') }
    : { subject, verdict: 'fault', text: `${missing.join(', ')} missing: run "npm run build"` };
}

async function goVersion(needed: boolean): Promise<Finding> {
  const { stdout, exitCode } = await execa('go', ['version'], { reject: false, timeout: 10_000 });
  if (exitCode === 0) return { subject: 'Go', verdict: 'good', text: stdout };
  return needed
    ? {
        subject: 'Go',
        verdict: 'fault',
        text: 'not found, and tools are to be built: install Go 1.26 or later (https://go.dev/dl)',
      }
    : { subject: 'Go', verdict: 'good', text: 'not found, nor needed: no tool is to be built' };
}

async function postgresPackage(): Promise<Finding> {
  const subject = 'PostgreSQL';
  try {
    const { postgres } = await findPostgresPrograms(await postgresUser());
    return { subject, verdict: 'good', text: postgres };
  } catch (error) {
    return { subject, verdict: 'fault', text: (error as Error).message };
  }
}

async function ports(): Promise<Finding> {
  const subject = 'ports';
  if ((await findRunningStack('default')) !== null) {
    return { subject, verdict: 'good', text: 'held by the default stack, which is up' };
  }
  try {
    await requireDocumentedPorts([], true);
    return { subject, verdict: 'good', text: 'all documented ports are free' };
  } catch (error) {
    return { subject, verdict: 'fault', text: (error as Error).message };
  }
}

async function disk(needed: number): Promise<Finding> {
  const subject = 'disk';
  const { bavail, bsize } = await statfs(packageRoot);
  const free = bavail * bsize;
  const text = `${Math.floor(free / gigabyte)} GB free, ${needed / gigabyte} GB needed`;
  return { subject, verdict: free >= needed ? 'good' : 'fault', text };
}
