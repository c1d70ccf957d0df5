import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { packageFolder } from '../../../services/shared/storage/package-folder.js';

const folder = packageFolder('test/support/fuzz');

/**
 * Installs schemathesis and all it needs, in the pinned versions, into a virtual environment of its own, once for each
 * list of versions. Returns the program. @throws Error saying what the machine lacks.
 */
export async function provideSchemathesis(): Promise<string> {
  const requirements = path.join(folder, 'requirements.txt');
  const digest = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const environment = packageFolder(`.runbook/schemathesis-${digest.slice(0, 12)}`);
  const program = path.join(environment, 'bin/schemathesis');
  if (existsSync(program)) return program;
  await mkdir(path.dirname(environment), { recursive: true });
  try {
    await execa('python3', ['-m', 'venv', environment]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--requirement', requirements];
    await execa(path.join(environment, 'bin/python'), pip, { timeout: 300_000 });
  } catch (error) {
    await rm(environment, { recursive: true, force: true });
    throw new Error(
      'could not install schemathesis: it needs python3 of 3.10 or newer with venv (Debian: apt-get install python3-venv) and PyPI',
      { cause: error },
    );
  }
  return program;
}

export interface FuzzOptions {
  readonly program: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The same seed makes the same cases. */
  readonly seed: number;
  /** Cases of each operation in each phase. */
  readonly examples: number;
  /** Regular expression of the paths to ask; all when not given. */
  readonly paths?: string;
}

export interface FuzzRun {
  /** Cases that were sent. */
  readonly cases: number;
  /** The whole report when something was found, with a curl command for each case; empty otherwise. */
  readonly found: string;
}

/** Asks every operation of a running API by its own document, with what fits and what does not. */
export async function fuzz(options: FuzzOptions): Promise<FuzzRun> {
  const { program, url, headers, seed, examples, paths } = options;
  const { all, exitCode } = await execa(
    program,
    [
      ...['--config-file', path.join(folder, 'schemathesis.toml'), 'run', `${url}/openapi.json`],
      ...['--url', url, '--no-color', '--seed', String(seed), '--max-examples', String(examples)],
      ...Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
      ...(paths === undefined ? [] : ['--include-path-regex', paths]),
    ],
    {
      all: true,
      reject: false,
      // It leaves a cache where it runs.
      cwd: path.dirname(program),
      env: { SCHEMATHESIS_HOOKS: 'hooks', PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' },
      timeout: 300_000,
    },
  );
  const cases = Number(/(\d+) generated/.exec(all)?.[1] ?? 0);
  return { cases, found: exitCode === 0 ? '' : all };
}
