import { expect, test } from '@jest/globals';
import type { StackInfo } from '../../../../deploy/local/state-folder.js';
import { describeStack } from '../../../../services/cli/describe-stack.js';

const urls = {
  temporalUi: 'http://127.0.0.1:8233',
  incidentApi: 'http://127.0.0.1:4000',
  monitoringApi: 'http://127.0.0.1:4010',
  worker: 'http://127.0.0.1:4020',
  control: 'http://127.0.0.1:4999',
  services: { billing: 'http://127.0.0.1:4101' },
  downstream: 'http://127.0.0.1:4030',
};
const info = {
  urls,
  temporalAddress: '127.0.0.1:7233',
  kubeconfigs: { admin: '/stack/admin.kubeconfig' },
  secretsFile: '/stack/secrets.json',
  stateFolder: '/stack',
} as unknown as StackInfo;

test('a stack is described by addresses that something answers at, and no other', () => {
  const printed = describeStack(info).flatMap((line) => line.match(/http:\S+/g) ?? []);

  expect(printed).toEqual([
    'http://127.0.0.1:4000',
    'http://127.0.0.1:4010',
    'http://127.0.0.1:8233',
    'http://127.0.0.1:4101',
    'http://127.0.0.1:4030',
  ]);
});
