import { describe, expect, test } from '@jest/globals';
import type { Container, Pod } from '../../../../../deploy/local/kubernetes-json.js';
import {
  environmentOf,
  expand,
  type ValueSources,
} from '../../../../../deploy/local/node-agent/environment-of.js';

const pod: Pod = {
  metadata: {
    name: 'shop-1',
    namespace: 'supply-chain',
    uid: 'u-1',
    labels: { 'app.kubernetes.io/name': 'shop' },
    annotations: { note: 'hello' },
  },
  spec: { containers: [], nodeName: 'local', serviceAccountName: 'default' },
};

const sources: ValueSources = {
  configMap: (name) =>
    Promise.resolve(name === 'flags' ? { mode: 'read-write', level: 'info' } : undefined),
  secret: (name) => Promise.resolve(name === 'db' ? { url: 'postgres://db' } : undefined),
};

function resolve(container: Omit<Container, 'name'>): Promise<Record<string, string>> {
  return environmentOf(pod, { name: 'shop', ...container }, '10.244.0.7', sources);
}

describe('the environment of a container', () => {
  test('takes values, keys of ConfigMaps and Secrets, fields and resources', async () => {
    const env = await resolve({
      resources: { limits: { cpu: '500m', memory: '512Mi' } },
      env: [
        { name: 'PLAIN', value: 'x' },
        { name: 'EMPTY' },
        { name: 'MODE', valueFrom: { configMapKeyRef: { name: 'flags', key: 'mode' } } },
        { name: 'URL', valueFrom: { secretKeyRef: { name: 'db', key: 'url' } } },
        { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        {
          name: 'APP',
          valueFrom: { fieldRef: { fieldPath: "metadata.labels['app.kubernetes.io/name']" } },
        },
        { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        {
          name: 'MEMORY_MIB',
          valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } },
        },
      ],
    });
    expect(env).toEqual({
      PLAIN: 'x',
      EMPTY: '',
      MODE: 'read-write',
      URL: 'postgres://db',
      POD: 'shop-1',
      IP: '10.244.0.7',
      APP: 'shop',
      CPU: '1',
      MEMORY_MIB: '512',
    });
  });

  test('takes whole objects with a prefix, and lets single values override them', async () => {
    const env = await resolve({
      envFrom: [
        { prefix: 'FLAG_', configMapRef: { name: 'flags' } },
        { secretRef: { name: 'db' } },
      ],
      env: [{ name: 'FLAG_mode', value: 'read-only' }],
    });
    expect(env).toEqual({ FLAG_mode: 'read-only', FLAG_level: 'info', url: 'postgres://db' });
  });

  test('expands references to what was declared before', async () => {
    const env = await resolve({
      env: [
        { name: 'LATER', value: '$(HOST)' },
        { name: 'HOST', value: 'db' },
        { name: 'URL', value: 'http://$(HOST)/$$(HOST)' },
      ],
    });
    expect(env).toEqual({ LATER: '$(HOST)', HOST: 'db', URL: 'http://db/$(HOST)' });
  });

  test('leaves out optional values that do not exist', async () => {
    const env = await resolve({
      envFrom: [{ configMapRef: { name: 'absent', optional: true } }],
      env: [
        {
          name: 'GONE',
          valueFrom: { secretKeyRef: { name: 'db', key: 'absent', optional: true } },
        },
      ],
    });
    expect(env).toEqual({});
  });

  test.each([
    [{ secretKeyRef: { name: 'absent', key: 'a' } }, 'secret "absent" not found'],
    [{ secretKeyRef: { name: 'db', key: 'a' } }, 'couldn\'t find key a in secret "db"'],
    [{ configMapKeyRef: { name: 'absent', key: 'a' } }, 'configmap "absent" not found'],
    [{ fieldRef: { fieldPath: 'spec.nonsense' } }, 'unsupported field spec.nonsense'],
  ])('says what is missing: %j', async (valueFrom, message) => {
    await expect(resolve({ env: [{ name: 'X', valueFrom }] })).rejects.toThrow(message);
  });
});

test('an unknown reference in a command stays as it is written', () => {
  expect(expand('--port=$(PORT) $(NOBODY) $$', { PORT: '8080' })).toBe('--port=8080 $(NOBODY) $');
});
