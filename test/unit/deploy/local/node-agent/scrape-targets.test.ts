import { expect, test } from '@jest/globals';
import { scrapeTargets } from '../../../../../deploy/local/node-agent/scrape-targets.js';

test('pods that ask to be scraped are listed with their real address', () => {
  const asking = {
    metadata: {
      name: 'shop-1',
      namespace: 'supply-chain',
      labels: { 'app.kubernetes.io/name': 'shop', 'pod-template-hash': 'abc' },
      annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/path': '/m' },
    },
  };
  const silent = { metadata: { name: 'quiet', namespace: 'supply-chain' } };
  const targets = scrapeTargets([
    { pod: asking, address: '127.0.0.1:4711' },
    { pod: silent, address: '127.0.0.1:4712' },
  ]);
  expect(targets).toEqual([
    {
      targets: ['127.0.0.1:4711'],
      labels: {
        __metrics_path__: '/m',
        namespace: 'supply-chain',
        pod: 'shop-1',
        app: 'shop',
        pod_template_hash: 'abc',
      },
    },
  ]);
});
