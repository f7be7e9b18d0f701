import { createHash } from "node:crypto";
import type { Control, DecodeEvent } from "../src/events.ts";

const hashes = new WeakMap<Uint8Array, string>();

/** A short name of some bytes; those of payloads are looked at once, because they never change. */
function nameOf(bytes: Uint8Array): string {
  let name = hashes.get(bytes);
  if (name === undefined) {
    name = digest([bytes]);
    hashes.set(bytes, name);
  }
  return name;
}

/** A digest of bytes that lie in parts. */
export function digest(parts: Iterable<Uint8Array>): string {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

function controlKey({ name, id, payload }: Control): string {
  return `${name} ${id} ${typeof payload === "number" ? payload : nameOf(payload)}`;
}

/** All that an event says, as text: equal for equal events. The bitstream counts by its bytes, however it is cut. */
export function eventKey(event: DecodeEvent): string {
  switch (event.type) {
    case "request": {
      const { timestamp, bitstream, controls, hold } = event;
      return `request ${timestamp} ${hold} ${digest(bitstream)} ${controls.map(controlKey).join(", ")}`;
    }
    case "sequence": {
      const { controls, ...rest } = event;
      return `${JSON.stringify(rest)} ${controls.map(controlKey).join(", ")}`;
    }
    case "error": {
      const { error, ...rest } = event;
      return `${JSON.stringify(rest)} ${error.name}`;
    }
    default:
      return JSON.stringify(event);
  }
}
