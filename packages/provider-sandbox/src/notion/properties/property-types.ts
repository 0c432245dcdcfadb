/** Columns that hold what somebody writes. */
export const WRITABLE_TYPES = [
  "title",
  "rich_text",
  "date",
  "select",
  "status",
  "multi_select",
  "checkbox",
  "number",
  "url",
  "email",
  "phone_number",
  "people",
] as const;
/** Columns that Notion fills in. */
export const COMPUTED_TYPES = ["created_time", "last_edited_time", "created_by", "last_edited_by"] as const;

/** A type of column whose cells can be written. */
export type WritableType = (typeof WRITABLE_TYPES)[number];
/** A type of column. */
export type PropertyType = WritableType | (typeof COMPUTED_TYPES)[number];
