import type { Control } from "../../src/events.ts";
import type { RecordHeader } from "../../src/record/format.ts";
import { RecordWriter } from "../../src/record/write.ts";
import { controlById } from "../../src/uapi/index.ts";

/** A line of intercept.c. `request` is the file of a request, or -1 for what was set outside of one. */
type Call =
  | { readonly controls: readonly (readonly [id: number, payload: string | number])[]; readonly request: number }
  | { readonly buffer: string; readonly timestamp: number; readonly hold: boolean; readonly request: number }
  | { readonly queue: number }
  | { readonly reinit: number }
  /** The call of the line before was refused. */
  | { readonly failed: true };

/** A request while it is filled. */
interface OpenRequest {
  controls: Control[];
  buffer: Extract<Call, { readonly buffer: string }> | undefined;
}

/**
 * The request record of what a program told a decoder: `log` is what intercept.c wrote.
 *
 * @throws Error when a call was refused, or a request was queued without an OUTPUT buffer.
 */
export function interceptedRecord(log: string, header: RecordHeader): string {
  const calls = log
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Call);
  const requests = calls.filter((call) => "queue" in call).length;
  const writer = new RecordWriter({ ...header, requests });
  const open = new Map<number, OpenRequest>();
  const requestOf = (file: number): OpenRequest => {
    const found = open.get(file) ?? { controls: [], buffer: undefined };
    open.set(file, found);
    return found;
  };
  let text = writer.head;
  for (const call of calls) {
    if ("failed" in call) throw new Error("the kernel refused a call");
    if ("reinit" in call) open.delete(call.reinit);
    else if ("buffer" in call) requestOf(call.request).buffer = call;
    else if ("queue" in call) text += writeRequest(writer, requestOf(call.queue));
    else if (call.request >= 0) requestOf(call.request).controls.push(...call.controls.map(toControl));
    else text += writer.set(call.controls.map(toControl));
  }
  return text;
}

function toControl([id, payload]: readonly [number, string | number]): Control {
  const definition = controlById(id);
  if (definition === undefined) throw new Error(`control 0x${id.toString(16)} is none of a stateless decoder`);
  const value = typeof payload === "number" ? payload : Buffer.from(payload, "hex");
  return { name: definition.name, id, payload: value } as Control;
}

function writeRequest(writer: RecordWriter, { controls, buffer }: OpenRequest): string {
  if (buffer === undefined) throw new Error("a request was queued without an OUTPUT buffer");
  const { timestamp, hold } = buffer;
  return writer.write({ type: "request", timestamp, hold, bitstream: [Buffer.from(buffer.buffer, "hex")], controls });
}
