import http from 'node:http';
import https from 'node:https';

/** `void`: our own process was held up so long that a missing answer proves nothing about the service. */
export type ProbeResult = 'ok' | 'failed' | 'void';

/**
 * Asks `url` as a new caller would: by a connection of its own, so that whatever stands before the pods chooses one.
 * Anything but a 2xx in time has failed. Never throws.
 */
export function probe(url: URL, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const { get } = url.protocol === 'https:' ? https : http;
    const request = get(url, { agent: false }, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      response.once('end', () => {
        end(status >= 200 && status < 300 ? 'ok' : 'failed');
      });
    });
    const deadline = setTimeout(() => {
      const lateMs = performance.now() - startedAt - timeoutMs;
      end(lateMs > timeoutMs / 2 ? 'void' : 'failed');
    }, timeoutMs);
    function end(result: ProbeResult): void {
      clearTimeout(deadline);
      resolve(result);
      request.destroy();
    }
    request.once('error', () => {
      end('failed');
    });
    // A body cut short ends neither way.
    request.once('close', () => {
      end('failed');
    });
  });
}
