/** How long a server waits for its callers, in milliseconds. Named as in Node. */
export interface Patience {
  /** For a request's line and headers, or for the first one of a connection to begin. */
  readonly headersTimeout: number;
  /** For the whole request, body included. */
  readonly requestTimeout: number;
  /** For the next request on a connection. */
  readonly keepAliveTimeout: number;
  /** For a sign of life while an answer is on its way. */
  readonly stallTimeout: number;
  /** How often the first two are looked at: they may last so much longer. */
  readonly connectionsCheckingInterval: number;
}

export const usualPatience: Patience = {
  // A proxy sends headers in one piece: who takes longer holds connections on purpose.
  headersTimeout: 10_000,
  // The largest body, 1 MiB, at half a megabit a second.
  requestTimeout: 15_000,
  // Longer than the 60 s of proxies in front (nginx, AWS): the one who closes first must be the one who sends, or it
  // sends into a connection that is just being closed.
  keepAliveTimeout: 75_000,
  // A caller that stops reading. Event streams write every 15 s; the slowest drill answers after 60 s.
  stallTimeout: 90_000,
  connectionsCheckingInterval: 5_000,
};
