import tseslint from 'typescript-eslint';

// The import walls of docs/architecture.md. A later block replaces an earlier rule, so each scope repeats what it needs.
const typesOnlyFrom = (regex, message) => ({ regex, allowTypeImports: true, message });
const never = (regex, message) => ({ regex, message });

const sandboxPackages = never(
  '^(?!\\.|@temporalio/(workflow|common)$)',
  'Workflow code runs in the deterministic sandbox: import only @temporalio/workflow, @temporalio/common and own pure files.',
);
const purePackages = never(
  '^(?!\\.)',
  'Policies and runbooks are pure: they import no package at all.',
);
const contractsAsTypes = typesOnlyFrom(
  '^(\\.\\./)+(activities/contracts|configuration)/',
  'Import contracts and configuration as types only: their values must not enter the sandbox.',
);
const noImplementations = never(
  '^(\\.\\./)+(services/|deploy/|activities/(?!contracts/))',
  'Workflow code must not reach implementations: call activities through their contracts.',
);
const walls = (...patterns) => ({
  '@typescript-eslint/no-restricted-imports': ['error', { patterns }],
});

export default tseslint.config(
  { ignores: ['dist', 'node_modules', '.runbook', 'bench/results', 'test/results'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', 'bin/*.js', 'test/support/*.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only configuration/environment.ts reads the environment.',
        },
      ],
    },
  },
  { files: ['configuration/environment.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['workflows/**/*.ts'],
    rules: walls(sandboxPackages, contractsAsTypes, noImplementations),
  },
  {
    files: ['workflows/policies/**/*.ts', 'workflows/runbooks/**/*.ts'],
    rules: walls(purePackages, contractsAsTypes, noImplementations),
  },
  {
    files: ['activities/contracts/**/*.ts'],
    rules: walls(
      typesOnlyFrom('^(?!\\./)', 'Contracts hold types only.'),
      never(
        '^(\\.\\./)+(services|workflows|deploy)/',
        'Contracts know nothing of those who use them.',
      ),
    ),
  },
  {
    files: ['activities/**/*.ts'],
    ignores: ['activities/contracts/**'],
    rules: walls(never('^(\\.\\./)+(workflows|deploy)/', 'Activities do not know workflows.')),
  },
  {
    files: ['services/**/*.ts'],
    ignores: ['services/cli/**'],
    rules: walls(never('^(\\.\\./)+deploy/', 'Only the CLI starts the local stack.')),
  },
  {
    files: ['configuration/**/*.ts'],
    rules: walls(never('^\\.\\./', 'Configuration imports nothing of the product.')),
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.js'],
    ...tseslint.configs.disableTypeChecked,
  },
);
