const longest = 40;

/** A value of an input for a message, as one short line. Lists and objects may be nested deeply, text may be long or hold line breaks. */
export function summary(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  if (value === undefined) return "missing";
  // Of a long text only what is shown is made printable.
  const shown = typeof value === "string" ? value.slice(0, longest + 1) : value;
  const text = typeof shown === "bigint" ? String(shown) : JSON.stringify(shown);
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}
