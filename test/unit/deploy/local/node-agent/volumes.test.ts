import { expect, test } from '@jest/globals';
import { localPath } from '../../../../../deploy/local/node-agent/volumes.js';

const container = {
  name: 'shop',
  volumeMounts: [
    { name: 'flags', mountPath: '/etc/flags' },
    { name: 'all', mountPath: '/etc/one', subPath: 'one.yml' },
  ],
};

test.each([
  ['/etc/flags', '/state/flags/'],
  ['/etc/flags/mode', '/state/flags/mode'],
  ['/etc/one', '/state/all/one.yml/'],
  ['/etc/flagship', '/etc/flagship'],
  ['see /etc/flags', 'see /etc/flags'],
  ['read-only', 'read-only'],
])('a value %s of a container means %s on this machine', (text, local) => {
  expect(localPath(text, container, '/state').replace(/\/?$/, '')).toBe(local.replace(/\/?$/, ''));
});
