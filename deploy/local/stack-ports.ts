import { requireFreePorts, reservePorts } from './ports.js';

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
  readonly downstream: number;
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
  downstream: 4030,
  prometheus: 9090,
  alertmanager: 9093,
} as const;
const firstServicePort = 4101;
/** Room for more services than one machine will run. */
const blockSize = 49;

const internal = [
  'postgres',
  'etcd',
  'etcdPeer',
  'apiServer',
  'controllerManager',
  'scheduler',
] as const;

/** Documented ports for the default stack, free ones for all others and for what nobody calls by hand. They stay ours
 *  until released. @throws Error when a documented port is taken. */
export async function choosePorts(
  stackName: string,
  services: readonly string[],
  withPrometheus: boolean,
): Promise<{ readonly ports: StackPorts; release(): Promise<void> }> {
  const fixed = stackName === 'default';
  if (fixed) await requireDocumentedPorts(services, withPrometheus);
  const publicNames = Object.keys(documented) as (keyof typeof documented)[];
  const reserved = await reservePorts(blockSize);
  const free = [...reserved.ports];
  const take = (): number => {
    const port = free.shift();
    if (port === undefined) throw new Error(`could not give ports to ${services.length} services`);
    return port;
  };
  const ports = {
    ...Object.fromEntries(internal.map((name) => [name, take()])),
    ...Object.fromEntries(publicNames.map((name) => [name, fixed ? documented[name] : take()])),
    services: Object.fromEntries(
      services.map((name, index) => [name, fixed ? firstServicePort + index : take()]),
    ),
  } as unknown as StackPorts;
  return { ports, release: () => reserved.release() };
}

/** @throws Error naming those that are taken, and by whom. */
export async function requireDocumentedPorts(
  services: readonly string[],
  withPrometheus: boolean,
): Promise<void> {
  const { prometheus, alertmanager, ...always } = documented;
  await requireFreePorts({
    ...always,
    ...(withPrometheus ? { prometheus, alertmanager } : {}),
    ...Object.fromEntries(services.map((name, index) => [name, firstServicePort + index])),
  });
}
