/** What the API says when something goes wrong (RFC 9457), or what is known when it said nothing readable. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  /** HTTP status; 0 when there was no answer at all. */
  readonly status: number;
  /** For programs: `slot_taken`, `invalid_request`, … */
  readonly code: string;
  /** What to do about it, when the API knows. */
  readonly hint: string | undefined;
  /** What is wrong with each part of the request: path such as `guest.email` to message. */
  readonly fields: ReadonlyMap<string, string>;

  constructor(problem: {
    status: number;
    code: string;
    detail: string;
    hint?: string | undefined;
    fields?: ReadonlyMap<string, string>;
    cause?: unknown;
  }) {
    super(problem.detail, { cause: problem.cause });
    this.status = problem.status;
    this.code = problem.code;
    this.hint = problem.hint;
    this.fields = problem.fields ?? new Map();
  }
}

/** The problem in an answer that is not ok. Proxies between may answer with anything, so nothing is taken for granted. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => null);
  const given = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const text = (name: string) => (typeof given[name] === "string" ? (given[name] as string) : undefined);
  const errors = Array.isArray(given["errors"]) ? (given["errors"] as unknown[]) : [];
  const fields = new Map<string, string>();
  for (const error of errors) {
    const { path, message } = (error ?? {}) as { path?: unknown; message?: unknown };
    if (typeof path === "string" && typeof message === "string" && !fields.has(path)) {
      fields.set(path, message);
    }
  }
  return new ApiProblem({
    status: response.status,
    code: text("code") ?? "unreadable_answer",
    detail: text("detail") ?? `The service answered with status ${response.status}.`,
    hint: text("hint"),
    fields,
  });
}

/** The problem of a request that got no answer. */
export function unreachable(cause: unknown): ApiProblem {
  return new ApiProblem({
    status: 0,
    code: "unreachable",
    detail: "The service cannot be reached.",
    hint: "Check your connection and try again in a moment.",
    cause,
  });
}

/** The problem of an answer that is ok but is not JSON. */
export function unreadable(status: number, cause: unknown): ApiProblem {
  return new ApiProblem({
    status,
    code: "unreadable_answer",
    detail: "The service's answer could not be read.",
    hint: "Reload the page and try again.",
    cause,
  });
}

/** A problem as one text for people: what happened, and what to do about it. */
export function explainProblem(problem: unknown): string {
  if (!(problem instanceof ApiProblem)) return "Something went wrong. Try again in a moment.";
  return problem.hint && problem.status !== 400 ? `${problem.message} ${problem.hint}` : problem.message;
}
