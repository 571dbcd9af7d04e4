/** 1: it was tried and failed. 2: it was asked for wrongly. */
export type FailureCode = 1 | 2;

/** What a command cannot do, for the person who asked: printed on stderr, with one line of cure. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly cure: string | undefined;
  readonly exitCode: FailureCode;

  constructor(message: string, cure?: string, exitCode: FailureCode = 1) {
    super(message);
    this.cure = cure;
    this.exitCode = exitCode;
  }
}
