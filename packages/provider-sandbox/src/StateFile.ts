import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

const WRITE_DELAY_MS = 500;

/** A JSON file that follows a state: written some time after a change, and on close. */
export class StateFile<State> {
  readonly #path: string;
  readonly #read: () => State;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param read gives the state as plain JSON at the time of writing. */
  constructor(path: string, read: () => State) {
    this.#path = path;
    this.#read = read;
  }

  /**
   * What the file holds; null when there is none yet.
   * @throws Error that names the file when it cannot be read as JSON.
   */
  async load(): Promise<State | null> {
    let text: string;
    try {
      text = await readFile(this.#path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
    try {
      return JSON.parse(text) as State;
    } catch (cause) {
      throw new Error(`${this.#path} is not the sandbox's state file; move it away or name another one.`, {
        cause,
      });
    }
  }

  /** Writes soon; many calls in a row make one write. */
  schedule(): void {
    if (this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.write().catch((error: unknown) => {
        process.emitWarning(`The sandbox's state could not be written to ${this.#path}: ${String(error)}`);
      });
    }, WRITE_DELAY_MS);
    this.#timer.unref();
  }

  /** Writes now. The file is replaced in one step, so that a crash leaves the old one or the new one. */
  write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // A write that failed does not keep later ones from being tried.
    const previous = this.#writing.catch(() => undefined);
    this.#writing = previous.then(async () => {
      await mkdir(dirname(this.#path), { recursive: true });
      const temporary = `${this.#path}.tmp`;
      // Holds tokens of the simulated accounts: nobody else needs to read it.
      await writeFile(temporary, JSON.stringify(this.#read()), { mode: 0o600 });
      await rename(temporary, this.#path);
    });
    return this.#writing;
  }
}
