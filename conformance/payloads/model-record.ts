import type { Comparator, ReferenceLabel } from "../../src/compare/comparator.ts";
import { type EffectiveRequest, indexTimestamps } from "../../src/compare/request.ts";
import type { Values } from "../../src/compare/values.ts";
import type { Deviation } from "./deviation.ts";
import { readRequests } from "./requests.ts";

type ModelDeviation = Omit<Deviation, "stream" | "mode">;

/**
 * Compares our requests with those that an independent model of the specification would make: a record. What a driver reads is
 * compared, references as pictures, and the OUTPUT buffers.
 */
export function compareModelRecord(
  path: string,
  { view }: Pick<Comparator, "view">,
  ours: readonly EffectiveRequest[],
): ModelDeviation[] {
  const model = readRequests(path);
  const deviations: ModelDeviation[] = [];
  if (model.length !== ours.length) {
    deviations.push({ picture: -1, field: "requests", expected: model.length, ours: ours.length });
  }
  const [ourFields, theirFields] = [ours, model].map((requests) => fieldsOf(requests, view)) as [
    (request: EffectiveRequest) => Values,
    (request: EffectiveRequest) => Values,
  ];
  for (const [picture, expected] of model.entries()) {
    const request = ours[picture];
    if (request === undefined) break;
    const [a, b] = [theirFields(expected), ourFields(request)];
    for (const field of new Set([...a.keys(), ...b.keys()])) {
      const [wanted, found] = [a.get(field) ?? "absent", b.get(field) ?? "absent"];
      if (wanted !== found) deviations.push({ picture, field, expected: wanted, ours: found });
    }
  }
  return deviations;
}

/** A request's fields and its OUTPUT buffer, references by their requests. */
function fieldsOf(
  requests: readonly EffectiveRequest[],
  view: Comparator["view"],
): (request: EffectiveRequest) => Values {
  const times = indexTimestamps(requests);
  return (request) => {
    const label: ReferenceLabel = (timestamp) => {
      const user = times.before(request.index, timestamp);
      if (user !== undefined) return `#${times.pictureOf(user)}`;
      return timestamp === 0n ? "none" : `timestamp ${timestamp}`;
    };
    const fields = new Map(view(request, label).fields);
    fields.set("@.bitstream", `${request.bytes} bytes, crc32 ${request.crc32.toString(16)}`);
    return fields;
  };
}
