import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { readEnvironment } from '../../../../configuration/environment.js';
import { registerRules } from '../../../../services/cli/commands/rules.command.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rules-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Runs `runbook rules` on the folder. Gives what it printed. */
async function rules(...args: string[]): Promise<string[]> {
  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  const program = new Command().exitOverride();
  registerRules(program, { environment: readEnvironment({}), print, note: print, ask: null });
  await program.parseAsync(['rules', '--folder', folder, ...args], { from: 'user' });
  return printed;
}

test('rules writes what the configuration leads to, once', async () => {
  const names =
    'deploy/prometheus/rules.yml, deploy/prometheus/prometheus.yml, deploy/docker/prometheus.yml, deploy/alertmanager/alertmanager.yml';
  expect(await rules()).toEqual([`wrote ${names}`]);
  expect(await rules()).toEqual(['4 files are up to date']);
});

test('rules --check fails on a file that was edited, names it and leaves it alone', async () => {
  await rules();
  const edited = path.join(folder, 'deploy/prometheus/rules.yml');
  appendFileSync(edited, '# by hand\n');
  await expect(rules('--check')).rejects.toThrow(
    'not up to date: deploy/prometheus/rules.yml. Run "npx runbook rules" and commit the result',
  );
  expect(readFileSync(edited, 'utf8')).toContain('# by hand');
});

test('the files in this repository are up to date', async () => {
  await rules();
  for (const file of [
    'prometheus/rules.yml',
    'prometheus/prometheus.yml',
    'alertmanager/alertmanager.yml',
  ]) {
    expect(readFileSync(path.join('deploy', file), 'utf8')).toBe(
      readFileSync(path.join(folder, 'deploy', file), 'utf8'),
    );
  }
});
