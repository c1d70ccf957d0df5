import { describe, expect, test } from '@jest/globals';
import { readTokens } from '../../../../services/incident-api/run-incident-api.js';

describe('the tokens of incident-api', () => {
  test('may be missing on a local machine only', () => {
    expect(readTokens({ RUNBOOK_ENVIRONMENT: 'local' })).toEqual({
      webhook: [],
      service: [],
    });
    expect(() => readTokens({ RUNBOOK_ENVIRONMENT: 'production' })).toThrow(
      'ALERT_WEBHOOK_TOKEN and SERVICE_TOKEN must be set in environment production',
    );
  });

  test('are the current one and the previous one', () => {
    const tokens = readTokens({
      RUNBOOK_ENVIRONMENT: 'production',
      ALERT_WEBHOOK_TOKEN: 'new, old',
      SERVICE_TOKEN: 'service',
    });
    expect(tokens).toEqual({ webhook: ['new', 'old'], service: ['service'] });
  });
});
