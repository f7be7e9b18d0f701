import type { Controls } from "../../src/record/format.ts";
import { controlByName } from "../../src/uapi/index.ts";
import { type Scalar, type Struct, viewOf } from "../../src/uapi/struct.ts";
import type { DriverRun, TraceEvent } from "./trace-log.ts";

/** Which part of which control an event shows. */
interface Place {
  readonly control: string;
  /** What its fields' paths begin with; `#` is the element's index. */
  readonly prefix?: string;
}

/** visl's events (drivers/media/test-drivers/visl/visl-trace-*.h). Of dynamic arrays they show the first element. */
const places: Readonly<Record<string, Place>> = {
  v4l2_ctrl_h264_sps: { control: "H264_SPS" },
  v4l2_ctrl_h264_pps: { control: "H264_PPS" },
  v4l2_ctrl_h264_scaling_matrix: { control: "H264_SCALING_MATRIX" },
  v4l2_ctrl_h264_pred_weights: { control: "H264_PRED_WEIGHTS" },
  v4l2_ctrl_h264_slice_params: { control: "H264_SLICE_PARAMS" },
  v4l2_h264_ref_pic_list0: { control: "H264_SLICE_PARAMS", prefix: "ref_pic_list0[#]." },
  v4l2_h264_ref_pic_list1: { control: "H264_SLICE_PARAMS", prefix: "ref_pic_list1[#]." },
  v4l2_ctrl_h264_decode_params: { control: "H264_DECODE_PARAMS" },
  v4l2_h264_dpb_entry: { control: "H264_DECODE_PARAMS", prefix: "dpb[#]." },
  v4l2_ctrl_hevc_sps: { control: "HEVC_SPS" },
  v4l2_ctrl_hevc_pps: { control: "HEVC_PPS" },
  v4l2_ctrl_hevc_slice_params: { control: "HEVC_SLICE_PARAMS" },
  v4l2_hevc_pred_weight_table: { control: "HEVC_SLICE_PARAMS", prefix: "pred_weight_table." },
  v4l2_ctrl_hevc_scaling_matrix: { control: "HEVC_SCALING_MATRIX" },
  v4l2_ctrl_hevc_decode_params: { control: "HEVC_DECODE_PARAMS" },
  v4l2_hevc_dpb_entry: { control: "HEVC_DECODE_PARAMS", prefix: "dpb[#]." },
  v4l2_ctrl_hevc_ext_sps_lt_rps: { control: "HEVC_EXT_SPS_LT_RPS" },
  v4l2_ctrl_hevc_ext_sps_st_rps: { control: "HEVC_EXT_SPS_ST_RPS" },
  v4l2_ctrl_vp8_frame: { control: "VP8_FRAME" },
  v4l2_ctrl_vp8_entropy: { control: "VP8_FRAME" },
  v4l2_ctrl_vp9_frame: { control: "VP9_FRAME" },
  v4l2_ctrl_vp9_compressed_hdr: { control: "VP9_COMPRESSED_HDR" },
  v4l2_ctrl_vp9_compressed_coeff: { control: "VP9_COMPRESSED_HDR" },
  v4l2_vp9_mv_probs: { control: "VP9_COMPRESSED_HDR", prefix: "mv." },
  v4l2_ctrl_mpeg2_sequence: { control: "MPEG2_SEQUENCE" },
  v4l2_ctrl_mpeg2_picture: { control: "MPEG2_PICTURE" },
  v4l2_ctrl_mpeg2_quantisation: { control: "MPEG2_QUANTISATION" },
  v4l2_ctrl_av1_sequence: { control: "AV1_SEQUENCE" },
  v4l2_ctrl_av1_frame: { control: "AV1_FRAME" },
  v4l2_ctrl_av1_tile_group_entry: { control: "AV1_TILE_GROUP_ENTRY" },
  v4l2_ctrl_av1_film_grain: { control: "AV1_FILM_GRAIN" },
};

/** Fields and flags that the events spell otherwise than the header. */
const spellings: Readonly<Record<string, string>> = {
  "weight_factor[0]": "weight_factors[0]",
  "weight_factor[1]": "weight_factors[1]",
  tile_rows_log_2: "tile_rows_log2",
  INTA_VLC: "INTRA_VLC",
  LF_ADJ_ENABLED: "LF_ADJ_ENABLE",
  SEGMENT_ENABLED: "SEGMENT_FLAG_ENABLED",
  SEGMENT_UPDATE_MAP: "SEGMENT_FLAG_UPDATE_MAP",
  SEGMENT_UPDATE_FEATURE_DATA: "SEGMENT_FLAG_UPDATE_FEATURE_DATA",
  SEGMENT_DELTA_VALUE_MODE: "SEGMENT_FLAG_DELTA_VALUE_MODE",
};

/** Fields that the events print as hexadecimal digits without a prefix. */
const hexadecimal = new Set(["lt_ref_pic_poc_lsb_sps", "used_by_curr_pic", "use_delta_flag"]);

/** How the controls that the driver had compare with those that it was sent. */
export interface TracedComparison {
  /** How many fields were compared. */
  readonly fields: number;
  readonly differences: readonly string[];
}

/**
 * Compares what the driver traced of a request with the controls in effect for it. A control that is not in effect is what the
 * driver had before, and is not compared.
 *
 * @throws Error for an event, a field or a value that is not understood: nothing is left out silently.
 */
export function compareTraced(run: DriverRun, controls: Controls): TracedComparison {
  const differences: string[] = [];
  const seen = new Map<string, number>();
  let fields = 0;
  for (const event of run.events) {
    const place = places[event.name];
    if (place === undefined) throw new Error(`unknown event ${event.name}`);
    const index = seen.get(event.name) ?? 0;
    seen.set(event.name, index + 1);
    const name = `V4L2_CID_STATELESS_${place.control}`;
    const payload = controls.get(name);
    const definition = controlByName(name);
    if (!(payload instanceof Uint8Array) || definition?.type !== "struct") continue;
    const prefix = (place.prefix ?? "").replace("#", String(index));
    for (const [field, text] of eventFields(event)) {
      const path = prefix + field;
      const leaf = findField(definition.struct, path);
      const bytes = payload.subarray(leaf.offset, leaf.offset + leaf.size);
      fields++;
      if (hasValue(bytes, leaf.type, text, hexadecimal.has(field))) continue;
      differences.push(
        `${place.control} ${path}: the driver had ${text}, it was sent ${Buffer.from(bytes).toString("hex")}`,
      );
    }
  }
  const traced = new Set([...seen.keys()].map((event) => places[event]?.control));
  for (const control of new Set(Object.values(places).map((place) => place.control))) {
    const isSent = controls.get(`V4L2_CID_STATELESS_${control}`) instanceof Uint8Array;
    if (isSent && !traced.has(control)) differences.push(`${control}: it was sent, and the driver traced none`);
  }
  return { fields, differences };
}

/** The fields of an event as they are printed: one a line, arrays of two dimensions over several lines; list entries in one line. */
function* eventFields({ name, text }: TraceEvent): Generator<[field: string, value: string], void, undefined> {
  const entry = /^\[\d+\]: (.*)$/.exec(text);
  const source = entry === null ? text : entry[1]!.replace(/,? (?=(?:\w+_num|fields|flags|index|\w+_cnt)\b)/g, "\n");
  for (const [whole, field, block, value] of source.matchAll(/^ ?([\w.[\]]+)(?:: ?| )(?:\{\n([^}]*)\}|(.*))$/gm)) {
    if (block === undefined && value!.startsWith("{") && !value!.endsWith("}"))
      throw new Error(`${name} is cut off: ${whole}`);
    const spelled = field!.replace(/^weight_factor\[\d\]/, (part) => spellings[part]!);
    yield [spellings[spelled] ?? spelled, block ?? value!];
  }
}

/** A field of a struct, which may lie in another: its place in the outer one. */
interface FoundField {
  readonly type: Scalar;
  readonly offset: number;
  readonly size: number;
}

function findField(struct: Struct, path: string): FoundField {
  const [, name, index = "0", rest] = /^(\w+)(?:\[(\d+)\])?(?:\.(.+))?$/.exec(path) ?? [];
  const field = struct.fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`${struct.name} has no field ${path}`);
  const { type, size } = field;
  const offset = field.offset + Number(index) * type.size;
  if (rest === undefined && type.kind === "scalar") return { type, offset, size };
  if (rest === undefined || type.kind === "scalar") throw new Error(`${struct.name}: ${path} is no integer`);
  const inner = findField(type, rest);
  return { ...inner, offset: offset + inner.offset };
}

/** Whether bytes of a payload are what an event printed. */
function hasValue(bytes: Uint8Array, type: Scalar, text: string, isHexadecimal: boolean): boolean {
  const list = /^\{(.*)\}$/.exec(text);
  if (list !== null) {
    const items = list[1]!.split(",");
    const complete = items.length * type.size === bytes.length;
    return complete && items.every((item, i) => BigInt(item) === elementAt(bytes, type, i));
  }
  if (bytes.length > type.size) {
    const dumped = Buffer.from(text.replace(/\s/g, ""), "hex");
    return dumped.length === bytes.length && dumped.equals(bytes);
  }
  if (isHexadecimal) return BigInt(`0x${text}`) === elementAt(bytes, type, 0);
  if (/^(?:0x[0-9a-f]+|-?\d+)$/.test(text)) return BigInt(text) === BigInt(type.read(viewOf(bytes), 0));
  const names = type.flags ?? type.values;
  if (names === undefined) throw new Error(`"${text}" of an integer without names`);
  const bits = text === "" ? [] : text.split("|").map((word) => named(names, spellings[word] ?? word));
  return bits.reduce((all, bit) => all | bit, 0n) === elementAt(bytes, type, 0);
}

/** An element as an unsigned integer. */
function elementAt(bytes: Uint8Array, type: Scalar, index: number): bigint {
  return BigInt.asUintN(8 * type.size, BigInt(type.read(viewOf(bytes), index * type.size)));
}

/**
 * The constant that a word stands for: the one whose name ends with it, and has least before it (TILES_ENABLED is not
 * LOOP_FILTER_ACROSS_TILES_ENABLED). Bits without a name are printed as a number.
 */
function named(names: Readonly<Record<string, number>>, word: string): bigint {
  if (word.startsWith("0x")) return BigInt(word);
  const ending = Object.keys(names).filter((name) => name === word || name.endsWith(`_${word}`));
  const [found] = ending.sort((a, b) => a.length - b.length);
  if (found === undefined) throw new Error(`"${word}" is none of ${Object.keys(names)}`);
  return BigInt(names[found]!);
}
