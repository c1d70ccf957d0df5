import type { Logger } from '../telemetry/logger.js';
import type { ModesRead } from './admission.js';
import { watchFlagFolder } from './flag-folder.js';
import type { Isolation } from './isolations.js';
import { readIsolations } from './isolations.js';
import type { FlagFault, SwitchFiles, Switches } from './switches.js';
import { isInForce, readSwitches, usualSwitches } from './switches.js';

export interface OperatingModesOptions {
  /** Where the ConfigMap with the switches is mounted. Null: everything is as usual, always. */
  readonly flagsFolder: string | null;
  /** Where the ConfigMap with the isolations is mounted. Null: nobody is ever isolated. */
  readonly isolationFolder: string | null;
  readonly files: SwitchFiles;
  readonly logger: Logger;
}

/** For `/healthz` and metrics: what is in force. Ends are ISO 8601, null when open. */
export interface ModesInForce {
  readonly mode: string;
  readonly modeUntil: string | null;
  readonly shed: string;
  readonly shedUntil: string | null;
  readonly isolations: number;
  /** Files whose present content was refused. */
  readonly refusedFlags: readonly string[];
}

export interface OperatingModes {
  /** As last read; whether it is in force is a matter of the time. */
  read(): ModesRead;
  inForce(now?: number): ModesInForce;
  /** Files whose present content was refused, and why. */
  faults(): readonly FlagFault[];
  stop(): void;
}

/** Follows the switches and isolations of a service. Resolves when both have been read once. */
export async function openOperatingModes(options: OperatingModesOptions): Promise<OperatingModes> {
  const { flagsFolder, isolationFolder, files, logger } = options;
  let read: ModesRead = { switches: usualSwitches, isolations: new Map<string, Isolation>() };
  let lastGood: Switches | null = null;
  const faults = { flags: [] as FlagFault[], isolations: [] as FlagFault[] };

  function report(kind: keyof typeof faults, found: FlagFault[]): void {
    faults[kind] = found;
    for (const { file, reason } of found) {
      logger.error({ file, reason }, `could not read flag ${file}: ${reason}; it stays as it was`);
    }
    logger.info({ modes: inForce() }, 'operating modes changed');
  }
  function inForce(now = Date.now()): ModesInForce {
    const { mode, shed } = read.switches;
    const isReadOnly = isInForce(mode, now);
    const isShedding = isInForce(shed, now);
    return {
      mode: isReadOnly ? mode.value : usualSwitches.mode.value,
      modeUntil: isReadOnly ? toIso(mode.until) : null,
      shed: isShedding ? shed.value : usualSwitches.shed.value,
      shedUntil: isShedding ? toIso(shed.until) : null,
      isolations: [...read.isolations.values()].filter((one) => isInForce(one, now)).length,
      refusedFlags: allFaults().map(({ file }) => file),
    };
  }
  function allFaults(): FlagFault[] {
    return [...faults.flags, ...faults.isolations];
  }

  const onUnreadable = (error: Error): void => {
    logger.error({ err: error }, `could not read flags: ${error.message}; all stay as they were`);
  };
  const watchers = await Promise.all([
    flagsFolder !== null &&
      watchFlagFolder({
        folder: flagsFolder,
        onUnreadable,
        onFiles(content) {
          const { switches, faults: found } = readSwitches(content, files, lastGood, Date.now());
          lastGood = switches;
          read = { ...read, switches };
          report('flags', found);
        },
      }),
    isolationFolder !== null &&
      watchFlagFolder({
        folder: isolationFolder,
        onUnreadable,
        onFiles(content) {
          const { isolations, faults: found } = readIsolations(content, read.isolations);
          read = { ...read, isolations };
          report('isolations', found);
        },
      }),
  ]);

  return {
    read: () => read,
    inForce,
    faults: allFaults,
    stop() {
      for (const watcher of watchers) if (watcher !== false) watcher.stop();
    },
  };
}

/** An instant as people and JSON write it; null stays null. */
export function toIso(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}
