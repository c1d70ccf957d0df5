import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Role } from '../../shared/auth/roles.js';
import { roleOf } from '../../shared/auth/roles.js';
import { bearer } from '../../shared/http/openapi-document.js';
import { HttpProblem, answerInvalid } from '../../shared/http/problem.js';
import { jsonBody, jsonContent, problemContent } from '../../shared/http/request-schemas.js';
import type { Database, Transaction } from '../../shared/storage/database.js';
import { idempotently } from '../../shared/storage/idempotency.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Unmet } from '../preconditions.js';
import type { RetryMetrics } from '../queue-metrics.js';
import type { Retry, RetryRequest } from '../retries.js';
import { findRetry, findRunning, listRetries, startRetry } from '../retries.js';
import {
  retriesAnswer,
  retriesQuery,
  retryAnswer,
  retryHeaders,
  retryRequest,
} from '../retry.schemas.js';

export interface RetryRoutesOptions {
  readonly database: Database;
  /** What stands against a retry at this moment. */
  readonly findUnmet: () => Promise<Unmet[]>;
  readonly metrics: RetryMetrics;
  readonly logger: Logger;
  /** Told when one has begun. */
  readonly onRetry?: (() => void) | undefined;
}

const location = {
  location: z.string().openapi({ description: 'Where its progress is read.' }),
};

const startRoute = createRoute({
  method: 'post',
  path: '/outbound/retry',
  summary: 'Sends what waits, and with `force` what was given up, now',
  security: bearer,
  request: { headers: retryHeaders, body: jsonBody(retryRequest) },
  responses: {
    200: {
      ...jsonContent(retryAnswer, 'One with the same scope still runs: this is it.'),
      headers: z.object(location),
    },
    202: { ...jsonContent(retryAnswer, 'Begun.'), headers: z.object(location) },
    400: problemContent('The body is no JSON'),
    401: problemContent('No token, or one that is not accepted'),
    403: problemContent('The role may not ask for this'),
    409: problemContent('A precondition does not hold: `reasons` says which, and why'),
    422: problemContent('The request does not fit'),
  },
});

const readRoute = createRoute({
  method: 'get',
  path: '/outbound/retries/{id}',
  summary: 'How far a retry is',
  security: bearer,
  request: { params: z.object({ id: z.uuid() }) },
  responses: {
    200: jsonContent(retryAnswer, 'As it stands.'),
    401: problemContent('No token, or one that is not accepted'),
    403: problemContent('Nobody may ask: no token is configured'),
    404: problemContent('No such retry'),
    422: problemContent('The request does not fit'),
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/outbound/retries',
  summary: 'Who asked for which retries, newest first',
  security: bearer,
  request: { query: retriesQuery },
  responses: {
    200: jsonContent(retriesAnswer, 'As they stand.'),
    401: problemContent('No token, or one that is not accepted'),
    403: problemContent('Nobody may ask: no token is configured'),
    422: problemContent('The request does not fit'),
  },
});

/** All ask for a role that `requireRole` found. */
export function addRetryRoutes(app: OpenAPIHono, options: RetryRoutesOptions): void {
  // Registered apart from its contract: the contract's own validator reads a body as JSON only when its type says so,
  // and `curl -d`, which the runbook calls this route with, always declares a form.
  app.openAPIRegistry.registerPath(startRoute);
  app.post(startRoute.path, async (c) => {
    const request = await readRequest(c);
    return request instanceof Response ? request : answerStart(c, options, request);
  });

  app.openapi(listRoute, async (c) => {
    const { limit, cursor: before } = c.req.valid('query');
    const { retries, next } = await listRetries(options.database, { limit, before });
    return c.json({ retries: [...retries], next }, 200);
  });

  app.openapi(readRoute, async (c) => {
    const { id } = c.req.valid('param');
    const retry = await findRetry(options.database, id);
    if (retry === null) throw new HttpProblem(404, `no retry ${id}`);
    return c.json(retry, 200);
  });
}

interface RequestRead {
  readonly wish: RetryRequest;
  readonly key: string | null;
}

/** The request, or the answer that says what is wrong with it. */
async function readRequest(c: Context): Promise<RequestRead | Response> {
  const headers = retryHeaders.safeParse(c.req.header());
  if (!headers.success) return invalid(c, 'header', headers.error);
  const content = await readJson(c);
  const read = retryRequest.safeParse(content);
  if (!read.success) return invalid(c, 'json', read.error);
  const { tenantId = null, force, maxAttempts, backoffMs } = read.data;
  refuseBeyondRole(roleOf(c), tenantId);
  return {
    wish: { tenantId, force, maxAttempts, backoffMs },
    key: headers.data['idempotency-key'] ?? null,
  };
}

async function readJson(c: Context): Promise<unknown> {
  try {
    return JSON.parse(await c.req.text());
  } catch (error) {
    throw new HttpProblem(400, 'the body is no JSON: send {"tenantId": "…"}', { cause: error });
  }
}

function invalid(c: Context, target: string, error: z.ZodError): Response {
  return answerInvalid({ success: false, target, error }, c) ?? c.body(null, 422);
}

function refuseBeyondRole(role: Role, tenantId: string | null): void {
  if (tenantId === null && role !== 'sre') {
    throw new HttpProblem(
      403,
      `role ${role} may retry one tenant at a time: name it, or ask as sre`,
    );
  }
}

async function answerStart(
  c: Context,
  { database, findUnmet, metrics, logger, onRetry }: RetryRoutesOptions,
  { wish, key }: RequestRead,
): Promise<Response> {
  // Asked before the transaction: a monitoring that hangs must not hold locks and connections.
  const unmet = await findUnmet();
  const refuse = (): never => {
    metrics.countRefusal(unmet);
    throw new HttpProblem(
      409,
      `the retry is refused: ${unmet.map(({ detail }) => detail).join('; ')}`,
      {
        type: 'urn:durable-runbooks:problem:retry-refused',
        extensions: { reasons: unmet },
      },
    );
  };
  // Nothing is looked up in a database that does not add up.
  if (unmet.some(({ precondition }) => precondition === 'database-consistent')) refuse();

  const work = async (transaction: Transaction): Promise<{ status: 200 | 202; body: Retry }> => {
    const running = await findRunning(transaction, wish);
    if (running !== null) return { status: 200, body: running };
    if (unmet.length > 0) refuse();
    const retry = await startRetry(transaction, wish, { role: roleOf(c), key });
    metrics.countRetry();
    logger.info({ retry, role: roleOf(c) }, 'retry begun');
    return { status: 202, body: retry };
  };
  const { status, body } = await (key === null
    ? database.begin(work)
    : idempotently(database, { ...scopeOf(wish), operation: 'retry', key, content: wish }, work));
  if (status === 202) onRetry?.();
  return c.json(body, status, { location: `/outbound/retries/${body.id}` });
}

/** Keys of different tenants are apart. No tenant has this name. */
function scopeOf({ tenantId }: RetryRequest): { tenantId: string } {
  return { tenantId: tenantId ?? '*' };
}
