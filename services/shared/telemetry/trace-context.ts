import { randomBytes } from 'node:crypto';

/** Where a request stands in its caller's trace (W3C Trace Context). Ids in lower-case hexadecimal. */
interface TraceContext {
  /** 32 digits: the caller's when it sent a valid `traceparent`, a new one otherwise. */
  readonly traceId: string;
  /** 16 digits: this process's own part of the trace. */
  readonly spanId: string;
}

const traceparent =
  /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-.*)?$/;
const contexts = new WeakMap<Request, TraceContext>();

/** Read and made on first use, as the request's id is: most requests end well and nobody asks for it. */
export function traceOf(request: Request): TraceContext {
  let context = contexts.get(request);
  if (context === undefined) {
    const given = traceparent.exec(request.headers.get('traceparent') ?? '')?.[1];
    context = {
      traceId: given ?? randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
    };
    contexts.set(request, context);
  }
  return context;
}
