import type { ProblemDocument } from '#contracts/rest.ts';
import { Failure } from './failure.ts';

/**
 * A refusal of the API as what the command ends with: wrong input is exit code 2, all else 1. `see`
 * tells where to look at what the command is about, when that is no case.
 */
export function problemFailure(
  problem: ProblemDocument,
  words: FieldWords = {},
  see?: string,
): Failure {
  const isWrongInput = problem.status === 400 || problem.status === 422;
  const isAbout = problem.status === 404 || problem.status === 409;
  return new Failure(
    inWordsOfOptions(problem, words),
    problem.code === 'SAME_PERSON'
      ? SECOND_PERSON
      : ((isAbout ? see : undefined) ?? CURES[problem.status]),
    isWrongInput ? 2 : 1,
  );
}

/** Which option of the command fills which field of the body. */
export type FieldWords = Readonly<Record<string, string>>;

/** Where to look when something behind the API is wrong. */
export const LOOK = '`sentinel status` shows what runs; its log says why.';

const SECOND_PERSON =
  'Locally, a second person is SENTINEL_TOKEN=$(sentinel token --role approver --subject bob).';
/** Where to look when a case is not in a state for what was asked. */
export const SEE_THE_CASE = '`sentinel case show <account_id>` tells where the case stands.';
export const SEE_THE_HELP = 'The same command with --help shows examples.';

const CURES: Readonly<Record<number, string | undefined>> = {
  400: SEE_THE_HELP,
  401: '`sentinel token --help` shows how to make a token for SENTINEL_TOKEN.',
  403: 'docs/generated/roles.md lists who may do what; SENTINEL_TOKEN may hold a token of another role.',
  404: '`sentinel accounts` lists the accounts that are known.',
  409: SEE_THE_CASE,
  422: SEE_THE_HELP,
  500: LOOK,
  503: LOOK,
  504: LOOK,
};

/** The detail, with the option that the person has typed in place of the body's field. */
function inWordsOfOptions({ detail }: ProblemDocument, words: FieldWords): string {
  const [pointer = '', field = ''] = /^#\/(\w+)/.exec(detail) ?? [];
  const option = words[field];
  return option === undefined ? detail : `${option}${detail.slice(pointer.length)}`;
}
