import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { followAlerts } from '../../../../services/monitoring-api/follow-alerts.js';

let folder: string;
let file: string;
let text: string;
let changes: number[];
let faults: string[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'follow-alerts-'));
  file = path.join(folder, 'alerts.yml');
  for (const name of ['alerts', 'services', 'policy', 'notifications']) {
    await cp(`configuration/${name}.yml`, path.join(folder, `${name}.yml`));
  }
  text = await readFile(file, 'utf8');
  changes = [];
  faults = [];
});
afterEach(() => rm(folder, { recursive: true }));

const follow = () =>
  followAlerts({
    folders: [folder],
    onChange: ({ verdictWindow }) => {
      changes.push(verdictWindow);
    },
    onRefused: (fault) => {
      faults.push(fault);
    },
  });

describe('following alerts.yml', () => {
  test('takes a changed file over once it has settled, and once only', async () => {
    const look = follow();
    await look();
    await writeFile(file, text.replace('verdictWindow: 1m', 'verdictWindow: 2m'));
    await look();
    expect(changes).toEqual([]);
    await look();
    await look();
    expect(changes).toEqual([120_000]);
  });

  test('refuses a faulty file whole, saying where and why, and takes the repaired one', async () => {
    const look = follow();
    const twice = async (content: string) => {
      await writeFile(file, content);
      for (let times = 0; times < 3; times += 1) await look();
    };
    await twice(
      text.replace('burnRate: 6', 'burnRate: -6').replace('verdictWindow: 1m', 'verdictWindow: 2m'),
    );
    expect(changes).toEqual([]);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/alerts\.yml:\d+:\d+: rules\[0\]\.burnRate: /);
    await twice('rules: [');
    expect(faults).toHaveLength(2);
    await rm(file);
    for (let times = 0; times < 3; times += 1) await look();
    expect(faults).toHaveLength(3);
    expect(faults[2]).toContain('missing');
    await twice(text.replace('verdictWindow: 1m', 'verdictWindow: 3m'));
    expect(changes).toEqual([180_000]);
  });

  test('takes a refused file over once another one, which was at fault, is mended', async () => {
    const policy = path.join(folder, 'policy.yml');
    const before = await readFile(policy, 'utf8');
    const look = follow();
    await writeFile(policy, 'nonsense: 1\n');
    await writeFile(file, text.replace('verdictWindow: 1m', 'verdictWindow: 2m'));
    for (let times = 0; times < 5; times += 1) await look();
    expect(changes).toEqual([]);
    expect(faults).toEqual([expect.stringContaining('policy.yml')]);
    await writeFile(policy, before);
    for (let times = 0; times < 5; times += 1) await look();
    expect(changes).toEqual([120_000]);
  });
});
