import type { z } from 'zod';
import type { FieldError } from '#contracts/rest.ts';

/** Longer names in a request are cut: an answer does not repeat a flood. */
const ECHO_CHARACTERS_MAX = 64;

/** What is wrong with a body, each by its JSON pointer in fragment form (RFC 6901, 9457): `#/3/qty`. */
export function bodyErrors(error: z.ZodError, body: unknown, prefix: Path = []): FieldError[] {
  return error.issues.flatMap((issue) =>
    faults(issue, body).map(({ path, detail }) => ({
      pointer: pointer([...prefix, ...path]),
      detail,
    })),
  );
}

/** What is wrong with query or path parameters, each by its name. */
export function parameterErrors(error: z.ZodError, parameters: unknown): FieldError[] {
  return error.issues.flatMap((issue) =>
    faults(issue, parameters).map(({ path, detail }) => ({
      parameter: echo(String(path[0] ?? '')),
      detail,
    })),
  );
}

/** The place of a value in a document as a JSON pointer in fragment form; names are escaped and cut. */
function pointer(path: Path): string {
  return `#${path.map((step) => `/${echo(String(step).replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')}`;
}

type Path = readonly PropertyKey[];

interface Fault {
  readonly path: Path;
  readonly detail: string;
}

function faults(issue: z.core.$ZodIssue, input: unknown): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      detail: 'is not a known field',
    }));
  }
  return [{ path: issue.path, detail: detailOf(issue, input) }];
}

function detailOf(issue: z.core.$ZodIssue, input: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return valueAt(input, issue.path) === undefined
        ? 'is required'
        : `must be ${WORDS[issue.expected] ?? issue.expected}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `must be at most ${String(issue.maximum)} characters`
        : `must be at most ${String(issue.maximum)}`;
    case 'too_small':
      if (issue.origin === 'string') return `must be at least ${String(issue.minimum)} characters`;
      return `must be ${issue.inclusive === true ? 'at least' : 'more than'} ${String(issue.minimum)}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_union':
      return 'options' in issue
        ? `must be one of ${issue.options.filter((option) => option !== undefined).join(', ')}`
        : issue.message;
    default:
      return issue.message;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  number: 'a finite number',
  int: 'a whole number',
  string: 'a string',
  object: 'an object',
  array: 'an array',
  boolean: 'true or false',
};

function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

/** A caller's own words, cut and percent-encoded: nothing in them can act where they are shown. */
function echo(words: string): string {
  const cut =
    words.length > ECHO_CHARACTERS_MAX ? `${words.slice(0, ECHO_CHARACTERS_MAX)}…` : words;
  return encodeURIComponent(cut.replaceAll(/\p{Cs}/gu, '\ufffd'));
}
