import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Handler } from 'hono';

type Document = ReturnType<OpenAPIHono['getOpenAPI31Document']>;
type Operation = NonNullable<NonNullable<Document['paths']>[string]['get']>;
type Responses = NonNullable<Operation['responses']>;

export interface DocumentOptions {
  readonly title: string;
  readonly version: string;
  /** Operating modes refuse writes and what is marked as not critical. */
  readonly hasModes?: boolean;
  /** The routes that need the database. */
  readonly stored?: OpenAPIHono | undefined;
}

/** A route's `security` when it asks for a bearer token. */
export const bearer: { bearer: string[] }[] = [{ bearer: [] }];

const empty = { openapi: '3.1.0', info: { title: '', version: '' } };
const methods = ['get', 'put', 'post', 'delete', 'patch'] as const;

/**
 * The contracts of an app's routes as an OpenAPI 3.1 document, together with what holds for all of them and no route
 * says by itself: how bodies, tokens and operating modes are refused, and the headers of a problem. 500 is not in it:
 * every one is a fault of ours.
 */
export function describeApi(app: OpenAPIHono, options: DocumentOptions): Document {
  const { title, version, hasModes = false, stored } = options;
  const storedPaths = new Set(Object.keys(stored?.getOpenAPI31Document(empty).paths ?? {}));
  const document = app.getOpenAPI31Document({ openapi: '3.1.0', info: { title, version } });
  document.components = {
    ...document.components,
    headers,
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
  };
  for (const [name, path] of Object.entries(document.paths ?? {})) {
    for (const method of methods) {
      const operation = path[method];
      if (operation === undefined) continue;
      const isRefusable = method !== 'get' || 'x-non-critical' in operation;
      operation.responses = withHeaders({
        ...commonAnswers(operation),
        ...unavailable(hasModes && isRefusable, storedPaths.has(name)),
        ...operation.responses,
      });
    }
  }
  return document;
}

/** For `/openapi.json`. The document is made when it is first asked for, when all routes are known. */
export function answerDocument(app: OpenAPIHono, options: DocumentOptions): Handler {
  let document: Document | undefined;
  return (c) => c.json((document ??= describeApi(app, options)));
}

function commonAnswers({ requestBody, security }: Operation): Responses {
  return {
    ...(requestBody !== undefined && {
      400: problem('The body is not JSON'),
      413: problem('The body is too large'),
      415: problem('The body is of another media type'),
    }),
    ...(security !== undefined && { 401: problem('No bearer token that is accepted') }),
  };
}

function unavailable(isRefusable: boolean, isStored: boolean): Responses {
  const reasons = [
    ...(isRefusable ? ['an operating mode refuses it for now'] : []),
    ...(isStored ? ['the database does not answer'] : []),
  ].join(', or ');
  if (reasons === '') return {};
  return { 503: problem(reasons.replace(/^./, (letter) => letter.toUpperCase())) };
}

function problem(description: string): object {
  const schema = { $ref: '#/components/schemas/Problem' };
  return { description, content: { 'application/problem+json': { schema } } };
}

const headers: NonNullable<NonNullable<Document['components']>['headers']> = {
  'x-request-id': textHeader('Under which the request is found in the logs', true),
  'www-authenticate': textHeader('`Bearer`, and what is wrong with the token', true),
  'retry-after': textHeader('Seconds after which it makes sense to ask again'),
  'x-operating-mode': textHeader('The mode that refuses: `shed`, `read-only` or `isolated`'),
  'x-isolation': textHeader('The isolation that the tenant or its warehouse is under'),
};

function textHeader(description: string, required = false) {
  return { description, required, schema: { type: 'string' as const } };
}

function withHeaders(responses: Responses): Responses {
  const entries = Object.entries<{ content?: object }>(responses);
  return Object.fromEntries(
    entries.map(([status, response]) => {
      const { content } = response;
      if (content === undefined || !('application/problem+json' in content)) {
        return [status, response];
      }
      const names = ['x-request-id', ...(headersOf[status] ?? [])];
      const refs = names.map((name): [string, object] => [
        name,
        { $ref: `#/components/headers/${name}` },
      ]);
      return [status, { ...response, headers: Object.fromEntries(refs) }];
    }),
  );
}

const headersOf: Readonly<Record<string, readonly string[]>> = {
  401: ['www-authenticate'],
  503: ['retry-after', 'x-operating-mode', 'x-isolation'],
};
