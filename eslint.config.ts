import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** A rule of our own: what is forbidden, and what to do instead. */
interface Forbidden {
  readonly selector: string;
  readonly message: string;
}

const ENVIRONMENT: Forbidden = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message:
    'Take configuration as a value: only entry points read the environment (STYLE, One way in).',
};

const NOT_RUN: Forbidden[] = [
  {
    selector:
      'CallExpression[callee.object.name=/^(test|it|describe)$/][callee.property.name=/^(skip|only|todo|failing)$/]',
    message: 'Every test runs.',
  },
  {
    selector: 'Identifier[name=/^(xit|xtest|xdescribe|fit|fdescribe)$/]',
    message: 'Every test runs.',
  },
];

/** The core is pure: no clock and no chance (STYLE). Dates may be computed, not asked for. */
const IMPURE: Forbidden[] = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'The time comes in as a value.',
  },
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: 'The time comes in as a value.',
  },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'The core has no randomness.',
  },
];

const TESTS = ['**/*.test.ts', 'test/**/*.ts'];
/** Talk to a person through the terminal. */
const SPEAKERS = [
  'cli/**/*.ts',
  'demo/**/*.ts',
  'bench/**/*.ts',
  'test/**/*.ts',
  'deploy/prepare/main.ts',
];
/** May read the environment (DESIGN, Folders; STYLE, One way in). */
const ENVIRONMENT_READERS = ['**/main.ts', 'platform/environment.ts', ...SPEAKERS, '**/*.test.ts'];

export default defineConfig(
  globalIgnores(['node_modules/', 'coverage/', 'docs/generated/', 'test/histories/']),
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [
      eslint.configs.recommended,
      tseslint.configs.strictTypeChecked,
      tseslint.configs.stylisticTypeChecked,
    ],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // A room is small (STYLE): the numbers are where a function stops to fit a screen. An exhaustive
      // switch counts once, however many cases the domain has.
      complexity: ['error', { max: 12, variant: 'modified' }],
      'max-depth': ['error', 4],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': 'off',
      '@typescript-eslint/max-params': ['error', { max: 6 }],

      eqeqeq: 'error',
      'no-console': 'error',
      'no-implicit-coercion': 'error',
      'no-param-reassign': 'error',
      'no-restricted-syntax': ['error', ENVIRONMENT, ...NOT_RUN],
      'object-shorthand': 'error',
      'prefer-template': 'error',

      '@typescript-eslint/ban-ts-comment': [
        'error',
        { 'ts-expect-error': true, 'ts-ignore': true, 'ts-nocheck': true, 'ts-check': true },
      ],
      '@typescript-eslint/consistent-type-assertions': [
        'error',
        { assertionStyle: 'as', objectLiteralTypeAssertions: 'never' },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],

      // `() => save()` as a callback says what it means; the rule still catches values that are used.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // A number in a message is what one wants to read. Objects and undefined stay forbidden.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // A port says Promise; an adapter that has nothing to wait for is still written `async`, so
      // that what it throws becomes a rejection.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
    },
  },
  {
    files: ['domain/**/*.ts'],
    ignores: TESTS,
    rules: {
      'no-restricted-globals': [
        'error',
        ...['process', 'console', 'performance', 'crypto', 'fetch', 'Buffer', 'structuredClone'],
        ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
      ],
      'no-restricted-syntax': ['error', ENVIRONMENT, ...IMPURE],
    },
  },
  {
    files: ENVIRONMENT_READERS,
    rules: { 'no-restricted-syntax': ['error', ...NOT_RUN] },
  },
  { files: SPEAKERS, rules: { 'no-console': 'off' } },
  {
    // Grafana 11, which docker-compose.yml runs, knows the first schema of dashboards only.
    files: ['deploy/dashboard.ts'],
    rules: {
      '@typescript-eslint/no-deprecated': [
        'error',
        {
          allow: [
            {
              from: 'package',
              package: '@grafana/grafana-foundation-sdk',
              name: 'DashboardBuilder',
            },
          ],
        },
      ],
    },
  },
  {
    files: TESTS,
    rules: {
      // A describe block is a table of contents, not a function to be read in one go.
      'max-lines-per-function': 'off',
      'max-lines': 'off',
      // Tests hand methods to expect() to look at them.
      '@typescript-eslint/unbound-method': 'off',
      // Matchers such as expect.any() are typed any by jest itself.
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    files: ['**/*.mjs'],
    extends: [eslint.configs.recommended],
    languageOptions: {
      globals: { performance: 'readonly', setInterval: 'readonly', clearInterval: 'readonly' },
    },
  },
);
