const longest = 40;

/** A value of an input for a message, as one short line. Lists and objects may be nested deeply, text may be long or hold line breaks. */
export function summary(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  if (value === undefined) return "missing";
  if (typeof value !== "string") return String(value);
  // Of a long text only what is shown is made printable.
  const shown = JSON.stringify(value.slice(0, longest));
  return value.length <= longest ? shown : `${shown.slice(0, -1)}…"`;
}
