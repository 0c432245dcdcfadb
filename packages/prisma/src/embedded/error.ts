/** The embedded server could not be started or stopped. `message` says what is wrong, `hint` what to do about it. */
export class EmbeddedPostgresError extends Error {
  override readonly name = "EmbeddedPostgresError";
  readonly hint: string;

  constructor(problem: string, options: ErrorOptions & { hint: string }) {
    super(`${problem} ${options.hint}`, options);
    this.hint = options.hint;
  }
}
