import { expect, test } from '@jest/globals';
import { localOverlay } from '../../../../deploy/local/local-overlay.js';

test('the local stack adds leave to ask for faults to Deployments and changes nothing else', () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop' }, spec: {} };
  const deployment = (env: object[]): typeof service => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shop' },
    spec: {
      replicas: 2,
      template: { metadata: {}, spec: { containers: [{ name: 'shop', image: 'shop:1.0', env }] } },
    },
  });
  const own = { name: 'HOST', value: '0.0.0.0' };

  expect(localOverlay([service, deployment([own])])).toEqual([
    service,
    deployment([own, { name: 'FAULTS_ENABLED', value: 'true' }]),
  ]);
});
