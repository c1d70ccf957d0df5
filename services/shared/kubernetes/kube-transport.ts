import { setTimeout as sleep } from 'node:timers/promises';
import {
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  ResponseContext,
  SelfDecodingBody,
  wrapHttpLibrary,
  type HttpLibrary,
  type RequestContext,
} from '@kubernetes/client-node';

interface TransportOptions {
  readonly userAgent: string;
  /** For the whole call, repeats and body included. */
  readonly timeoutMs: number;
}

/** Delays before the repeats of a read: short, since whoever called has a retry policy of its own. */
const repeatDelaysMs = [100, 400];

/** The wire of all Kubernetes calls: names the client, ends every call in time, and repeats a read that met a passing fault. */
export function createKubeTransport({ userAgent, timeoutMs }: TransportOptions): HttpLibrary {
  const wire = new IsomorphicFetchHttpLibrary();

  async function once(request: RequestContext): Promise<ResponseContext> {
    const response = await wire.send(request).toPromise();
    // Read here, so that the deadline and the repeats cover the body too.
    const body = await response.body.binary();
    return new ResponseContext(
      response.httpStatusCode,
      response.headers,
      new SelfDecodingBody(Promise.resolve(body)),
    );
  }

  async function send(request: RequestContext): Promise<ResponseContext> {
    const signal = AbortSignal.timeout(timeoutMs);
    request.setHeaderParam('User-Agent', userAgent);
    request.setSignal(signal);
    const delaysMs = request.getHttpMethod() === HttpMethod.GET ? repeatDelaysMs : [];
    for (const delayMs of delaysMs) {
      const response = await once(request).catch((error: unknown) => {
        if (signal.aborted) throw error;
        return null;
      });
      if (response !== null && response.httpStatusCode < 500) return response;
      await sleep(delayMs);
    }
    return once(request);
  }

  return wrapHttpLibrary({ send });
}
