import { z } from "zod";

/** `true` or `false`. */
export const flag = z.enum(["true", "false"]).transform((value) => value === "true");
/** A TCP port. */
export const port = z.coerce.number().int().min(1).max(65_535);
/** An http or https address; without the slashes at its end. */
export const httpUrl = z
  .url({ protocol: /^https?$/, error: "is not an http or https address" })
  .transform(withoutEndSlash);

/** `imaps://user:password@host:993/folder`, with what a connection needs. */
export const mailboxUrl = z
  .url({ protocol: /^imaps?$/, error: "is not an imap:// or imaps:// address" })
  .transform((text, context) => {
    const url = new URL(text);
    const part = (encoded: string) => {
      try {
        return decodeURIComponent(encoded);
      } catch {
        context.addIssue({
          code: "custom",
          message: "has a % that is not followed by two hexadecimal digits; write it %25",
        });
        return "";
      }
    };
    const [user, password] = [part(url.username), part(url.password)];
    if (url.username === "" || url.password === "") {
      context.addIssue({ code: "custom", message: "names no user and password: imaps://user:password@host" });
    }
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const loopback = host === "localhost" || host === "::1" || host.startsWith("127.");
    const inTheClear = loopback ? ("none" as const) : ("upgrade" as const);
    return {
      host,
      port: Number(url.port) || (url.protocol === "imaps:" ? 993 : 143),
      tls: url.protocol === "imaps:" ? ("immediate" as const) : inTheClear,
      user,
      password,
      folder: part(url.pathname.slice(1)) || "INBOX",
    };
  });

/** `id:base64,id:base64`: what each key is called in stored secrets, and its 32 bytes. */
export const encryptionKeys = z.string().transform((text, context) => {
  const keys = text.split(",").map((entry) => {
    const [id, encoded, ...rest] = entry.trim().split(":");
    return { id: id ?? "", key: Buffer.from(encoded ?? "", "base64"), whole: rest.length === 0 };
  });
  for (const [index, { id, key, whole }] of keys.entries()) {
    if (/^[A-Za-z0-9_-]{1,32}$/.test(id) && key.length === 32 && whole) continue;
    context.addIssue({
      code: "custom",
      message: `entry ${index + 1} is not <id>:<32 bytes in base64>; make one with: echo "k1:$(openssl rand -base64 32)"`,
    });
  }
  if (new Set(keys.map(({ id }) => id)).size !== keys.length) {
    context.addIssue({ code: "custom", message: "two keys have one id" });
  }
  return keys.map(({ id, key }) => ({ id, key }));
});

function withoutEndSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
