import { describe, expect, test } from '@jest/globals';
import { AbortError, ApiException, FetchError } from '@kubernetes/client-node';
import { toKubernetesFailure } from '../../../../../services/shared/kubernetes/kubernetes-errors.js';

const operation = { verb: 'read', kind: 'deployment', namespace: 'shop', name: 'api' };

function answer(code: number, body: unknown = '', headers: Record<string, string> = {}) {
  return new ApiException(code, 'unused', body, headers);
}

describe('a failed call', () => {
  test.each([
    [400, 'InvalidResource'],
    [401, 'Forbidden'],
    [403, 'Forbidden'],
    [404, 'TargetNotFound'],
    [408, 'ApiUnavailable'],
    [409, 'StaleResource'],
    [410, 'ApiUnavailable'],
    [422, 'InvalidResource'],
    [429, 'ApiThrottled'],
    [500, 'ApiUnavailable'],
    [503, 'ApiUnavailable'],
  ])('answered %d is %s', (code, failureType) => {
    expect(toKubernetesFailure(answer(code), operation)).toEqual({
      failureType,
      message: `could not read deployment shop/api: the API server answered ${code}`,
    });
  });

  test('says what the server said', () => {
    const status = JSON.stringify({ kind: 'Status', message: 'deployments "api" not found' });
    expect(toKubernetesFailure(answer(404, status), operation).message).toBe(
      'could not read deployment shop/api: deployments "api" not found',
    );
  });

  test('bears an answer that is no JSON', () => {
    expect(toKubernetesFailure(answer(502, '<html>'), operation).message).toContain('answered 502');
  });

  test('keeps the pause the server asks for, from the body or the header', () => {
    const body = JSON.stringify({ details: { retryAfterSeconds: 3 } });
    expect(toKubernetesFailure(answer(429, body), operation).retryAfterMs).toBe(3_000);
    const header = answer(429, '', { 'retry-after': '2' });
    expect(toKubernetesFailure(header, operation).retryAfterMs).toBe(2_000);
  });

  test('without an answer is ApiUnavailable', () => {
    const refused = new FetchError('connect ECONNREFUSED', 'system');
    expect(toKubernetesFailure(refused, operation)).toMatchObject({
      failureType: 'ApiUnavailable',
      message: 'could not read deployment shop/api: connect ECONNREFUSED',
    });
    expect(toKubernetesFailure(new AbortError('aborted'), operation)).toMatchObject({
      failureType: 'ApiUnavailable',
      message: 'could not read deployment shop/api: the API server did not answer in time',
    });
  });

  test('that is a fault of our own is thrown on', () => {
    const fault = new TypeError('x is not a function');
    expect(() => toKubernetesFailure(fault, operation)).toThrow(fault);
  });
});
