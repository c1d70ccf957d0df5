import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { IsolationMode } from '../../configuration/isolation.schema.js';
import { isolationModes, placeName } from '../../configuration/isolation.schema.js';

/** What one run is asked to do. */
export type IsolationOrder =
  | { readonly kind: 'release'; readonly tenantId: string; readonly warehouseId: string | null }
  | {
      readonly kind: 'isolate';
      readonly tenantId: string;
      /** Null: every warehouse of the tenant. */
      readonly warehouseId: string | null;
      readonly mode: IsolationMode;
      readonly rerouteTo: string | null;
      readonly expiresInMs: number;
    };

/** An isolation that nobody takes back ends after a day at the latest. */
const longestMs = 24 * 3_600_000;

/** Arguments that ask for nothing possible. The message says what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads the arguments of a run. @throws UsageError */
export function parseArguments(args: readonly string[]): IsolationOrder {
  const command = new Command('tenant-isolator')
    .description('Sets a tenant, or one of its warehouses, apart for a while')
    .requiredOption('--tenant-id <tenant>', 'the tenant', placeOf)
    .option('--warehouse-id <warehouse>', 'only this warehouse of the tenant', placeOf)
    .addOption(new Option('--mode <mode>', 'what is stopped').choices(isolationModes))
    .option('--reroute-to <warehouse>', 'the warehouse that serves new work instead', placeOf)
    .option('--expires-in <duration>', 'ends by itself after this: 90s, 30m, 2h', msOf, msOf('30m'))
    .option('--release', 'ends the isolation now', false)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
  const options = command.opts<{
    tenantId: string;
    warehouseId?: string;
    mode?: IsolationMode;
    rerouteTo?: string;
    expiresIn: number;
    release: boolean;
  }>();
  const { tenantId, warehouseId = null, mode, rerouteTo = null } = options;
  if (options.release) return { kind: 'release', tenantId, warehouseId };
  if (mode === undefined) {
    throw new UsageError(`--mode is missing: give --mode=${isolationModes.join('|')} or --release`);
  }
  if (rerouteTo !== null && warehouseId === null) {
    throw new UsageError('--reroute-to needs --warehouse-id: it names who serves instead of it');
  }
  if (rerouteTo !== null && rerouteTo === warehouseId) {
    throw new UsageError('--reroute-to must name another warehouse than --warehouse-id');
  }
  const expiresInMs = options.expiresIn;
  return { kind: 'isolate', tenantId, warehouseId, mode, rerouteTo, expiresInMs };
}

function placeOf(text: string): string {
  const place = placeName.safeParse(text);
  if (!place.success)
    throw new InvalidArgumentError('Expected lower-case letters, digits, dashes.');
  return place.data;
}

function msOf(text: string): number {
  const [, amount = '', unit = ''] = /^(\d{1,6})(s|m|h)$/.exec(text) ?? [];
  const ms = Number(amount) * ({ s: 1_000, m: 60_000, h: 3_600_000 }[unit] ?? 0);
  if (ms < 1_000 || ms > longestMs) {
    throw new InvalidArgumentError('Expected 1s to 24h, such as 90s, 30m or 2h.');
  }
  return ms;
}
