import { describe, expect, test } from '@jest/globals';
import { explainTemporalFault } from '../../../../../services/shared/temporal/explain-temporal-fault.js';
import { createTemporalClient } from '../../../../../services/shared/temporal/temporal-client.js';

/** What the client of gRPC itself throws there. */
async function faultOf(address: string): Promise<unknown> {
  const temporal = createTemporalClient({ address, namespace: 'default' });
  try {
    return await temporal.check().catch((error: unknown) => error);
  } finally {
    await temporal.close();
  }
}

describe('explaining why Temporal did not answer', () => {
  test('names the address that refused, and nothing of gRPC', async () => {
    expect(explainTemporalFault(await faultOf('127.0.0.1:1'))).toBe(
      'connect ECONNREFUSED 127.0.0.1:1',
    );
  });

  test('looks into causes and leaves other errors as they are', async () => {
    const fault = await faultOf('127.0.0.1:1');
    expect(explainTemporalFault(new Error('outer', { cause: fault }))).toBe(
      'connect ECONNREFUSED 127.0.0.1:1',
    );
    expect(explainTemporalFault(new Error('something else'))).toBe('something else');
  });
});
