/** The parts of an address's path, decoded. Servers encode paths as they like: `%40` and `@` are one name. */
export function segments(path: string): string[] {
  return path
    .split("/")
    .filter((part) => part !== "")
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
}
