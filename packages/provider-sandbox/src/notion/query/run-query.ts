import { z } from "zod";
import { validationError } from "../errors.ts";
import type { NotionFaults } from "../faults.ts";
import type { NotionStore } from "../NotionStore.ts";
import { instantOf } from "../properties/dates.ts";
import { findProperty } from "../properties/schema.ts";
import type { CellValue, DataSource, Page, Property } from "../types.ts";
import { type Row, readFilter } from "./filters.ts";

const MAX_PAGE_SIZE = 100;

const bodySchema = z.object({
  filter: z.unknown().optional(),
  sorts: z
    .array(
      z.object({
        timestamp: z.enum(["created_time", "last_edited_time"]).optional(),
        property: z.string().optional(),
        direction: z.enum(["ascending", "descending"]).optional(),
      }),
    )
    .optional(),
  start_cursor: z.string().optional(),
  page_size: z.number().int().positive().optional(),
  in_trash: z.boolean().optional(),
});

/** One page of a query's rows. */
export interface QueryPage {
  rows: Page[];
  nextCursor: string | null;
  /** True when the ceiling has cut the rest off. */
  cutOff: boolean;
}

/** Runs a query over the rows that `visible` lets through. @throws NotionApiError 400 */
export function runQuery(
  parts: { store: NotionStore; faults: NotionFaults; short: boolean },
  dataSource: DataSource,
  visible: (page: Page) => boolean,
  body: unknown,
): QueryPage {
  const { store, faults, short } = parts;
  const { behaviours } = faults;
  const parsed = bodySchema.safeParse(body ?? {});
  if (!parsed.success) throw validationError(`body failed validation: ${z.prettifyError(parsed.error)}`);
  const { filter, sorts = [], start_cursor: cursor, page_size: asked = MAX_PAGE_SIZE } = parsed.data;
  if (asked > MAX_PAGE_SIZE && behaviours.largePageSize === "refused")
    throw validationError(`body.page_size should be ≤ \`${MAX_PAGE_SIZE}\`, instead was \`${asked}\`.`);
  const nowMs = store.clock.nowMs();
  const cell = (page: Page) => (property: Property) => store.cellOf(page, property);
  const matches =
    filter === undefined ? null : readFilter(filter, { properties: dataSource.properties, nowMs });
  const found: Row[] = [];
  for (const page of store.pages.values()) {
    if (page.dataSourceId !== dataSource.id || page.inTrash || page.queryableFromMs > nowMs || !visible(page))
      continue;
    const row = { page, cell: cell(page) };
    if (!matches || matches(row)) found.push(row);
  }
  let ordered = found;
  if (sorts.length > 0) ordered = sortRows(found, sorts, dataSource.properties);
  else if (behaviours.shuffleUnsorted) ordered = store.random.shuffled(found);

  const from = cursor === undefined ? 0 : readCursor(cursor);
  const size = Math.min(asked, MAX_PAGE_SIZE);
  const until = Math.min(from + (short ? Math.max(1, Math.floor(size / 2)) : size), behaviours.queryLimit);
  const rows = ordered.slice(from, until).map(({ page }) => page);
  const more = until < ordered.length;
  const cutOff = more && until >= behaviours.queryLimit;
  return { rows, nextCursor: more && !cutOff ? writeCursor(until) : null, cutOff };
}

function sortRows(
  rows: Row[],
  sorts: readonly {
    timestamp?: string | undefined;
    property?: string | undefined;
    direction?: string | undefined;
  }[],
  properties: readonly Property[],
): Row[] {
  const keys = sorts.map(({ timestamp, property, direction }) => {
    const sign = direction === "descending" ? -1 : 1;
    if (timestamp) {
      return { sign, of: ({ page }: Row) => (timestamp === "created_time" ? page.createdMs : page.editedMs) };
    }
    const column = property === undefined ? undefined : findProperty(properties, property);
    if (!column) throw validationError(`Could not find sort property with name or id: ${property}`);
    return { sign, of: (row: Row) => sortKey(row.cell(column)) };
  });
  return rows.toSorted((a, b) => {
    for (const { sign, of } of keys) {
      const [left, right] = [of(a), of(b)];
      if (left !== right) return left < right ? -sign : sign;
    }
    return 0;
  });
}

function sortKey(cell: CellValue | null): string | number {
  if (!cell) return "";
  if ("segments" in cell) return cell.segments.join("");
  if (cell.type === "date") return cell.date ? instantOf(cell.date.start) : Number.POSITIVE_INFINITY;
  if (cell.type === "number") return cell.number ?? Number.POSITIVE_INFINITY;
  if (cell.type === "checkbox") return Number(cell.checked);
  if ("option" in cell) return cell.option ?? "";
  return "text" in cell ? (cell.text ?? "") : "";
}

/** Cursors stand for a position, so that rows that come or go meanwhile are listed twice or left out. */
const writeCursor = (at: number): string => `00000000-0000-4000-8000-${at.toString(16).padStart(12, "0")}`;

function readCursor(cursor: string): number {
  const at = /^00000000-0000-4000-8000-([0-9a-f]{12})$/.exec(cursor)?.[1];
  if (at === undefined) throw validationError(`The start_cursor provided is invalid: ${cursor}`);
  return Number.parseInt(at, 16);
}
