import { createHash } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import temporal from '@temporalio/worker/package.json' with { type: 'json' };
import {
  bundleInputsPath,
  compiledWorkflowsPath,
  payloadConverterPath,
  workflowBundlePath,
} from './workflow-bundle.js';

// Compiled workflow code into one file for the sandbox. Says nothing unless it fails; does nothing when it would be the same.

const inputs = await describeInputs();
if (!(await isUpToDate(inputs))) {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(compiledWorkflowsPath, 'index.js'),
    payloadConverterPath,
    logger: new DefaultLogger('ERROR'),
  });
  await writeWhole(workflowBundlePath, code);
  // Written last: a bundle without it is made again.
  await writeWhole(bundleInputsPath, inputs);
}

/** Digest of everything that ends up in the bundle. */
async function describeInputs(): Promise<string> {
  const entries = await readdir(compiledWorkflowsPath, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256').update(temporal.version);
  for (const file of [...files, payloadConverterPath]) {
    hash.update(file).update(await readFile(file));
  }
  return hash.digest('hex');
}

async function isUpToDate(inputs: string): Promise<boolean> {
  try {
    await readFile(workflowBundlePath);
    return (await readFile(bundleInputsPath, 'utf8')) === inputs;
  } catch {
    return false;
  }
}

/** A worker that starts meanwhile reads the old file or the new one, never half of it. */
async function writeWhole(path: string, content: string): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, content);
  await rename(draft, path);
}
