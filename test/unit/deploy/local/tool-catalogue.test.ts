import { describe, expect, test } from '@jest/globals';
import { tools, versionIn, versionOf } from '../../../../deploy/local/tool-catalogue.js';

const goMod = `module example.test/tools

require single.test/only v2.0.1

require (
	github.com/prometheus/alertmanager v0.33.0 // indirect
	github.com/prometheus/prometheus v0.313.5 // indirect
	k8s.io/kubernetes v1.37.2 // indirect
)

replace k8s.io/api => k8s.io/api v0.37.2
`;

describe('the version of a tool', () => {
  test.each([
    ['k8s.io/kubernetes', '1.37.2'],
    ['github.com/prometheus/alertmanager', '0.33.0'],
    ['github.com/prometheus/prometheus', '3.13.5'],
    ['single.test/only', '2.0.1'],
  ])('of %s is read from its go.mod as %s', (goModule, version) => {
    expect(versionIn(goMod, goModule, 'go.mod')).toBe(version);
  });

  test('that go.mod does not require is an error naming the file', () => {
    expect(() => versionIn(goMod, 'k8s.io/api', 'etcd/go.mod')).toThrow(
      'could not find the version of k8s.io/api: etcd/go.mod does not require it',
    );
  });

  test('stands in the go.mod of every tool we use', () => {
    for (const tool of tools) expect(versionOf(tool)).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('is told to the build, so that the program reports it', () => {
    const apiServer = tools.find(({ name }) => name === 'kube-apiserver')!;
    const flags = apiServer.buildFlags('1.37.2').join(' ');
    expect(flags).toContain('version.gitVersion=v1.37.2');
    expect(flags).toContain('version.gitMajor=1');
    expect(flags).toContain('version.gitMinor=37');
  });
});
