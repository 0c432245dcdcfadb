import type { PropertyType } from "./properties/property-types.ts";

/** Plans differ in how many requests a connection may make. */
export type Plan = "plus" | "business";

/** A team's place at Notion. */
export interface Workspace {
  id: string;
  name: string;
  plan: Plan;
}

/** A person of a workspace. */
export interface Person {
  id: string;
  email: string;
  name: string;
  workspaceId: string;
}

/** What a connection may do beside reading its identity. */
export interface ConnectionCapabilities {
  read: boolean;
  update: boolean;
  insert: boolean;
}

/** One installation of an integration in a workspace, with the bot that acts for it. */
export interface Connection {
  /** The bot user's id: what an OAuth answer calls `bot_id`. */
  botId: string;
  integrationId: string;
  workspaceId: string;
  ownerId: string;
  kind: "internal" | "public";
  capabilities: ConnectionCapabilities;
  /** Databases and pages that were shared; what is in them is shared with them. */
  shared: Set<string>;
  /** Pages that were taken out of what is shared. */
  hidden: Set<string>;
  revoked: boolean;
}

/** A column. */
export interface Property {
  id: string;
  name: string;
  type: PropertyType;
  /** Of select, multi_select and status. */
  options: { id: string; name: string; color: string }[];
}

/** What holds data sources, and stands on a page. */
export interface Database {
  id: string;
  workspaceId: string;
  title: string;
  dataSourceIds: string[];
  /** The page that it stands on; null at the top of the workspace. */
  parentPageId: string | null;
  createdMs: number;
  editedMs: number;
  createdBy: string;
  inTrash: boolean;
}

/** A table: its columns, and the rows that name it as their parent. */
export interface DataSource {
  id: string;
  databaseId: string;
  title: string;
  properties: Property[];
  createdMs: number;
  editedMs: number;
  createdBy: string;
  inTrash: boolean;
}

/** A date as it is stored and shown: days, or times with an offset. The end is included when it is a day. */
export interface DateValue {
  start: string;
  end: string | null;
}

/** The content of a cell. Texts are lists of segments. */
export type CellValue =
  | { type: "title" | "rich_text"; segments: string[] }
  | { type: "date"; date: DateValue | null }
  | { type: "select" | "status"; option: string | null }
  | { type: "multi_select"; options: string[] }
  | { type: "checkbox"; checked: boolean }
  | { type: "number"; number: number | null }
  | { type: "url" | "email" | "phone_number"; text: string | null }
  | { type: "people"; ids: string[] };

/** A row of a data source, or a page that stands by itself. */
export interface Page {
  id: string;
  workspaceId: string;
  dataSourceId: string | null;
  /** The title of a page that stands by itself. */
  title: string;
  /** By property id. */
  cells: Map<string, CellValue>;
  createdMs: number;
  editedMs: number;
  createdBy: string;
  editedBy: string;
  inTrash: boolean;
  isArchived: boolean;
  isLocked: boolean;
  /** Icon, or whatever else a person sets that is no property. */
  icon: string | null;
  /** Queries show it from then on. */
  queryableFromMs: number;
}

/** Who does something: a person in Notion's page, or a connection's bot. */
export interface Actor {
  id: string;
  type: "person" | "bot";
}
