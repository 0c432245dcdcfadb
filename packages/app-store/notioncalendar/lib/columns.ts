import type { MappedField, TableColumn } from "@calsync/types";
import type { DataSourceObjectResponse } from "@notionhq/client";

/** The column in which our key and marker stand; hidden in the views of a database that we make. */
export const MARKER_COLUMN = "calsync";

/** The types of columns that can hold each field. */
export const FITTING_TYPES: Readonly<Record<MappedField, readonly string[]>> = {
  title: ["title"],
  time: ["date"],
  description: ["rich_text"],
  location: ["rich_text", "select"],
  status: ["status", "select"],
  attendees: ["rich_text", "email"],
  link: ["url"],
};

/** Property ids come escaped in places and plain in others: compared are the plain ones. */
export function plainId(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    // A lone percent sign: it was plain already.
    return id;
  }
}

/** The columns of a data source that an event's fields can be in; our own is none of them. */
export function columnsOf(dataSource: Pick<DataSourceObjectResponse, "properties">): TableColumn[] {
  return Object.values(dataSource.properties)
    .filter(({ name }) => name !== MARKER_COLUMN)
    .map((property) => ({
      id: plainId(property.id),
      name: property.name,
      type: property.type,
      options: optionsOf(property),
      fits: (Object.keys(FITTING_TYPES) as MappedField[]).filter((field) =>
        FITTING_TYPES[field].includes(property.type),
      ),
    }));
}

function optionsOf(property: DataSourceObjectResponse["properties"][string]): string[] {
  if (property.type === "select") return property.select.options.map(({ name }) => name);
  if (property.type === "status") return property.status.options.map(({ name }) => name);
  return [];
}
