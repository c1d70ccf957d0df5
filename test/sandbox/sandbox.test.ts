import { describe, expect, jest, test } from '@jest/globals';
import { ESLint } from 'eslint';
import { workflowBundle } from '../support/incident-driver.js';

jest.setTimeout(60_000);

/** What the deterministic sandbox may contain: our workflow files, the SDK's own, and the bundler's runtime. */
const allowed = [
  /^workflows\//,
  /^services\/shared\/temporal\/payload-converter\.ts$/,
  /^node_modules\/@temporalio\/(workflow|common)\//,
  /^node_modules\/(ms|long|nexus-rpc)\//,
  /^webpack\//,
  /^ignored\|node_modules\/@temporalio\/workflow\/lib\|__temporal_custom_failure_converter$/,
];

async function bundledModules(): Promise<string[]> {
  const { code } = await workflowBundle();
  const inlineMap = /sourceMappingURL=data:application\/json;[^,]*base64,(\S+)/.exec(code)?.[1];
  const { sources } = JSON.parse(Buffer.from(inlineMap ?? '', 'base64').toString()) as {
    sources: string[];
  };
  return sources.map((source) =>
    source
      .replace(/^webpack:\/\/[^/]*\//, '')
      .replace(process.cwd() + '/', '')
      .replace(/^\.\//, '')
      .replace(/\?.*$/, ''),
  );
}

describe('the workflow bundle', () => {
  test('names its modules, the workflows among them', async () => {
    const modules = await bundledModules();
    expect(modules.length).toBeGreaterThan(50);
    expect(modules).toContain('workflows/incident.workflow.ts');
    expect(modules).toContain('workflows/policies/diagnosis.ts');
  });

  test('holds nothing but workflow code, the SDK and the bundler', async () => {
    const strangers = (await bundledModules()).filter(
      (module) => !allowed.some((pattern) => pattern.test(module)),
    );
    expect(strangers).toEqual([]);
  });
});

describe('the import walls refuse', () => {
  const cases: [string, string, string][] = [
    ['a Node module in a workflow', 'workflows/probe.ts', "import { readFile } from 'node:fs';"],
    ['a package in a workflow', 'workflows/probe.ts', "import { z } from 'zod';"],
    [
      'an activity in a workflow',
      'workflows/probe.ts',
      "import { digest } from '../activities/kubernetes/digest.js';",
    ],
    [
      'the value of a contract in a workflow',
      'workflows/probe.ts',
      "import { x } from '../activities/contracts/index.js';",
    ],
    ['a service in a workflow', 'workflows/probe.ts', "import { x } from '../services/x.js';"],
    [
      'Temporal in a policy',
      'workflows/policies/probe.ts',
      "import { sleep } from '@temporalio/workflow';",
    ],
    [
      'a workflow in an activity',
      'activities/probe.ts',
      "import { x } from '../workflows/index.js';",
    ],
    [
      'the stack in a service',
      'services/probe.ts',
      "import { x } from '../deploy/local/stack.js';",
    ],
  ];

  test.each(cases)('%s', async (_what, filePath, code) => {
    const eslint = new ESLint({
      overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
      ruleFilter: ({ ruleId }) => ruleId === '@typescript-eslint/no-restricted-imports',
    });
    const [result] = await eslint.lintText(code, { filePath });
    expect(result!.messages.map(({ ruleId }) => ruleId)).toEqual([
      '@typescript-eslint/no-restricted-imports',
    ]);
  });
});
