import type { Logger } from '../shared/telemetry/logger.js';
import type { BreakerOptions } from './breaker.js';

/** Tells people of an outage downstream. Its beginning is a warning, and so a signal. */
export function logBreaker(logger: Logger): NonNullable<BreakerOptions['onTurn']> {
  return (outage) => {
    if (outage === null) {
      logger.info('the circuit breaker closes: everything is sent again');
    } else {
      // `cause` is the part that reaches the signals.
      logger.warn(
        { cause: outage },
        'the downstream does not answer: the circuit breaker opens, orders are accepted and wait',
      );
    }
  };
}
