/** `fetch failed` says nothing: the reason is in its cause. */
export function causeOf(error: unknown, timeoutMs: number): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  return (cause as Error | undefined)?.message ?? message;
}

/** A pod that sends more is not read on: one bad pod must not take the monitor's memory. */
const maxBytes = 8 * 1024 * 1024;

/** The body of an answer as text. @throws Error when it is larger than any pod of ours sends. */
export async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
  }
  return text + decoder.decode();
}
