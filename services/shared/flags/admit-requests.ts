import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { IsolationMode } from '../../../configuration/isolation.schema.js';
import { problemResponse } from '../http/problem.js';
import { noteWarehouse } from '../telemetry/request-warehouse.js';
import type { Asked, RefusedAdmission } from './admission.js';
import { decideAdmission, isUsual } from './admission.js';
import type { Isolation } from './isolations.js';
import type { OperatingModes } from './operating-modes.js';
import { toIso } from './operating-modes.js';
import { markRefused } from './refused-requests.js';

const nonCriticalMark = 'x-non-critical';
const reroutableMark = 'x-reroutable';
const tenantHeader = 'x-tenant-id';

/** Marks in a route's contract, shown in `/openapi.json`: refused first when the service sheds load. */
export const nonCritical = { [nonCriticalMark]: true } as const;
/** Another warehouse may serve it: its handler asks `servingWarehouse`. */
export const reroutable = { [reroutableMark]: true } as const;

export interface AdmitOptions {
  readonly modes: Pick<OperatingModes, 'read'>;
  /** The routes with their marks. */
  readonly routes: OpenAPIHono;
  /** The isolation modes that stop the writes of this service. */
  readonly obeys: readonly IsolationMode[];
}

/** Refuses what the operating modes do not let through, says so in every answer that they concern, and costs nothing
 *  while nothing is set. */
export function admitRequests({ modes, routes, obeys }: AdmitOptions): MiddlewareHandler {
  const contracts = readContracts(routes);
  return async (c, next) => {
    const read = modes.read();
    if (isUsual(read)) {
      await next();
      return undefined;
    }
    const now = Date.now();
    const admission = decideAdmission(await askedOf(c, contracts), read, obeys, now);
    const { isolation } = admission;
    if (admission.kind === 'refuse') {
      markRefused(c.req.raw, admission.why);
      return refuse(c, admission, now);
    }
    if (admission.kind === 'reroute') rerouted.set(c.req.raw, admission);
    await next();
    if (isolation !== null) c.header('x-isolation', describeIsolation(isolation));
    return undefined;
  };
}

const rerouted = new WeakMap<Request, { readonly to: string; readonly isolation: Isolation }>();

/** The warehouse that serves a reroutable request: the one it names, or the one that stands in for exactly that one. The
 *  request is counted for it. */
export function servingWarehouse(c: Context, warehouseId: string): string {
  const found = rerouted.get(c.req.raw);
  const serving = found?.isolation.warehouseId === warehouseId ? found.to : warehouseId;
  noteWarehouse(c.req.raw, serving);
  return serving;
}

/** What the contract of a route says about whom it serves and how. */
interface Contract {
  readonly isNonCritical: boolean;
  readonly isReroutable: boolean;
  /** It acts on the tenant of the header; otherwise on the one in its body, if on one at all. */
  readonly takesTenantHeader: boolean;
}

function readContracts(routes: OpenAPIHono): ReadonlyMap<string, Contract> {
  return new Map(
    routes.openAPIRegistry.definitions.flatMap((definition) => {
      if (definition.type !== 'route') return [];
      const { method, path, request, ...marks } = definition.route;
      const contract = {
        isNonCritical: nonCriticalMark in marks,
        isReroutable: reroutableMark in marks,
        takesTenantHeader:
          request?.headers instanceof z.ZodObject && tenantHeader in request.headers.shape,
      };
      return [[routeKey(method, path), contract]];
    }),
  );
}

function routeKey(method: string, path: string): string {
  return `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
}

/** The tenant and warehouse are the ones the handler acts on: nothing else that a caller may add decides. */
async function askedOf(c: Context, contracts: ReadonlyMap<string, Contract>): Promise<Asked> {
  const endpoint = matchedRoutes(c).find(({ method }) => method !== 'ALL');
  const contract = endpoint && contracts.get(routeKey(endpoint.method, endpoint.path));
  // What no route takes writes nothing either: 404 or 405 tells its caller more.
  const isWrite = endpoint !== undefined && !['GET', 'HEAD', 'OPTIONS'].includes(c.req.method);
  const content = isWrite ? await jsonOf(c) : c.req.query();
  return {
    isWrite,
    isNonCritical: contract?.isNonCritical ?? false,
    isReroutable: contract?.isReroutable ?? false,
    tenantId: contract?.takesTenantHeader
      ? (c.req.header(tenantHeader) ?? null)
      : textOf(content['tenantId']),
    warehouseId: textOf(content['warehouseId']),
  };
}

/** What cannot be read is refused by the route itself. Hono keeps the body for it. */
async function jsonOf(c: Context): Promise<Readonly<Record<string, unknown>>> {
  try {
    const content: unknown = await c.req.json();
    return typeof content === 'object' && content !== null
      ? (content as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Callers ask again at the end, but never later than in half a minute: most modes are taken back early. */
const longestRetrySeconds = 30;

function refuse(c: Context, admission: RefusedAdmission, now: number): Response {
  const { why, until, isolation } = admission;
  const seconds = until === null ? longestRetrySeconds : Math.ceil((until - now) / 1_000);
  const end = toIso(until);
  const { mode, sentence, ...place } = explain(admission);
  return problemResponse(c, 503, end === null ? sentence : `${sentence} until ${end}`, {
    type: `urn:durable-runbooks:problem:${why}`,
    headers: {
      'retry-after': String(Math.min(longestRetrySeconds, Math.max(1, seconds))),
      'x-operating-mode': why,
      ...(isolation !== null && { 'x-isolation': describeIsolation(isolation) }),
    },
    extensions: { mode, until: end, ...place },
  });
}

const refusedOf: Readonly<Record<IsolationMode, string>> = {
  'read-only': 'its writes are refused',
  'block-outbound': 'its writes to this service alone are refused',
};

function explain(admission: RefusedAdmission): Readonly<Record<'mode' | 'sentence', string>> {
  const { why, isolation } = admission;
  switch (why) {
    case 'shed':
      return {
        mode: why,
        sentence: 'the service sheds load and refuses requests that are not critical',
      };
    case 'read-only':
      return {
        mode: why,
        sentence: 'the service is read-only: it refuses writes and goes on answering reads',
      };
    case 'isolated': {
      const { mode, tenantId, warehouseId } = isolation;
      const place = warehouseId === null ? '' : `warehouse ${warehouseId} of `;
      return {
        ...{ tenantId, warehouseId },
        mode,
        sentence: `${place}tenant ${tenantId} is isolated: ${refusedOf[mode]}`,
      };
    }
  }
}

/** `read-only; tenant=acme; warehouse=north; until=2026-01-31T09:30:00.000Z; rerouted-to=south` */
function describeIsolation(isolation: Isolation): string {
  const { mode, tenantId, warehouseId, until, rerouteTo } = isolation;
  return [
    mode,
    `tenant=${tenantId}`,
    ...(warehouseId === null ? [] : [`warehouse=${warehouseId}`]),
    `until=${toIso(until) ?? ''}`,
    ...(rerouteTo === null ? [] : [`rerouted-to=${rerouteTo}`]),
  ].join('; ');
}
