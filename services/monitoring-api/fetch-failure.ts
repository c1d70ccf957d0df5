/** `fetch failed` says nothing: the reason is in its cause. */
export function causeOf(error: unknown, timeoutMs: number): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  return (cause as Error | undefined)?.message ?? message;
}
