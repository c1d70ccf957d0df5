import { expect, test } from '@jest/globals';
import type { AlertEvent } from '../../../../workflows/messages.js';
import { isAlert } from '../../../../workflows/policies/alerts.js';

const alert: AlertEvent = {
  key: 'f00d|firing|2026-11-24T10:00:00Z',
  status: 'firing',
  alertname: 'ErrorRateFastBurn',
  slo: 'error-rate',
  severity: 'critical',
  startsAt: '2026-11-24T10:00:00.000Z',
  receivedAt: '2026-11-24T10:00:01.000Z',
  summary: '',
  source: 'alertmanager',
};

test('an alert with all its parts is one, whatever else it brings along', () => {
  expect(isAlert(alert)).toBe(true);
  expect(isAlert({ ...alert, status: 'resolved', severity: 'warning', more: null })).toBe(true);
});

test.each(Object.keys(alert))('without %s it is none, nor where that is no text', (part) => {
  expect(isAlert({ ...alert, [part]: undefined })).toBe(false);
  expect(isAlert({ ...alert, [part]: { text: 'x' } })).toBe(false);
});

test.each([undefined, null, 7, 'alert', [], { stepId: 'ask-1', decision: 'wait' }])(
  '%j is none',
  (sent) => {
    expect(isAlert(sent)).toBe(false);
  },
);
