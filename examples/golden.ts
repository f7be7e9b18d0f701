/**
 * A payload golden test: what an implementation sends is compared with what the library says, control by control, as
 * the kernel would leave both (std_validate_compound), and named down to the field.
 */
import type { Codec } from "v4l2-stateless";
import { openSession } from "v4l2-stateless";
import { normalise } from "v4l2-stateless/kernel";
import type { RequestRecord } from "v4l2-stateless/record";
import { resolveRequests } from "v4l2-stateless/record";
import { controlByName, payloadLeaves } from "v4l2-stateless/uapi";

/** A field that differs: `request 3 V4L2_CID_STATELESS_H264_PPS flags: 128, not 0`. */
export function differences(codec: Codec, stream: Uint8Array, captured: RequestRecord): string[] {
  const session = openSession(codec);
  const requests = [...session.push(stream), ...session.flush()].filter((event) => event.type === "request");
  const found: string[] = [];
  let number = 0;
  for (const { controls } of resolveRequests(captured)) {
    const request = requests[number];
    if (request === undefined) return [...found, `request ${number}: the stream has no such picture`];
    for (const { name, payload } of request.controls) {
      const theirs = controls.get(name);
      if (!(payload instanceof Uint8Array && theirs instanceof Uint8Array)) continue;
      for (const path of differentFields(name, payload, normalise(name, theirs))) {
        found.push(`request ${number} ${name} ${path}`);
      }
    }
    number++;
  }
  return found;
}

function differentFields(name: string, ours: Uint8Array, theirs: Uint8Array): string[] {
  const control = controlByName(name);
  if (control === undefined || control.type === "menu") return [];
  const wanted = payloadLeaves(control, ours);
  const sent = payloadLeaves(control, theirs);
  return wanted.flatMap(({ path, value }, i) =>
    sent[i]?.value === value ? [] : [`${path}: ${sent[i]?.value}, not ${value}`],
  );
}
