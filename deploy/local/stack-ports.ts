import { freePorts, requireFreePorts } from './ports.js';

/** Every port of a stack. */
export interface StackPorts {
  readonly temporal: number;
  readonly temporalUi: number;
  readonly incidentApi: number;
  readonly monitoringApi: number;
  readonly worker: number;
  readonly prometheus: number;
  readonly alertmanager: number;
  readonly services: Readonly<Record<string, number>>;
  readonly postgres: number;
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
  readonly controllerManager: number;
  readonly scheduler: number;
}

/** Where people find the default stack. */
const documented = {
  temporal: 7233,
  temporalUi: 8233,
  incidentApi: 4000,
  monitoringApi: 4010,
  worker: 4020,
  prometheus: 9090,
  alertmanager: 9093,
} as const;
const firstServicePort = 4101;

const internal = [
  'postgres',
  'etcd',
  'etcdPeer',
  'apiServer',
  'controllerManager',
  'scheduler',
] as const;

/** Documented ports for the default stack, free ones for all others and for what nobody calls by hand.
 *  @throws Error when a documented port is taken. */
export async function choosePorts(
  stackName: string,
  services: readonly string[],
  withPrometheus: boolean,
): Promise<StackPorts> {
  const publicNames = Object.keys(documented) as (keyof typeof documented)[];
  const free = await freePorts(internal.length + publicNames.length + services.length);
  const take = (): number => free.pop() ?? 0;
  const fixed = stackName === 'default';
  const ports = {
    ...Object.fromEntries(internal.map((name) => [name, take()])),
    ...Object.fromEntries(publicNames.map((name) => [name, fixed ? documented[name] : take()])),
    services: Object.fromEntries(
      services.map((name, index) => [name, fixed ? firstServicePort + index : take()]),
    ),
  } as unknown as StackPorts;
  if (fixed) {
    const { prometheus, alertmanager, ...always } = documented;
    await requireFreePorts({
      ...always,
      ...(withPrometheus ? { prometheus, alertmanager } : {}),
      ...ports.services,
    });
  }
  return ports;
}
