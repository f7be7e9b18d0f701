// Captures as they come from broken user space: records of ours, edited.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ComparedRequest, CompareSide } from "../../src/compare/index.ts";
import type { Codec } from "../../src/events.ts";
import { RecordWriter, readRecord, resolveRequests } from "../../src/record/index.ts";
import { controlByName, payloadLeaves, viewOf } from "../../src/uapi/index.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { fixture, run } from "../cli/command-line.ts";

/** A request that can be edited. Payloads are copies. */
export interface Editable {
  timestamp: bigint;
  data: Uint8Array;
  readonly controls: Map<string, Uint8Array | number>;
}

const folder = temporaryFolder();

/** Our requests of a stream. */
export async function requestsOf(name: string, options: readonly string[] = []): Promise<Editable[]> {
  const { stdout } = await run(["record", "--with-data", ...options, fixture(name)]);
  return Array.from(resolveRequests(readRecord(stdout)), ({ timestamp, bitstream, controls }) => ({
    timestamp: BigInt(timestamp),
    data: bitstream.data as Uint8Array,
    controls: new Map(
      [...controls].map(([control, payload]) => [control, typeof payload === "number" ? payload : payload.slice()]),
    ),
  }));
}

/** Writes a record, and returns its path. */
export function written(
  name: string,
  codec: "h264" | "h265" | "vp8" | "vp9" | "av1" | "mpeg2" | "fwht",
  requests: readonly Editable[],
  producer = "my player",
): string {
  const writer = new RecordWriter({ codec, producer });
  const lines = requests.map(({ timestamp, data, controls }) =>
    writer.write({
      type: "request",
      timestamp,
      hold: false,
      bitstream: [data],
      controls: Array.from(controls, ([control, payload]) => ({ name: control, payload })),
    }),
  );
  return file(name, writer.head + lines.join(""));
}

/** Writes a text or bytes, and returns the path. */
export function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** What `diff` prints at 100 columns, with the names of files without their folders. */
export async function screen(
  a: string,
  b: string,
  options: readonly string[] = [],
): Promise<{ readonly text: string; readonly status: number }> {
  const { stdout, stderr, status } = await run(["diff", a, b, ...options]);
  const fixtures = fixture("");
  const text = (stdout + stderr).replaceAll(`${folder}/`, "").replaceAll(fixtures, "");
  return { text: text.replace(/v4l2-stateless \d+[.]\d+[.]\d+/g, "v4l2-stateless"), status };
}

/** The bytes of a payload, to be edited. */
export function viewAt(request: Editable, control: string): DataView {
  const payload = request.controls.get(control) as Uint8Array;
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
}

/** A field of a control of a request: the first one whose path is wanted. */
export function leafAt(
  { controls }: Pick<ComparedRequest, "controls">,
  control: string,
  isWanted: (path: string) => boolean,
) {
  const payload = controls.get(control) as Uint8Array;
  const definition = controlByName(control);
  if (definition === undefined || definition.type === "menu") throw new TypeError(control);
  const leaf = [...payloadLeaves(definition, payload)].find(({ path }) => isWanted(path));
  if (leaf === undefined) throw new TypeError(`${control} has no such field`);
  return { ...leaf, view: viewOf(payload) };
}

/** These requests as a side of a comparison. */
export function sideOf(codec: Codec, requests: readonly Editable[], producer: string): CompareSide {
  return {
    codec,
    producer,
    requests: requests.map(({ timestamp, data, controls }, request) => ({
      request,
      timestamp,
      bitstream: { data },
      controls,
    })),
  };
}
