/** Streams in which one syntax element has another value. */
import type { Arbitrary } from "fast-check";
import { elementPath, type Trace, type TraceElement } from "../bitreader/index.ts";
import { detect } from "../containers/detect.ts";
import type { Codec } from "../events.ts";
import { joined } from "../framing/bytes.ts";
import { openSession } from "../open-session.ts";
import { type CodedBools, codedBools, withBools } from "./coded-bools.ts";
import { chosen, fastCheck } from "./fast-check.ts";
import { withLeastFirst } from "./least-first.ts";
import { closingObuBits, rewrittenObu, withObu } from "./rewritten-obu.ts";
import { closingBits, rewrittenUnit } from "./rewritten-unit.ts";

/** A stream, and what was changed in it. */
export interface EditedStream {
  readonly bytes: Uint8Array;
  /** The number of the unit, as `v4l2-stateless trace` counts them. */
  readonly unit: number;
  /** Its type: `"seq_parameter_set_rbsp (nal_unit_type 7)"`. */
  readonly kind: string;
  /** With subscripts: `"offset_for_ref_frame[2]"`. */
  readonly element: string;
  readonly from: number;
  readonly to: number;
}

/** What `editedStream` may be told. */
export interface EditedStreamOptions {
  /** Default: what the bytes show. */
  readonly codec?: Codec | undefined;
  /** Changes only elements for which this is true. Default: all. */
  readonly only?: ((element: { readonly kind: string; readonly name: string }) => boolean) | undefined;
}

interface Unit {
  readonly number: number;
  readonly kind: string;
  readonly byte: number;
  readonly bytes: Uint8Array;
  readonly elements: TraceElement[];
}

/**
 * Streams that have another value in one syntax element of those that a session reads. All others are written again as they were, so
 * the change reaches what comes after the first checks of a parser. What is not read (slice data) stays bit by bit.
 *
 * @param bytes a byte stream (Annex B, MPEG-2 video), an IVF file for VP8 and VP9; for AV1 OBUs, Annex B or an IVF file.
 * @throws TypeError where the bytes show no codec and none is named, and where nothing can be changed. Error without fast-check.
 */
export function editedStream(bytes: Uint8Array, options: EditedStreamOptions = {}): Arbitrary<EditedStream> {
  const fc = fastCheck();
  if (!(bytes instanceof Uint8Array)) throw new TypeError("editedStream: the stream must be a Uint8Array");
  const codec = options.codec ?? codecOf(bytes);
  const places = placesIn(bytes, codec, options.only ?? (() => true));
  if (places.length === 0) throw new TypeError("editedStream: there is no element that could be changed");
  return fc.nat(places.length - 1).chain((i) => {
    const place = places[i] as Place;
    return otherValue(place).map((to) => edited(bytes, codec, place, to));
  });
}

function codecOf(bytes: Uint8Array): Codec {
  const detected = detect(bytes);
  if (detected?.kind === "stream") return detected.codec;
  throw new TypeError(
    "editedStream: the bytes must be a byte stream or an IVF file; name its codec where they do not show it",
  );
}

/** An element that can be changed. */
interface Place {
  readonly unit: Unit;
  readonly element: TraceElement;
  /** Of a frame of VP8 or VP9: its bools, and the element's place among them. */
  readonly bools: CodedBools | undefined;
  readonly boolIndex: number;
}

function placesIn(bytes: Uint8Array, codec: Codec, only: NonNullable<EditedStreamOptions["only"]>): Place[] {
  const units: Unit[] = [];
  const trace: Trace = {
    unit: ({ name, byte, bytes: unit }) =>
      void units.push({ number: units.length, kind: name, byte, bytes: unit.slice(), elements: [] }),
    element: (element) => void units.at(-1)?.elements.push(element),
  };
  const session = openSession(codec, { trace });
  session.push(bytes);
  session.flush();
  const closing = codec === "av1" ? closingObuBits : closingBits;
  return units.flatMap((unit) => {
    if (unit.byte < 0) return [];
    const bools = isFrame(codec) ? codedBools(unit.elements) : undefined;
    let coded = 0;
    return unit.elements.flatMap((element) => {
      const boolIndex = element.coder === undefined ? -1 : coded++;
      if ((element.length === 0 && boolIndex < 0) || closing.has(element.name)) return [];
      return only({ kind: unit.kind, name: element.name }) ? [{ unit, element, bools, boolIndex }] : [];
    });
  });
}

function isFrame(codec: Codec): boolean {
  return codec === "vp8" || codec === "vp9";
}

/** Near the value, near the limits, or any. */
function otherValue({ element, bools, boolIndex }: Place): Arbitrary<number> {
  const fc = fastCheck();
  const { value } = element;
  const [min, max] =
    bools !== undefined && boolIndex >= 0 ? [0, 2 ** (bools.counts[boolIndex] as number) - 1] : rangeOf(element);
  const near = [value - 1, value + 1, value * 2, value ^ 1, 0, 1, min, max].filter(
    (each) => each >= min && each <= max,
  );
  const others = [...new Set(near)].filter((each) => each !== value);
  const any = fc.maxSafeInteger().map((each) => {
    const inside = min + (Math.abs(each) % (max - min + 1));
    return inside === value ? (others[0] as number) : inside;
  });
  return others.length < 2 ? chosen(others) : fc.oneof(chosen(others), any);
}

function rangeOf({ descriptor, length, values = 1 }: TraceElement): readonly [number, number] {
  switch (descriptor) {
    case "ue":
      return [0, 2 ** 32 - 2];
    case "te":
      return length === 1 ? [0, 1] : [0, 2 ** 32 - 2];
    case "se":
      return [-(2 ** 31) + 1, 2 ** 31 - 1];
    case "ns":
      return [0, values - 1];
    case "uvlc":
      return [0, 2 ** 32 - 2];
    case "leb128":
      return [0, Math.min(2 ** 32, 128 ** (length / 8)) - 1];
    case "su":
    case "i":
      return [-(2 ** (length - 1)), 2 ** (length - 1) - 1];
    case "s":
      return [-(2 ** (length - 1)) + 1, 2 ** (length - 1) - 1];
    default:
      return [0, 2 ** Math.min(length, 52) - 1];
  }
}

function edited(stream: Uint8Array, codec: Codec, place: Place, to: number): EditedStream {
  const { unit, element } = place;
  const bytes = codec === "av1" ? withEditedObu(stream, place, to) : withEditedUnit(stream, codec, place, to);
  const path = elementPath(element.name, element.subscripts);
  const { number, kind } = unit;
  const from = element.value;
  const text = `EditedStream(${path}: ${to}, not ${from}, in unit ${number}, ${kind}, at byte ${unit.byte})`;
  // fast-check prints this instead of the bytes.
  const described = { [Symbol.for("fast-check/toStringMethod")]: () => text };
  return { bytes, unit: number, kind, element: path, from, to, ...described };
}

function withEditedObu(stream: Uint8Array, { unit, element }: Place, to: number): Uint8Array {
  return withObu(stream, unit.byte, unit.bytes.length, rewrittenObu(unit, element, to));
}

function withEditedUnit(stream: Uint8Array, codec: Codec, place: Place, to: number): Uint8Array {
  const { byte, bytes: before } = place.unit;
  const changed = changedUnit(codec, place, to);
  const bytes = joined([stream.subarray(0, byte), changed, stream.subarray(byte + before.length)]);
  if (isFrame(codec)) growFrame(bytes, byte, changed.length - before.length);
  return bytes;
}

function changedUnit(codec: Codec, { unit, element, bools, boolIndex }: Place, to: number): Uint8Array {
  const { bytes, elements } = unit;
  if (bools !== undefined && boolIndex >= 0) {
    const values = bools.values.slice();
    values[boolIndex] = to;
    return withBools(bytes, bools, values);
  }
  if (codec === "vp8") return withLeastFirst(bytes, element, to);
  // Only the uncompressed header is written again; its elements follow each other without gaps.
  const written = codec === "vp9" ? elements.filter(({ coder }) => coder === undefined) : elements;
  const isEscaped = codec === "h264" || codec === "h265";
  return rewrittenUnit(bytes, written, isEscaped, (open) =>
    open.map((each) => (each === element ? { ...each, value: to } : each)),
  );
}

const IVF_FRAME_HEADER = 12;

/** Corrects the size of the frame of an IVF file that holds this byte. */
function growFrame(file: Uint8Array, byte: number, growth: number): void {
  if (growth === 0) return;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = view.getUint16(6, true);
  for (;;) {
    const size = view.getUint32(at, true);
    const end = at + IVF_FRAME_HEADER + size;
    if (byte < end) {
      view.setUint32(at, size + growth, true);
      return;
    }
    at = end;
  }
}
