/** What an event's id says; the client only ever sees it as one opaque, case-sensitive word. */
export interface ItemId {
  mailboxKey: string;
  /** Folder of a default id; null in an immutable one. */
  folder: string | null;
  /** Key of the event, `<master>~<revision>~<yyyymmdd>` for an occurrence. */
  itemKey: string;
}

const DEFAULT_PREFIX = "AAMkAGQ_";
const IMMUTABLE_PREFIX = "AAkALgA_";
const SUFFIX = "-AAA=";

/** A default id, which changes when the item moves to another folder. */
export function defaultId(mailboxKey: string, folder: string, itemKey: string): string {
  return DEFAULT_PREFIX + encode(`${mailboxKey}|${folder}|${itemKey}`) + SUFFIX;
}

/** An immutable id, which the item keeps inside its mailbox. */
export function immutableId(mailboxKey: string, itemKey: string): string {
  return IMMUTABLE_PREFIX + encode(`${mailboxKey}|${itemKey}`) + SUFFIX;
}

/** Reads an id of either kind; null for a word that is none. */
export function readItemId(id: string): ItemId | null {
  const isDefault = id.startsWith(DEFAULT_PREFIX);
  if (!(isDefault || id.startsWith(IMMUTABLE_PREFIX)) || !id.endsWith(SUFFIX)) return null;
  const prefix = isDefault ? DEFAULT_PREFIX : IMMUTABLE_PREFIX;
  const parts = Buffer.from(id.slice(prefix.length, -SUFFIX.length), "base64url").toString().split("|");
  const [mailboxKey, ...rest] = parts;
  const itemKey = rest.at(-1);
  if (!mailboxKey || !itemKey || rest.length !== (isDefault ? 2 : 1)) return null;
  return { mailboxKey, folder: isDefault ? (rest[0] as string) : null, itemKey };
}

/** Key of an occurrence. @param date its original date, `yyyy-mm-dd` */
export function occurrenceKey(masterKey: string, revision: number, date: string): string {
  return `${masterKey}~${revision}~${date.replaceAll("-", "")}`;
}

/** The parts of an occurrence's key; null for the key of another event. */
export function readOccurrenceKey(key: string): { masterKey: string; revision: number; date: string } | null {
  const match = /^([^~]+)~(\d+)~(\d{4})(\d{2})(\d{2})$/.exec(key);
  if (!match) return null;
  const [, masterKey, revision, year, month, day] = match as unknown as string[];
  return { masterKey: masterKey as string, revision: Number(revision), date: `${year}-${month}-${day}` };
}

function encode(text: string): string {
  return Buffer.from(text).toString("base64url");
}
