import { expect, test } from '@jest/globals';
import { readOwners } from '../../../../activities/kubernetes/owners.js';
import { deployment } from './samples.js';

test.each([
  [
    { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/api' } },
    'argocd shop',
  ],
  [{ labels: { 'argocd.argoproj.io/instance': 'shop' } }, 'argocd shop'],
  [{ labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' } }, 'flux apps'],
  [
    {
      labels: { 'helm.toolkit.fluxcd.io/name': 'api' },
      annotations: { 'meta.helm.sh/release-name': 'api' },
    },
    'flux api',
  ],
  [{ annotations: { 'meta.helm.sh/release-name': 'api' } }, null],
  [{ labels: { 'app.kubernetes.io/instance': 'api' } }, null],
  [{}, null],
])('of %j the owner is %s', (metadata, gitOps) => {
  expect(readOwners(deployment({ metadata }), [])).toEqual({
    horizontalPodAutoscaler: null,
    gitOps,
  });
});
