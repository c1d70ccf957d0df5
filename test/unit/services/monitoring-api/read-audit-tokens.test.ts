import { expect, test } from '@jest/globals';
import { readAuditTokens } from '../../../../services/monitoring-api/read-audit-tokens.js';

test('on a local machine everybody reads the audit', () => {
  expect(readAuditTokens({ RUNBOOK_ENVIRONMENT: 'local', SERVICE_TOKEN: 'service' })).toEqual([]);
});

test('elsewhere monitoring-api does not start without a token to guard the audit', () => {
  expect(() => readAuditTokens({ RUNBOOK_ENVIRONMENT: 'production' })).toThrow(
    'SERVICE_TOKEN must be set in environment production',
  );
});

test('the audit is read with the current token, the previous one, or that of an sre', () => {
  const tokens = readAuditTokens({
    RUNBOOK_ENVIRONMENT: 'production',
    SERVICE_TOKEN: 'new, old',
    SRE_TOKEN: 'sre',
  });
  expect(tokens).toEqual(['new', 'old', 'sre']);
});
