import type { Control, DecodeEvent, RequestEvent } from "../src/events.ts";
import { joined } from "../src/framing/bytes.ts";
import { validate } from "../src/kernel/index.ts";
import { h264Controls } from "../src/uapi/h264.ts";
import type { References } from "./pool.ts";

const { V4L2_CID_STATELESS_H264_DECODE_PARAMS: decodeParams, V4L2_CID_STATELESS_H264_SPS: sps } = h264Controls;

const ENTRY_ACTIVE = 2;
const ENTRY_SIZE = 32;

function viewOf(event: RequestEvent, name: string): DataView {
  const payload = event.controls.find((control) => control.name === name)?.payload;
  if (!(payload instanceof Uint8Array)) throw new Error(`the request has no ${name}`);
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
}

/** The entries of v4l2_ctrl_h264_decode_params.dpb that refer to something, by offsets of the kernel's header. */
function activeEntries(event: RequestEvent): { reference_ts: number }[] {
  const view = viewOf(event, decodeParams.name);
  const entries: { reference_ts: number }[] = [];
  for (let at = 0; at < 16 * ENTRY_SIZE; at += ENTRY_SIZE) {
    const flags = view.getUint32(at + 28, true);
    if (flags & ENTRY_ACTIVE) entries.push({ reference_ts: Number(view.getBigUint64(at, true)) });
  }
  return entries;
}

/** dpb[].reference_ts, and 8.2.5.1: no more than Max(max_num_ref_frames, 1) reference frames. */
export const h264References: References = {
  timestamps: (event) => activeEntries(event).map(({ reference_ts }) => reference_ts),
  limit: (event) => {
    const frames = activeEntries(event).length;
    const most = Math.max(viewOf(event, sps.name).getUint8(10), 1);
    return frames > most ? `${frames} reference frames, max_num_ref_frames is ${most}` : undefined;
  },
};

const judged = new WeakSet<Uint8Array>();

/** What the kernel refuses of the events' controls. */
export function kernelRefusals(events: Iterable<DecodeEvent>): string[] {
  const refusals: string[] = [];
  const judge = ({ name, payload }: Control) => {
    if (payload instanceof Uint8Array) {
      if (judged.has(payload)) return;
      judged.add(payload);
    }
    for (const { path, value, reason } of validate(name, payload)) refusals.push(`${name} ${path} ${value}: ${reason}`);
  };
  for (const event of events) if (event.type === "request" || event.type === "sequence") event.controls.forEach(judge);
  return refusals;
}

/** Units after start codes of three bytes, by the definition: what lies between prefixes, without zeros at the end. */
export function unitsByDefinition(stream: Uint8Array): Uint8Array[] {
  const starts: number[] = [];
  for (let at = stream.indexOf(1, 2); at >= 0; at = stream.indexOf(1, at + 1)) {
    if (stream[at - 1] === 0 && stream[at - 2] === 0) starts.push(at + 1);
  }
  return starts.flatMap((start, i) => {
    let end = i + 1 < starts.length ? (starts[i + 1] as number) - 3 : stream.length;
    while (end > start && stream[end - 1] === 0) end--;
    return end > start ? [stream.subarray(start, end)] : [];
  });
}

export const typeOf = (unit: Uint8Array) => (unit[0] as number) & 31;

/**
 * Access units, for streams whose pictures all begin with macroblock 0 and whose first slices arrive (7.4.1.2.3): a new
 * one begins with what is no slice after a slice, and with a slice whose first_mb_in_slice is 0, the code 1.
 */
export function accessUnits(units: readonly Uint8Array[]): Uint8Array[][] {
  const accessUnits: Uint8Array[][] = [];
  let hasSlice = true;
  for (const unit of units) {
    const isSlice = typeOf(unit) === 1 || typeOf(unit) === 5;
    const beginsPicture = isSlice ? ((unit[1] ?? 0) & 0x80) !== 0 : typeOf(unit) >= 6 && typeOf(unit) <= 9;
    if (hasSlice && beginsPicture) {
      accessUnits.push([]);
      hasSlice = false;
    }
    if (accessUnits.length === 0) accessUnits.push([]);
    accessUnits.at(-1)?.push(unit);
    hasSlice ||= isSlice;
  }
  return accessUnits;
}

/** Behind start codes. */
export function annexB(units: readonly Uint8Array[]): Uint8Array {
  return joined(units.flatMap((unit) => [Uint8Array.of(0, 0, 0, 1), unit]));
}

/** Behind length prefixes. */
export function lengthPrefixed(units: readonly Uint8Array[], lengthSize: number): Uint8Array {
  return joined(
    units.flatMap((unit) => {
      const prefix = Uint8Array.of(unit.length >>> 24, unit.length >>> 16, unit.length >>> 8, unit.length);
      return [prefix.subarray(4 - lengthSize), unit];
    }),
  );
}

/** AVCDecoderConfigurationRecord with these parameter sets: ISO/IEC 14496-15, 5.3.3.1.2. */
export function avcC(lengthSize: number, sets: readonly Uint8Array[]): Uint8Array {
  const ofType = (type: number) => sets.filter((unit) => typeOf(unit) === type);
  const [first] = ofType(7);
  const header = [1, first?.[1] ?? 66, first?.[2] ?? 0, first?.[3] ?? 10, 0xfc | (lengthSize - 1)];
  return joined([
    Uint8Array.of(...header, 0xe0 | ofType(7).length),
    lengthPrefixed(ofType(7), 2),
    Uint8Array.of(ofType(8).length),
    lengthPrefixed(ofType(8), 2),
  ]);
}
