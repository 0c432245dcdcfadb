import { NotionApiError, validationError } from "./errors.ts";

/** The versions that are answered, oldest first. */
export const VERSIONS = ["2022-06-28", "2025-09-03", "2026-03-11"] as const;
/** A version of the API, as the header names it. */
export type NotionVersion = (typeof VERSIONS)[number];

/** @throws NotionApiError 400 `missing_version`, or `validation_error` for one that never was */
export function readVersion(header: string | undefined): NotionVersion {
  if (header === undefined)
    throw new NotionApiError(
      400,
      "missing_version",
      "Notion-Version header failed validation: Notion-Version header should be defined, instead was `undefined`.",
    );
  const known = VERSIONS.find((version) => version === header);
  if (!known) throw validationError(`Notion-Version header failed validation: "${header}" is not a version.`);
  return known;
}

/** Whether rows and schemas belong to data sources rather than to databases. */
export const hasDataSources = (version: NotionVersion): boolean => version !== "2022-06-28";
