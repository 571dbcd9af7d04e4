/** Something of the local stack does not work; `cure` is one line that says what to do about it. */
export class StackError extends Error {
  override readonly name = 'StackError';
  readonly cure: string;

  constructor(message: string, cure: string, options?: ErrorOptions) {
    super(message, options);
    this.cure = cure;
  }
}
