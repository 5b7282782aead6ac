// Lint with type-aware rules, and the rules of the house: who may import whom, and where I/O may stand.
import tseslint from 'typescript-eslint';
import { importX } from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';

const SERVICES = ['ingest', 'detect', 'respond', 'enforce', 'gateway', 'forward', 'guard'];
const IO = [
  'node:fs',
  'node:fs/promises',
  'node:http',
  'node:https',
  'node:net',
  'node:child_process',
  'better-sqlite3',
  'node:timers',
  'node:timers/promises',
  'node:process',
];

/** A service imports schemas, runtime, policy and inspect, and no other service. */
const roomRules = SERVICES.map((room) => ({
  files: [`services/${room}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: SERVICES.filter((other) => other !== room).map((other) => `**/${other}/**`),
            message: 'Services never import each other; go through a topic or a port in runtime.',
          },
          { group: ['**/cli/**', '**/main.js'], message: 'Only the composition root knows the command line.' },
        ],
      },
    ],
  },
}));

const pure = {
  files: [
    'schemas/*.ts',
    'services/policy/**/*.ts',
    'services/{ingest,detect,respond,enforce,gateway,forward}/*.ts',
    'services/detect/detectors/*.ts',
    'services/respond/playbook/*.ts',
    'services/ingest/formats/*.ts',
    'services/inspect/*.ts',
  ],
  ignores: ['**/service.ts', '**/*.test.ts', 'schemas/generate.ts'],
  rules: {
    'no-restricted-syntax': [
      'error',
      ...IO.map((name) => ({
        selector: `ImportDeclaration[source.value='${name}'][importKind!='type']`,
        message: 'Pure files import no I/O; it stands in service.ts and in named driver folders.',
      })),
      {
        selector: "MemberExpression[object.name='Date'][property.name='now']",
        message: 'Pure code is given the time.',
      },
      { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Pure code is given the time.' },
      {
        selector: "MemberExpression[object.name='Math'][property.name='random']",
        message: 'Pure code is given its randomness.',
      },
      { selector: "Identifier[name='setTimeout']", message: 'Pure code sets no timers.' },
    ],
  },
};

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'coverage/**', '**/*.js', '!eslint.config.js'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      'import-x/no-cycle': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only services/runtime/config.ts reads the environment.' },
      ],
    },
  },
  {
    files: [
      'services/runtime/config/**/*.ts',
      'services/runtime/config.ts',
      'services/guard/**/*.ts',
      'tests/**/*.ts',
      '*.config.ts',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['tests/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  ...roomRules,
  pure,
);
