import { obusOfPacket, parseSequenceHeader } from "../../src/av1/index.ts";
import type { TraceElement } from "../../src/bitreader/index.ts";
import type { Dialect } from "./dialect.ts";
import { ivf } from "./sources.ts";
import type { FfmpegElement } from "./trace-headers.ts";

const obuType = (unit: Uint8Array) => ((unit[0] as number) >> 3) & 15;

/** The types of cbs_av1_read_unit. */
const decomposed: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 7, 8, 15]);

/** Up to the tiles: FFmpeg leaves the sizes between them to decoders. */
function headers(elements: readonly TraceElement[]): readonly TraceElement[] {
  return elements.filter(({ name }) => name !== "tile_size_minus_1");
}

/** The elements that FFmpeg reads as one: flags of which each says whether the value is larger. The last name counts for all others. */
const joinedNames: Readonly<Record<string, readonly string[]>> = {
  tile_cols_log2: ["increment_tile_cols_log2"],
  tile_rows_log2: ["increment_tile_rows_log2"],
  tx_mode: ["tx_mode_select"],
  subexp_more_bits: ["subexp_more_bits"],
  lr_unit_shift: ["lr_unit_shift", "lr_unit_extra_shift"],
};

function turnsOf(element: FfmpegElement, names: readonly string[]): FfmpegElement[] {
  return [...element.bits].map((turn, i) => {
    const name = (names[i] ?? names.at(-1)) as string;
    return { ...element, name, bit: element.bit + i, length: 1, bits: turn, value: Number(turn) };
  });
}

/** Padding and T.35's bytes, whose end we do not look for. */
function isPassedOver(elements: readonly FfmpegElement[]): boolean {
  return elements.some(({ name, value }) => name === "itu_t_t35_country_code" || (name === "obu_type" && value === 15));
}

/**
 * FFmpeg prints the bytes of a leb128() before its value, ns( 1 ) without bits, and what a delta_q is of; it joins flags that
 * count something.
 */
function inOurs(elements: readonly FfmpegElement[]): FfmpegElement[] {
  const found: FfmpegElement[] = [];
  let bytes = 0;
  for (const element of isPassedOver(elements) ? elements.filter(({ name }) => !/^trailing_/.test(name)) : elements) {
    const { name } = element;
    if (name === "leb128_byte") bytes++;
    else if (joinedNames[name] !== undefined) found.push(...turnsOf(element, joinedNames[name]));
    else if (bytes > 0) {
      found.push({ ...element, length: 8 * bytes });
      bytes = 0;
    } else if (element.length > 0) found.push({ ...element, name: name.replace(/^delta_q_\w+[.]/, "") });
  }
  return found;
}

/** OperatingPointIdc of the last sequence header that was looked at: first in our units, then in FFmpeg's. */
let chosenLayers = 0;

function layersOfFirstPoint(unit: Uint8Array): number {
  try {
    return parseSequenceHeader(unit).operating_points[0]?.operating_point_idc ?? 0;
  } catch {
    return chosenLayers;
  }
}

/** 5.3.1: whether the operating point drops an OBU. */
function isDropped(obu_type: number, temporal_id: number, spatial_id: number): boolean {
  if (chosenLayers === 0 || obu_type <= 2) return false;
  return ((chosenLayers >> temporal_id) & (chosenLayers >> (8 + spatial_id)) & 1) === 0;
}

/** Of an OBU of a layer that the operating point drops, whose payload we pass over, the header. */
function withoutDropped(elements: readonly FfmpegElement[]): readonly FfmpegElement[] {
  const one = (name: string) => elements.find((element) => element.name === name)?.value ?? 0;
  if (one("obu_type") === 1) chosenLayers = one("operating_point_idc");
  if (one("obu_extension_flag") === 0) return elements;
  if (!isDropped(one("obu_type"), one("temporal_id"), one("spatial_id"))) return elements;
  return elements.slice(0, elements.findIndex(({ name }) => name === "obu_size") + 1);
}

/** Whether a unit has a frame header that the operating point drops. */
function isDroppedFrame(unit: Uint8Array): boolean {
  const type = obuType(unit);
  const [header = 0, extension = 0] = unit;
  const hasFrame = type === 3 || type === 6;
  return hasFrame && (header & 4) !== 0 && isDropped(type, extension >> 5, (extension >> 3) & 3);
}

/** FFmpeg's trace of AV1 (cbs_av1_syntax_template.c) against the AV1 specification, version 1.0.0 with errata 1. */
export const av1: Dialect = {
  codec: "av1",
  ffmpegCodec: "av1",
  demuxer: "ivf",
  source: (file) => ivf(file, ({ bytes, byte }) => obusOfPacket(bytes, byte).obus),
  unitName: (unit) => `obu_type ${obuType(unit)}`,
  leftOut(unit) {
    const type = obuType(unit);
    if (type === 1) chosenLayers = layersOfFirstPoint(unit);
    return decomposed.has(type) ? undefined : `FFmpeg does not take obu_type ${type} apart`;
  },
  ours: headers,
  theirs: (elements) => inOurs(withoutDropped(elements)),
  ffmpegNames: {
    tile_size_bytes_minus_1: "tile_size_bytes_minus1",
    delta_frame_id_minus_1: "delta_frame_id_minus1",
    gold_frame_idx: "golden_frame_idx",
  },
  // 5.9.28 is called for each parameter of each reference.
  countedByUs: new Set(["subexp_more_bits", "subexp_bits", "subexp_final_bits"]),
  // What the bytes mean is not AV1's to say (5.8.2).
  beyondOurs: new Set(["itu_t_t35_payload_bytes", "obu_padding_byte"]),
  otherReferences: (unit) =>
    isDroppedFrame(unit) ? "FFmpeg's filter keeps frames that the operating point drops (5.3.1)" : undefined,
  // 5.9.22: by the order hints of the references.
  byReferences: new Set(["skip_mode_present"]),
  declaredRefusals: [
    {
      side: "ffmpeg",
      message:
        /^(Invalid value at feature_value|Missing reference frame needed|tg_start out of range|zero_bit out of range)/,
      why: "an OBU of a layer that the operating point drops (5.3.1), whose payload is none: FFmpeg's filter drops none",
      byReferences: true,
    },
  ],
};
