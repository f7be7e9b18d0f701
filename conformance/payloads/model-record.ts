import type { Comparator, History, Occurrence, ReferenceLabel, Side } from "../../src/compare/comparator.ts";
import { type EffectiveRequest, indexTimestamps } from "../../src/compare/request.ts";
import { verdictsOf } from "../../src/compare/rows.ts";
import { compileVerdict } from "../../src/compare/rules.ts";
import type { Value, Values } from "../../src/compare/values.ts";
import type { Deviation } from "./deviation.ts";
import { readRequests } from "./requests.ts";

/** A deviation, with the row of disagreements.json that says why it is right: one that is about the model, too. */
interface ModelDeviation extends Omit<Deviation, "stream" | "mode"> {
  readonly row: string | undefined;
}

/**
 * Compares our requests with those that an independent model of the specification would make: a record. What a driver reads is
 * compared, references as pictures, and the OUTPUT buffers.
 */
export function compareModelRecord(
  path: string,
  comparator: Pick<Comparator, "codec" | "view" | "conditions">,
  ours: readonly EffectiveRequest[],
): ModelDeviation[] {
  const model = readRequests(path);
  const deviations: ModelDeviation[] = [];
  if (model.length !== ours.length) {
    const field = "requests";
    deviations.push({ picture: -1, field, expected: model.length, ours: ours.length, row: undefined });
  }
  const [ourSides, theirSides] = [ours, model].map((requests) => sidesOf(requests, comparator.view)) as [
    Side[],
    Side[],
  ];
  const explain = explainer(comparator, ourSides);
  for (const [picture, { view: expected }] of theirSides.entries()) {
    const side = ourSides[picture];
    if (side === undefined) break;
    const [a, b] = [expected.fields, side.view.fields];
    for (const field of new Set([...a.keys(), ...b.keys()])) {
      const [wanted, found] = [a.get(field) ?? "absent", b.get(field) ?? "absent"];
      if (wanted === found) continue;
      deviations.push({ picture, field, expected: wanted, ours: found, row: explain(side, field, found) });
    }
  }
  return deviations;
}

/** Finds the row that says why our value is right, and not the model's. */
function explainer(
  { codec, conditions }: Pick<Comparator, "codec" | "conditions">,
  sides: readonly Side[],
): (ours: Side, field: string, value: Value) => string | undefined {
  const rules = verdictsOf(codec)
    .filter(({ ofModel }) => ofModel === true)
    .map((verdict) => compileVerdict(verdict, conditions));
  const missing = { gst: new Set<number>(), ff: new Set<number>() };
  const history: History = { stream: new Uint8Array(0), sides, peers: {}, partner: () => undefined, missing };
  return (ours, field, value) => {
    const values = { ours: value, gst: undefined, ff: undefined };
    const occurrence: Occurrence = { field, ours, gst: undefined, ff: undefined, values, entries: {}, history };
    return rules.find((rule) => rule.matches(occurrence))?.verdict.id;
  };
}

/** Requests with their fields and OUTPUT buffers, references by their requests. */
function sidesOf(requests: readonly EffectiveRequest[], view: Comparator["view"]): Side[] {
  const times = indexTimestamps(requests);
  return requests.map((request) => {
    const label: ReferenceLabel = (timestamp) => {
      const user = times.before(request.index, timestamp);
      if (user !== undefined) return `#${times.pictureOf(user)}`;
      return timestamp === 0n ? "none" : `timestamp ${timestamp}`;
    };
    const seen = view(request, label);
    const fields: Values = new Map([
      ...seen.fields,
      ["@.bitstream", `${request.bytes} bytes, crc32 ${request.crc32.toString(16)}`],
    ]);
    return { request, view: { ...seen, fields } };
  });
}
