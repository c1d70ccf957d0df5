import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeVolume } from '../../deploy/local/node-agent/config-volume.js';

export interface FlagFolder {
  readonly folder: string;
  /** Replaces all files at once, as a kubelet does. */
  mount(files: Readonly<Record<string, string>>): void;
  remove(): Promise<void>;
}

/** A folder that a ConfigMap is mounted on, empty at first. */
export async function createFlagFolder(): Promise<FlagFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'runbook-flags-'));
  const mount: FlagFolder['mount'] = (files) => {
    const contents = Object.entries(files).map(
      ([name, text]) => [name, Buffer.from(text)] as const,
    );
    writeVolume(folder, new Map(contents));
  };
  mount({});
  return { folder, mount, remove: () => rm(folder, { recursive: true, force: true }) };
}
