/** AV1: an OBU in which one syntax element has another value, and the stream with it, whose sizes are right again. */
import type { TraceElement } from "../bitreader/index.ts";
import { joined } from "../framing/bytes.ts";
import { beginsWithTemporalUnit, isTemporalUnit, leb128At } from "../framing/obu.ts";
import { BitWriter } from "./bit-writer.ts";
import { codedElement } from "./coded-element.ts";

/** trailing_bits() and byte_alignment(): written anew, after whatever elements an OBU then has. */
export const closingObuBits: ReadonlySet<string> = new Set(["trailing_one_bit", "trailing_zero_bit", "zero_bit"]);

/** What was read of an OBU, or of a length of Annex B. */
interface ReadObu {
  readonly bytes: Uint8Array;
  readonly elements: readonly TraceElement[];
}

/**
 * An OBU with another value of one element. Its obu_size is right again, unless that is what changes. What is not read (tiles) stays as it
 * was.
 */
export function rewrittenObu({ bytes, elements }: ReadObu, changed: TraceElement, value: number): Uint8Array {
  // A size of a tile keeps its length, and lies among bytes that are not read.
  if (changed.descriptor === "le") return splicedObu(bytes, changed, value);
  const payloadAt = elements.findIndex(({ name }) => !inHeader.has(name));
  const first = payloadAt < 0 ? elements.length : payloadAt;
  const header = new BitWriter();
  const sized = elements.slice(0, first).find(({ name }) => name === "obu_size");
  for (const element of elements.slice(0, first)) if (element !== sized) put(header, element, changed, value);
  const last = elements[first - 1];
  const begin = last === undefined ? 0 : (last.bit + last.length) >> 3;
  const payload = rewrittenPayload(bytes, begin, elements.slice(first), changed, value);
  const size = sized === undefined ? [] : [leb128(sized === changed ? value : payload.length, sized.length / 8)];
  return joined([header.bytes(), ...size, payload]);
}

/** The elements of obu_header(), and obu_size: 5.3.1 to 5.3.3. */
const inHeader: ReadonlySet<string> = new Set([
  "obu_forbidden_bit",
  "obu_type",
  "obu_extension_flag",
  "obu_has_size_field",
  "obu_reserved_1bit",
  "temporal_id",
  "spatial_id",
  "extension_header_reserved_3bits",
  "obu_size",
]);

function put(w: BitWriter, element: TraceElement, changed: TraceElement, value: number): void {
  for (const bit of codedElement(element === changed ? { ...element, value } : element).bits) w.u(1, bit);
}

/** The elements of a payload, and the bytes after them. */
function rewrittenPayload(
  bytes: Uint8Array,
  begin: number,
  elements: readonly TraceElement[],
  changed: TraceElement,
  value: number,
): Uint8Array {
  // Sizes of tiles are among the tiles, which stay.
  const tiles = elements.findIndex(({ descriptor }) => descriptor === "le");
  const read = elements.slice(0, tiles < 0 ? elements.length : tiles);
  const w = new BitWriter();
  const align = () => w.u((8 - (w.position & 7)) & 7, 0);
  let trailing = 0;
  for (const element of read) {
    if (element.name.startsWith("trailing_")) trailing++;
    if (closingObuBits.has(element.name)) continue;
    // In an OBU_FRAME, the tile group begins at a byte.
    if (element.name === "tile_start_and_end_present_flag") align();
    put(w, element, changed, value);
  }
  const last = read.at(-1);
  const end = last === undefined ? begin * 8 : last.bit + last.length;
  if (trailing > 0) {
    w.trailing();
    for (let more = 8; more < trailing; more += 8) w.u(8, 0);
    return joined([w.bytes(), bytes.subarray((end + 7) >> 3)]);
  }
  // Where a payload is read to its end, or to its tiles, that is at a byte. Else the bits that follow stay next to each other.
  if ((end & 7) !== 0) {
    for (let bit = end; bit < bytes.length * 8; bit++) w.u(1, ((bytes[bit >> 3] as number) >> (7 - (bit & 7))) & 1);
    return w.bytes();
  }
  align();
  return joined([w.bytes(), bytes.subarray((end + 7) >> 3)]);
}

/** An element that has the same length with any value. */
function splicedObu(bytes: Uint8Array, changed: TraceElement, value: number): Uint8Array {
  const coded = codedElement({ ...changed, value }).bytes();
  return joined([bytes.subarray(0, changed.bit >> 3), coded, bytes.subarray((changed.bit + changed.length) >> 3)]);
}

/** In at least so many bytes. */
function leb128(value: number, bytes: number): Uint8Array {
  let needed = 1;
  while (value >= 128 ** needed) needed++;
  return new BitWriter().leb128(Math.max(needed, bytes), value).bytes();
}

const IVF_FRAME_HEADER = 12;
const IVF_SIGNATURE = 0x444b4946;

/**
 * The stream with other bytes in the place of an OBU: the sizes of what contains it are written anew, those of an IVF file's frame and
 * of Annex B.
 *
 * @param at where the OBU begins, and how many bytes it had.
 */
export function withObu(stream: Uint8Array, at: number, length: number, obu: Uint8Array): Uint8Array {
  const place = { at, length };
  if (stream.length >= 4 && viewOf(stream).getUint32(0) === IVF_SIGNATURE) return inIvf(stream, place, obu);
  if (!beginsWithTemporalUnit(stream)) return spliced(stream, place, obu);
  const unit = boxAround(stream, 0, stream.length, at);
  if (unit === undefined) return spliced(stream, place, obu);
  const packet = stream.subarray(unit.begin, unit.end);
  const changed = inPacket(packet, { at: at - unit.begin, length }, obu);
  return joined([stream.subarray(0, unit.begin), changed, stream.subarray(unit.end)]);
}

interface ObuPlace {
  readonly at: number;
  readonly length: number;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function spliced(bytes: Uint8Array, { at, length }: ObuPlace, obu: Uint8Array): Uint8Array {
  return joined([bytes.subarray(0, at), obu, bytes.subarray(at + length)]);
}

function inIvf(file: Uint8Array, { at, length }: ObuPlace, obu: Uint8Array): Uint8Array {
  const view = viewOf(file);
  for (let header = view.getUint16(6, true); header + IVF_FRAME_HEADER <= file.length; ) {
    const begin = header + IVF_FRAME_HEADER;
    const end = Math.min(file.length, begin + view.getUint32(header, true));
    if (at < end) {
      const packet = inPacket(file.subarray(begin, end), { at: at - begin, length }, obu);
      const changed = joined([file.subarray(0, begin), packet, file.subarray(end)]);
      viewOf(changed).setUint32(header, packet.length, true);
      return changed;
    }
    header = end;
  }
  return spliced(file, { at, length }, obu);
}

/** A packet that is a temporal unit of Annex B, or OBUs one after the other. */
function inPacket(packet: Uint8Array, place: ObuPlace, obu: Uint8Array): Uint8Array {
  return isTemporalUnit(packet) ? inBoxes(packet, 3, place, obu) : spliced(packet, place, obu);
}

/** A length, and what it counts. */
interface Box {
  /** Where the length begins. */
  readonly begin: number;
  /** Where what it counts begins, and where it ends. */
  readonly inside: number;
  readonly end: number;
}

/** The one of boxes that follow each other that has a byte inside. */
function boxAround(bytes: Uint8Array, from: number, to: number, at: number): Box | undefined {
  for (let begin = from; begin < to; ) {
    const size = leb128At(bytes, begin);
    if (!size) return undefined;
    const inside = begin + size.bytes;
    const end = Math.min(to, inside + size.value);
    if (at < end) return { begin, inside, end };
    begin = end;
  }
  return undefined;
}

/** Boxes in each other, so many of them: temporal_unit, frame_unit and open_bitstream_unit (B.2). A change of a length changes no other. */
function inBoxes(bytes: Uint8Array, depth: number, place: ObuPlace, obu: Uint8Array): Uint8Array {
  const box = depth === 0 ? undefined : boxAround(bytes, 0, bytes.length, place.at);
  if (box === undefined || place.at < box.inside) return spliced(bytes, place, obu);
  const inner = { at: place.at - box.inside, length: place.length };
  const content = inBoxes(bytes.subarray(box.inside, box.end), depth - 1, inner, obu);
  const before = box.end - box.inside;
  const size =
    content.length === before ? bytes.subarray(box.begin, box.inside) : leb128(content.length, box.inside - box.begin);
  return joined([bytes.subarray(0, box.begin), size, content, bytes.subarray(box.end)]);
}
