import { randomDigits } from '../http/random-ids.js';
import type { Incoming } from '../http/read-header.js';
import { readHeader } from '../http/read-header.js';
import { RequestNote } from '../http/request-note.js';

/** Where a request stands in its caller's trace (W3C Trace Context). Ids in lower-case hexadecimal. */
interface TraceContext {
  /** 32 digits: the caller's when it sent a valid `traceparent`, a new one otherwise. */
  readonly traceId: string;
  /** 16 digits: this process's own part of the trace. */
  readonly spanId: string;
}

const traceparent =
  /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-([\da-f]{2})(?:-.*)?$/;
const contexts = new RequestNote<TraceContext>();

/** Read and made on first use, as the request's id is: most requests end well and nobody asks for it. */
export function traceOf(request: Request, incoming?: Incoming): TraceContext {
  let context = contexts.get(request);
  if (context === undefined) {
    const given = parse(readHeader(request, 'traceparent', incoming))?.traceId;
    context = { traceId: given ?? newTraceId(), spanId: newSpanId() };
    contexts.set(request, context);
  }
  return context;
}

/** The `traceparent` under which work begun by a request goes on, also after its answer: keep it with the work. */
export function traceparentOf(request: Request): string {
  const { traceId, spanId } = traceOf(request);
  const isSampled = parse(request.headers.get('traceparent'))?.isSampled ?? false;
  return write(traceId, spanId, isSampled);
}

/** The `traceparent` of one call made for such work: the same trace, a span of its own. A new trace for null. */
export function nextTraceparent(kept: string | null): string {
  const parent = parse(kept);
  return write(parent?.traceId ?? newTraceId(), newSpanId(), parent?.isSampled ?? false);
}

interface Parent {
  readonly traceId: string;
  /** Whether the caller records the trace. */
  readonly isSampled: boolean;
}

/** Null when it is missing or not valid. */
function parse(text: string | null): Parent | null {
  if (text === null) return null;
  const [, traceId, flags] = traceparent.exec(text) ?? [];
  if (traceId === undefined || flags === undefined) return null;
  return { traceId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

function write(traceId: string, spanId: string, isSampled: boolean): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

function newTraceId(): string {
  return randomDigits(32);
}

function newSpanId(): string {
  return randomDigits(16);
}
