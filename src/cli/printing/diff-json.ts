import type {
  ComparedValue,
  Comparison,
  ComparisonSummary,
  Difference,
  FieldSummary,
  KnownFault,
} from "../../compare/index.ts";
import { jsonLine } from "./json.ts";

/** The lines of what `compare` finds: docs/json.md describes them. */
export function comparisonJson(found: Comparison): string[] {
  if (found.type === "pair") {
    const requests = found.requests.map(({ request }) => request);
    return found.differences.map((difference) =>
      jsonLine({ type: "difference", requests, ...differenceJson(difference) }),
    );
  }
  const { side: _side, known, ...facts } = found;
  return [jsonLine({ ...facts, ...knownJson(known) })];
}

function differenceJson(difference: Difference | FieldSummary): object {
  const { control, path, flag, values, known } = difference;
  const refusals = "refusals" in difference ? difference.refusals : [];
  return {
    control,
    path,
    ...(flag === undefined ? {} : { flag }),
    class: difference.class,
    values: values.map(valueJson),
    ...(refusals.length === 0 ? {} : { refusals: refusals.map(({ side, by, reason }) => ({ side, by, reason })) }),
    ...knownJson(known),
  };
}

function valueJson({ value, text }: ComparedValue): object {
  return value === undefined ? { text } : { value, text };
}

function knownJson(known: KnownFault | undefined): object {
  return known === undefined ? {} : { known };
}

/** The line of each field, and the last line. */
export function resultJson(summary: ComparisonSummary): string {
  const fields = summary.fields.map((field) =>
    jsonLine({ type: "field", requests: field.requests, first: field.first, ...differenceJson(field) }),
  );
  const { pairs, differing, unexplained } = summary;
  const gaps = summary.gaps.length + summary.moreGaps;
  return [...fields, jsonLine({ type: "difference-result", pairs, differing, unexplained, gaps })].join("");
}
