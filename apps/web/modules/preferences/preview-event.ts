import type { DestinationView } from "../api/types.ts";

/** A booking to show templates with. */
const EXAMPLE: Record<string, string> = {
  title: "Introduction: Gail Guest",
  description: "Looking forward to it.",
  location: "Studio 2",
  guest: "Gail Guest",
  guests: "Gail Guest, Noor Next",
  host: "you",
  link: "https://…/booking/…",
};

/** What a template may name. */
export const PLACEHOLDERS = Object.keys(EXAMPLE);

/** What somebody sees of an example in the calendar. */
export interface EventPreview {
  title: string;
  description: string | null;
  location: string | null;
}

/** The words in braces of a template that mean nothing. */
export function unknownPlaceholders(template: string): string[] {
  const names = [...template.matchAll(/\{([a-z]+)\}/gi)].map(([, name = ""]) => name);
  return [...new Set(names)].filter((name) => !PLACEHOLDERS.includes(name));
}

/** How an example booking looks in a destination calendar. */
export function previewEvent({ privacy, titleTemplate, descriptionTemplate }: DestinationView): EventPreview {
  const render = (template: string) =>
    template.replace(/\{([a-z]+)\}/gi, (whole, name: string) => EXAMPLE[name] ?? whole);
  const usual = privacy === "BUSY" ? "Busy" : "{title}";
  const title = render(titleTemplate?.trim() || usual);
  if (privacy !== "FULL") return { title, description: null, location: null };
  return {
    title,
    description: render(descriptionTemplate?.trim() || "{description}"),
    location: EXAMPLE["location"] ?? null,
  };
}
