// What the commands print: one line when a step begins, one when it ends, a sign of life in between.

const colours = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = (text) => paint(1, text);
export const dim = (text) => paint(2, text);
export const red = (text) => paint(31, text);
export const green = (text) => paint(32, text);

export const say = (text = "") => process.stdout.write(`${text}\n`);

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/**
 * Runs one step and shows it: `→ title` at its start, `✓ title (1.2 s)` at its end, a line every 20 s while it lasts.
 * @template T
 * @param {string} title what happens, for a person
 * @param {() => Promise<T> | T} work
 * @returns {Promise<T>} what the work returned; its error is passed on after a `✗` line
 */
export async function step(title, work) {
  const begun = Date.now();
  say(`${dim("→")} ${title}`);
  const sign = setInterval(() => say(dim(`  … ${title} (${seconds(begun)} so far)`)), 20_000);
  try {
    const result = await work();
    say(`${green("✓")} ${title} ${dim(`(${seconds(begun)})`)}`);
    return result;
  } catch (error) {
    say(`${red("✗")} ${title} ${dim(`(${seconds(begun)})`)}`);
    throw error;
  } finally {
    clearInterval(sign);
  }
}

/** A problem that a person can solve: printed as its message and what to do, without a stack trace. */
export class SetupError extends Error {
  /**
   * @param {string} message what is wrong
   * @param {string} [hint] what to do about it
   */
  constructor(message, hint) {
    super(message);
    this.name = "SetupError";
    this.hint = hint;
  }
}

/**
 * Prints an error the way a person wants it: message and hint of a SetupError (or of any error with a hint), a stack for the rest.
 * @param {any} error
 */
export function explain(error) {
  const known = error?.name === "SetupError" || error?.hint;
  process.stderr.write(`\n${red("Error:")} ${known ? error.message : (error?.stack ?? String(error))}\n`);
  if (error?.hint) process.stderr.write(`${error.hint}\n`);
}
