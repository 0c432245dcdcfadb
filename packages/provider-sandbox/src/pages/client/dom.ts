type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

/**
 * Makes an element. Attributes that are functions listen (`onclick`), `true` sets an empty attribute, `false`, null and
 * undefined set none; children that are text are escaped by the browser.
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Child | Child[])[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, String(value));
  }
  for (const child of children.flat()) if (child) element.append(child);
  return element;
}

/** The main part of the page. */
export function mainElement(): HTMLElement {
  const main = document.getElementById("main");
  if (!main) throw new Error("The page has no main element.");
  return main;
}

/** What the server put into the page for its script. */
export function pageData<Data>(): Data {
  return JSON.parse(document.getElementById("page-data")?.textContent ?? "null") as Data;
}

/** Says something for a moment, also to screen readers. */
export function toast(text: string, kind: "done" | "failed" = "done"): void {
  const element = h("p", { class: `toast ${kind}`, role: kind === "failed" ? "alert" : null }, text);
  document.getElementById("toasts")?.append(element);
  setTimeout(() => element.remove(), kind === "failed" ? 8_000 : 3_000);
}

/** Calls the sandbox's own API. @throws Error with what the answer says. */
export async function sandboxApi<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(path, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(errorText(text) ?? `${method} ${path} answered ${response.status}.`);
  return (text ? JSON.parse(text) : undefined) as Answer;
}

/** The message of a failed answer, in any of the shapes that the sandbox uses. */
export function errorText(body: string): string | undefined {
  try {
    const { error, message } = JSON.parse(body) as {
      error?: string | { message?: string };
      message?: string;
    };
    if (typeof error === "object") return error.message ?? message;
    return message ?? error;
  } catch {
    return undefined;
  }
}

/** What to say about something that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Opens a modal dialog and resolves with what `close` was called with, or null when it was left with Escape. */
export function openDialog<Result>(
  label: string,
  build: (close: (result: Result | null) => void) => HTMLElement,
): Promise<Result | null> {
  return new Promise((resolve) => {
    let result: Result | null = null;
    const dialog = h("dialog", { "aria-label": label });
    dialog.append(
      build((value) => {
        result = value;
        dialog.close();
      }),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(result);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
