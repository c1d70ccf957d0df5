import { causeOf } from './fetch-failure.js';
import { parseExposition } from './parse-exposition.js';
import type { PodSample } from './parse-exposition.js';

/** A pod that sends more is not read on: one bad pod must not take the monitor's memory. */
const maxBytes = 8 * 1024 * 1024;

/** Reads one pod's metrics. @throws Error saying what is wrong with it: no answer in time, another status, no metrics. */
export async function scrape(address: string, timeoutMs: number): Promise<PodSample> {
  let text: string;
  try {
    const response = await fetch(`http://${address}/metrics`, {
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`/metrics answered ${response.status}`);
    }
    text = await readBounded(response);
  } catch (error) {
    throw new Error(`could not scrape ${address}: ${causeOf(error, timeoutMs)}`, { cause: error });
  }
  return parseExposition(text);
}

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > maxBytes) throw new Error(`/metrics is larger than ${maxBytes} bytes`);
  }
  return text + decoder.decode();
}
