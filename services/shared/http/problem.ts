import { STATUS_CODES } from 'node:http';
import type { Context, ErrorHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { isUnavailable } from '../storage/is-unavailable.js';
import type { Logger } from '../telemetry/logger.js';
import { requestId } from './request-id.js';

/** RFC 9457 `application/problem+json`, with the id under which the request is found in the logs. */
interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  /** The path that was asked for. */
  readonly instance: string;
  readonly requestId: string;
  /** Extension members, such as `errors` of a failed validation. */
  readonly [extension: string]: unknown;
}

export interface ProblemOptions {
  /** URI that names the kind of problem; `about:blank` (the status says it all) when not given. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Throw it anywhere in a handler: the answer is the problem. `detail` reaches the caller: no secrets. */
export class HttpProblem extends Error {
  constructor(
    readonly status: ContentfulStatusCode,
    detail: string,
    readonly options: ProblemOptions = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = 'HttpProblem';
  }
}

/** The answer for a problem, for handlers and middleware that return rather than throw. */
export function problemResponse(
  c: Context,
  status: ContentfulStatusCode,
  detail?: string,
  options: ProblemOptions = {},
): Response {
  const problem: Problem = {
    ...options.extensions,
    type: options.type ?? 'about:blank',
    title: STATUS_CODES[status] ?? 'Unknown status',
    status,
    ...(detail === undefined ? {} : { detail }),
    instance: c.req.path,
    requestId: requestId(c),
  };
  return c.body(JSON.stringify(problem), status, {
    ...options.headers,
    'content-type': 'application/problem+json',
    'x-request-id': problem.requestId,
  });
}

/** The answer while the database does not. It is asked twice a second then: who comes back may be served. */
export function unavailableResponse(c: Context): Response {
  return problemResponse(c, 503, 'the database does not answer; try again', {
    headers: { 'retry-after': '1' },
  });
}

/**
 * For `app.onError`: known problems as they are, a database that does not answer as a 503 that `onUnavailable` is told
 * of, everything else as a 500 that tells the caller nothing but the id.
 */
export function answerErrors(
  logger: Logger,
  onUnavailable = (error: unknown): void => {
    logger.warn({ err: error }, 'the database does not answer');
  },
): ErrorHandler {
  return (error, c) => {
    if (error instanceof HttpProblem) {
      return problemResponse(c, error.status, error.message, error.options);
    }
    if (error instanceof HTTPException) {
      return problemResponse(c, error.status, error.message);
    }
    if (isUnavailable(error)) {
      onUnavailable(error);
      return unavailableResponse(c);
    }
    logger.error(
      { err: error, requestId: requestId(c), method: c.req.method, path: c.req.path },
      'could not answer request',
    );
    return problemResponse(c, 500, 'unexpected failure; quote the request id when you report it');
  };
}

interface FailedValidation {
  readonly success: false;
  readonly target?: string;
  readonly error: {
    readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
  };
}

/** More tell nothing new, and an answer must not grow far beyond its request. */
const maxFaults = 20;

/** For `new OpenAPIHono({ defaultHook })`: a request that does not fit its schema gets 422 and its faults. */
export function answerInvalid(
  result: { readonly success: true } | FailedValidation,
  c: Context,
  status: 400 | 422 = 422,
): Response | undefined {
  if (result.success) return undefined;
  const errors = result.error.issues.slice(0, maxFaults).map((issue) => ({
    in: result.target,
    path: issue.path.map(String).join('.'),
    message: issue.message,
  }));
  return problemResponse(c, status, 'the request does not fit its schema', {
    extensions: { errors },
  });
}
