import type { EventFields } from "../types.ts";

const HEAD = '<html><head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head>';

/** The HTML that the server makes of a body: a document of its own around the text, whatever was sent. */
export function asHtml(body: EventFields["body"]): string {
  if (body.content === "") return "";
  if (body.contentType === "text") {
    const lines = escapeHtml(body.content).replaceAll(/\r?\n/g, "<br>\r\n");
    return `${HEAD}<body><div class="PlainText">${lines}</div></body></html>`;
  }
  const inner = /<body[^>]*>([\s\S]*)<\/body>/i.exec(body.content)?.[1] ?? body.content;
  // Scripts never come back.
  const safe = inner.replaceAll(/<script[\s\S]*?<\/script>/gi, "").replaceAll(/\r?\n/g, "\r\n");
  return `${HEAD}<body>${safe}</body></html>`;
}

/** The text of a body, as `Prefer: outlook.body-content-type="text"` and the preview show it. */
export function asText(body: EventFields["body"]): string {
  if (body.contentType === "text") return body.content.replaceAll(/\r?\n/g, "\r\n");
  return body.content
    .replaceAll(/<(head|style|script)[\s\S]*?<\/\1>/gi, "")
    .replaceAll(/\s*\r?\n\s*/g, " ")
    .replaceAll(/<br\s*\/?>|<\/(p|div|li|tr|h\d)>/gi, "\r\n")
    .replaceAll(/<[^>]+>/g, "")
    .replaceAll("&nbsp;", " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")
    .trim();
}

/** The first 255 characters of a body on one line. */
export function previewOf(body: EventFields["body"]): string {
  return asText(body).slice(0, 255);
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
