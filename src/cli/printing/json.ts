/** What `--json` prints: docs/json.md and schema.json describe it. */
import { toHex } from "../../record/encoding.ts";
import type { ResolvedRequest, SequenceLine } from "../../record/index.ts";
import { controlByName, decodePayload, elementSize } from "../../uapi/index.ts";
import type { PictureLine } from "./shown-pictures.ts";

/** One object as a line. Whole numbers above 2^53 - 1 become text. */
export function jsonLine(value: object): string {
  return `${JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? exact(item) : item))}\n`;
}

function exact(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)
    ? Number(value)
    : String(value);
}

/** Unknown values are left out. */
export function sequenceJson(sequence: SequenceLine): object {
  const { pixelFormat, codedWidth, codedHeight, visible, bitDepthLuma, bitDepthChroma, chromaFormat } = sequence;
  const { components, colour, captureBuffers, realloc, keepsReferences } = sequence;
  const format = { pixelFormat, codedWidth, codedHeight, visible, bitDepthLuma, bitDepthChroma, chromaFormat };
  return { type: "sequence", ...format, components, colour, captureBuffers, realloc, keepsReferences };
}

/** @param withControls every control that is in effect, field by field. */
export function pictureJson({ request, picture, shown }: PictureLine, withControls: boolean): object {
  const { timestamp, hold, bitstream } = request;
  const { bytes, crc32 } = bitstream;
  return {
    type: "request",
    request: request.request,
    timestamp,
    hold,
    ...(bytes === undefined ? {} : { bytes }),
    ...(crc32 === undefined ? {} : { crc32: crc32.toString(16).padStart(8, "0") }),
    picture: picture === undefined ? null : { type: picture.type, ...picture.facts },
    references: picture?.references ?? [],
    flags: picture?.flags ?? [],
    shown: shown === undefined ? null : { order: shown.order, pts: shown.pts ?? null, corrupt: shown.corrupt },
    ...(withControls ? { controls: controlsJson(request) } : {}),
  };
}

function controlsJson(request: ResolvedRequest): object[] {
  return [...request.controls].map(([name, payload]) => {
    const known = request.known.get(name);
    const facts = { name, own: request.own.has(name), ...(known === undefined ? {} : { known }) };
    if (typeof payload === "number") return { ...facts, value: payload };
    const fields = fieldsOf(name, payload);
    return { ...facts, payload: toHex(payload), ...(fields === undefined ? {} : { fields }) };
  });
}

/** Undefined where the control is unknown or the payload has the wrong size. */
function fieldsOf(name: string, payload: Uint8Array): unknown {
  const control = controlByName(name);
  if (control === undefined || control.type === "menu") return undefined;
  const size = elementSize(control);
  const isWhole = control.dynamicArray === undefined ? payload.length === size : payload.length % size === 0;
  return isWhole ? decodePayload(control, payload) : undefined;
}
