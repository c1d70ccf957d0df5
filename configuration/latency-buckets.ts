/**
 * Upper bounds of every service's latency histogram, milliseconds. The same for all services, so that pods can be
 * added up. A latency objective must be one of them: between two bounds the share of slow requests is a guess.
 */
export const latencyBucketsMs = [
  10, 25, 50, 100, 250, 500, 750, 1_000, 2_500, 5_000, 10_000,
] as const;
