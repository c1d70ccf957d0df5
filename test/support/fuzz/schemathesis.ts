import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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

/** Values that the hooks put into some cases, by kind; see `known.py`. */
export interface Known {
  readonly incidentApi: string;
  /** With which it may be asked. */
  readonly headers: Readonly<Record<string, string>>;
  readonly [kind: string]: unknown;
}

export interface FuzzOptions {
  readonly program: string;
  readonly url: string;
  /** Sent to whatever asks for one. */
  readonly token: string;
  /** The same seed makes the same cases. */
  readonly seed: number;
  /** Cases of each operation in each phase. */
  readonly examples: number;
  /** Regular expression of the paths to ask. */
  readonly paths: string;
  readonly known: Known;
  /** The service refuses writes, as it should, whatever they hold. */
  readonly isReadOnly?: boolean;
}

export interface FuzzRun {
  /** How often each operation answered with each status: `POST /orders` → 202 → 17. */
  readonly answers: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** The whole report when something was found, with a curl command for each case; empty otherwise. */
  readonly found: string;
}

const judgesByFit =
  'not_a_server_error,positive_data_acceptance,negative_data_rejection,missing_required_header';

/** Asks every operation of a running API by its own document, with what fits and what does not. */
export async function fuzz(options: FuzzOptions): Promise<FuzzRun> {
  const { program, url, token, seed, examples, paths, known, isReadOnly = false } = options;
  const workFolder = await mkdtemp(path.join(tmpdir(), 'runbook-fuzz-'));
  const tally = path.join(workFolder, 'tally');
  try {
    const { all, exitCode } = await execa(
      program,
      [
        ...['--config-file', path.join(folder, 'schemathesis.toml'), 'run', `${url}/openapi.json`],
        ...['--url', url, '--no-color', '--seed', String(seed), '--max-examples', String(examples)],
        ...['--include-path-regex', paths],
        // What is refused by its mode is refused whether it fits or not: `obeys_read_only` judges that.
        ...(isReadOnly ? ['--exclude-checks', judgesByFit] : []),
      ],
      {
        all: true,
        reject: false,
        // It leaves a cache where it runs.
        cwd: workFolder,
        env: {
          SCHEMATHESIS_HOOKS: 'hooks',
          PYTHONPATH: folder,
          PYTHONDONTWRITEBYTECODE: '1',
          FUZZ_TOKEN: token,
          FUZZ_TALLY: tally,
          FUZZ_KNOWN: JSON.stringify(known),
          ...(isReadOnly && { FUZZ_READ_ONLY: 'true' }),
        },
        timeout: 300_000,
      },
    );
    return { answers: readTally(await readFile(tally, 'utf8')), found: exitCode === 0 ? '' : all };
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}

function readTally(text: string): Map<string, Map<number, number>> {
  const answers = new Map<string, Map<number, number>>();
  for (const line of text.trimEnd().split('\n')) {
    const [, operation = '', status = ''] = /^(.*) (\d+)$/.exec(line) ?? [];
    const counts = answers.get(operation) ?? new Map<number, number>();
    counts.set(Number(status), (counts.get(Number(status)) ?? 0) + 1);
    answers.set(operation, counts);
  }
  return answers;
}
