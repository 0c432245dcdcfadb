import { invalid } from "../errors.ts";

/** A parsed `fields` parameter: names to keep, each whole (null) or with a mask of its own. */
type Mask = Map<string, Mask | null>;

/**
 * Cuts an answer to what the `fields` parameter names: `a,b/c,items(id,start/dateTime)`, `*` for all.
 * A mask that does not name `nextPageToken` or `nextSyncToken` loses them, as in the real API.
 * @throws GoogleApiError 400 for a mask that cannot be read.
 */
export function applyFields(body: object, fields: string): object {
  const reader = new MaskReader(fields);
  return cut(body, reader.readAll()) as object;
}

function cut(value: unknown, mask: Mask): unknown {
  if (Array.isArray(value)) return value.map((item) => cut(item, mask));
  if (typeof value !== "object" || value === null) return value;
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const named = mask.has(key) ? mask.get(key) : mask.get("*");
    if (named === undefined) continue;
    result[key] = named === null ? inner : cut(inner, named);
  }
  return result;
}

class MaskReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readAll(): Mask {
    const mask = this.#list();
    if (this.#at < this.#text.length) throw this.#unreadable();
    return mask;
  }

  #list(): Mask {
    const mask: Mask = new Map();
    do {
      const [name, inner] = this.#selector();
      const kept = mask.get(name);
      mask.set(name, kept && inner ? new Map([...kept, ...inner]) : inner);
    } while (this.#take(","));
    return mask;
  }

  #selector(): [string, Mask | null] {
    const match = /^[A-Za-z0-9_*-]+/.exec(this.#text.slice(this.#at));
    if (!match) throw this.#unreadable();
    this.#at += match[0].length;
    if (this.#take("/")) {
      const [name, inner] = this.#selector();
      return [match[0], new Map([[name, inner]])];
    }
    if (!this.#take("(")) return [match[0], null];
    const inner = this.#list();
    if (!this.#take(")")) throw this.#unreadable();
    return [match[0], inner];
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #unreadable() {
    return invalid(`Invalid field selection ${this.#text}`, "fields");
  }
}
