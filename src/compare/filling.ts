/** What one side of a pair does not know, taken from the other: it cannot be said to differ. */

import { numberOfElements } from "../record/format.ts";
import { type ControlDefinition, controlByName, payloadLeaves, viewOf } from "../uapi/index.ts";
import { isWholePayload } from "./payloads.ts";
import type { Payload } from "./request.ts";
import type { ComparedRequest } from "./sides.ts";

/** A payload of one side as the other would send it: with the timestamps that it gave the same pictures. */
export type Translate = (name: string, payload: Payload) => Payload;

/**
 * Both requests, each with what only the other one knows.
 *
 * @param toFirst for payloads of the second request that the first one gets. @param toSecond the other way round.
 */
export function filled(
  [a, b]: readonly [ComparedRequest, ComparedRequest],
  toFirst: Translate,
  toSecond: Translate,
): readonly [ComparedRequest, ComparedRequest] {
  return [filledFrom(a, b, toFirst), filledFrom(b, a, toSecond)];
}

function filledFrom(request: ComparedRequest, other: ComparedRequest, translate: Translate): ComparedRequest {
  const { known } = request;
  if (known === undefined || known.size === 0) return request;
  const controls = new Map(request.controls);
  for (const [name, paths] of known) {
    const sent = other.controls.get(name);
    const theirs = sent === undefined ? undefined : translate(name, sent);
    const own = controls.get(name);
    if (theirs === undefined) {
      // Nothing shows whether this side has it.
      if (paths.length === 0) controls.delete(name);
    } else if (own === undefined) controls.set(name, theirs);
    else controls.set(name, filledPayload(name, own, theirs, paths));
  }
  return { ...request, controls };
}

/** Whether some field of a control is not among the paths that are known of it. */
export function isPartlyKnown(name: string, payload: Payload | undefined, paths: readonly string[]): boolean {
  const definition = controlByName(name);
  if (definition === undefined || definition.type === "menu" || !(payload instanceof Uint8Array)) return true;
  if (!isWholePayload(definition, payload)) return true;
  const known = new Set(paths);
  if (definition.dynamicArray !== undefined && !known.has(numberOfElements)) return true;
  return payloadLeaves(definition, payload).some(({ path }) => !known.has(path));
}

type Bytes = Exclude<ControlDefinition, { readonly type: "menu" }>;

function filledPayload(name: string, own: Payload, theirs: Payload, paths: readonly string[]): Payload {
  const definition = controlByName(name);
  if (definition === undefined || definition.type === "menu") return own;
  if (!(own instanceof Uint8Array && theirs instanceof Uint8Array)) return own;
  if (!isWholePayload(definition, own) || !isWholePayload(definition, theirs)) return own;
  const payload = new Uint8Array(lengthOf(definition, own, theirs, paths));
  payload.set(own.subarray(0, payload.length));
  const known = new Set(paths);
  const view = viewOf(payload);
  for (const { path, type, offset, value } of payloadLeaves(definition, theirs)) {
    if (offset < payload.length && !known.has(path)) type.write(view, offset, value);
  }
  return payload;
}

/** Who shows elements of a list does not always show how many there are. */
function lengthOf(definition: Bytes, own: Uint8Array, theirs: Uint8Array, paths: readonly string[]): number {
  return definition.dynamicArray === undefined || paths.includes(numberOfElements) ? own.length : theirs.length;
}
