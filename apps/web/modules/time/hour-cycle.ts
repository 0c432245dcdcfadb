import type { HourCycle } from "./format.ts";

/**
 * How people of a language count the hours, from what their browser asks for (`en-US,en;q=0.9`). Decided on the server and handed to
 * the browser, so that both write the same.
 * @param acceptLanguage null and unknown languages count to 24
 */
export function hourCycleOf(acceptLanguage: string | null): HourCycle {
  const language = acceptLanguage?.split(",")[0]?.split(";")[0]?.trim();
  if (!language) return "h23";
  try {
    const { hourCycle } = new Intl.DateTimeFormat(language, { hour: "numeric" }).resolvedOptions();
    return hourCycle === "h12" || hourCycle === "h11" ? "h12" : "h23";
  } catch {
    return "h23";
  }
}
