/** The controls of a request, as visl's tracepoints print them (drivers/media/test-drivers/visl/visl-trace-*.h). */

import { summary } from "../record/summary.ts";
import {
  controlByName,
  type LeafField,
  leafFields,
  type Names,
  type Scalar,
  type Struct,
  viewOf,
} from "../uapi/index.ts";
import { CaptureError } from "./calls.ts";
import { meaningOf } from "./field-values.ts";
import type { FtraceEvent } from "./ftrace-lines.ts";

/** A control as a driver had it. */
export interface TracedControl {
  readonly name: string;
  readonly id: number;
  /** Of a list the first element, which is the only one that is traced. */
  readonly payload: Uint8Array;
  /** The integers that were traced. */
  readonly shown: readonly LeafField[];
  /** Whether these are all that there are. */
  readonly isWhole: boolean;
  /** Whether it is a list, a dynamic array. */
  readonly isList: boolean;
}

/** Which part of which control an event shows. */
interface Place {
  readonly control: string;
  /** What its fields' paths begin with; `#` is the element's index. */
  readonly prefix?: string;
}

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
  v4l2_ctrl_av1_sequence: { control: "AV1_SEQUENCE" },
  v4l2_ctrl_av1_frame: { control: "AV1_FRAME" },
  v4l2_ctrl_av1_film_grain: { control: "AV1_FILM_GRAIN" },
  v4l2_ctrl_av1_tile_group_entry: { control: "AV1_TILE_GROUP_ENTRY" },
  v4l2_ctrl_mpeg2_sequence: { control: "MPEG2_SEQUENCE" },
  v4l2_ctrl_mpeg2_picture: { control: "MPEG2_PICTURE" },
  v4l2_ctrl_mpeg2_quantisation: { control: "MPEG2_QUANTISATION" },
  v4l2_ctrl_fwht_params: { control: "FWHT_PARAMS" },
};

/** The events that visl traces first of a request. */
const firstEvents: ReadonlySet<string> = new Set([
  "v4l2_ctrl_h264_sps",
  "v4l2_ctrl_hevc_sps",
  "v4l2_ctrl_vp8_frame",
  "v4l2_ctrl_vp9_frame",
  "v4l2_ctrl_av1_sequence",
  "v4l2_ctrl_mpeg2_sequence",
  "v4l2_ctrl_fwht_params",
]);

/** Fields and flags that the events spell otherwise than the header. */
const spellings: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "weight_factor[0]": "weight_factors[0]",
    "weight_factor[1]": "weight_factors[1]",
    tile_rows_log_2: "tile_rows_log2",
    INTA_VLC: "INTRA_VLC",
    LF_ADJ_ENABLED: "LF_ADJ_ENABLE",
    SEGMENT_ENABLED: "SEGMENT_FLAG_ENABLED",
    SEGMENT_UPDATE_MAP: "SEGMENT_FLAG_UPDATE_MAP",
    SEGMENT_UPDATE_FEATURE_DATA: "SEGMENT_FLAG_UPDATE_FEATURE_DATA",
    SEGMENT_DELTA_VALUE_MODE: "SEGMENT_FLAG_DELTA_VALUE_MODE",
  }),
);

/** Fields that the events print as hexadecimal digits without a prefix. */
const hexadecimal = new Set(["lt_ref_pic_poc_lsb_sps", "used_by_curr_pic", "use_delta_flag"]);

/** Whether an event shows a part of a control. */
export function isControlEvent({ name }: FtraceEvent): boolean {
  return Object.hasOwn(places, name);
}

/** Whether an event is the first one of a request. */
export function beginsRequest({ name }: FtraceEvent): boolean {
  return firstEvents.has(name);
}

/** A field that an event shows. */
interface ShownField {
  readonly leaf: LeafField;
  readonly value: number | bigint;
}

/** The last event of each name and element, with what it shows. There are as many as the structures have elements. */
export type LastEvents = Map<string, { readonly text: string; readonly fields: readonly ShownField[] }>;

/**
 * The controls that these events of one request show.
 *
 * @param last of the requests before, and then of this one: what is the same is read once.
 * @throws CaptureError for an event, a field or a value that is not understood: nothing is left out silently.
 */
export function tracedControls(events: readonly FtraceEvent[], last: LastEvents = new Map()): readonly TracedControl[] {
  const drafts = new Map<string, Draft>();
  /** Of the events without an index, how often each came, and the last line. */
  const counted = new Map<string, { count: number; line: number }>();
  const elements = new Set<string>();
  for (const event of events) {
    const { name, line } = event;
    const place = places[name];
    if (place === undefined) throw new CaptureError(`${name} is no event of a control that is known`, line);
    const shownIndex = /^\[(\d+)\]: /.exec(event.text)?.[1];
    const index = shownIndex === undefined ? (counted.get(name)?.count ?? 0) : Number(shownIndex);
    if (shownIndex === undefined) counted.set(name, { count: index + 1, line });
    if (elements.has(`${name} ${index}`)) throw new CaptureError(`element ${index} of ${name} is traced twice`, line);
    elements.add(`${name} ${index}`);
    const control = `V4L2_CID_STATELESS_${place.control}`;
    const draft = drafts.get(control) ?? new Draft(control, line);
    drafts.set(control, draft);
    const prefix = (place.prefix ?? "").replace("#", String(index));
    draft.write(event, prefix, last);
  }
  for (const [name, { count, line }] of counted) {
    const { control, prefix = "" } = places[name] as Place;
    if (!prefix.includes("#")) continue;
    const whole = drafts.get(`V4L2_CID_STATELESS_${control}`)?.lengthOf(prefix.slice(0, prefix.indexOf("[")));
    // They do not say which element they show.
    if (count !== whole) throw new CaptureError(`${count} of ${whole} events ${name} are traced`, line);
  }
  return [...drafts.values()].map((draft) => draft.control());
}

/** A control while its fields are read. */
class Draft {
  readonly #name: string;
  readonly #id: number;
  readonly #struct: Struct;
  readonly #isList: boolean;
  readonly #payload: Uint8Array;
  readonly #shown = new Set<LeafField>();

  constructor(name: string, line: number) {
    const definition = controlByName(name);
    if (definition?.type !== "struct") throw new CaptureError(`${name} is no control with a structure`, line);
    this.#name = name;
    this.#id = definition.id;
    this.#struct = definition.struct;
    this.#isList = definition.dynamicArray !== undefined;
    this.#payload = new Uint8Array(definition.struct.size);
  }

  write(event: FtraceEvent, prefix: string, last: LastEvents): void {
    const view = viewOf(this.#payload);
    for (const { leaf, value } of this.#fieldsOf(event, prefix, last)) {
      leaf.type.write(view, leaf.offset, value);
      this.#shown.add(leaf);
    }
  }

  /** Most events of a request are those of the one before: parameter sets, scaling lists, entries of lists that are empty. */
  #fieldsOf(event: FtraceEvent, prefix: string, last: LastEvents): readonly ShownField[] {
    const key = `${this.#name} ${prefix} ${event.name}`;
    const known = last.get(key);
    if (known?.text === event.text) return known.fields;
    const fields: ShownField[] = [];
    for (const [field, text] of eventFields(event)) {
      const path = prefix + field;
      const leaves = leavesInside(this.#struct, path);
      const values = valuesOf(text, leaves, hexadecimal.has(field));
      if (values === undefined) {
        throw new CaptureError(
          `${this.#name} ${path}: ${summary(text)} is cut off, or no value of this field`,
          event.line,
        );
      }
      for (const [i, leaf] of leaves.entries()) {
        const value = values[i] as bigint;
        fields.push({ leaf, value: typeof leaf.type.min === "bigint" ? value : Number(value) });
      }
    }
    last.set(key, { text: event.text, fields });
    return fields;
  }

  /** Of an array. */
  lengthOf(array: string): number | undefined {
    return this.#struct.fields.find(({ name }) => name === array)?.dims[0];
  }

  control(): TracedControl {
    const leaves = leafFields(this.#struct);
    const shown = leaves.filter((leaf) => this.#shown.has(leaf));
    const isWhole = leaves.every((leaf) => this.#shown.has(leaf) || isReserved(leaf));
    return { name: this.#name, id: this.#id, payload: this.#payload, shown, isWhole, isList: this.#isList };
  }
}

/** What is reserved must be 0. */
function isReserved({ path }: LeafField): boolean {
  return /(?:^|\.)(?:reserved|padding)\d*(?:$|\[)/.test(path);
}

/** The fields of an event as they are printed: one a line, arrays of two dimensions over several lines; list entries in one line. */
function* eventFields({ name, text, line }: FtraceEvent): Generator<[field: string, value: string], void, undefined> {
  const entry = /^\[\d+\]: (.*)$/.exec(text);
  const source =
    entry === null
      ? fieldLines(name, text)
      : (entry[1] as string).replace(/,? (?=(?:\w+_num|fields|flags|index|\w+_cnt)\b)/g, "\n");
  for (const [whole, field, block, value] of source.matchAll(/^ ?([\w.[\]]+)(?:: ?| |$)(?:\{\n([^}]*)\}|(.*))$/gm)) {
    if (block === undefined && value?.startsWith("{") && !value.endsWith("}")) {
      throw new CaptureError(`${name} is cut off: ${summary(whole)}`, line);
    }
    const spelled = (field as string).replace(/^weight_factor\[\d\]/, (part) => spellings.get(part) ?? part);
    yield [spellings.get(spelled) ?? spelled, block ?? (value as string)];
  }
}

/** An event with each of its fields in a line: that of FWHT has all of them in one. */
function fieldLines(name: string, text: string): string {
  if (name !== "v4l2_ctrl_fwht_params") return text;
  return text.replace(/ (?=(?:version|width|height|flags|colorspace|xfer_func|ycbcr_enc|quantization)\b)/g, "\n");
}

const leavesByPath = /* @__PURE__ */ new WeakMap<Struct, Map<string, readonly LeafField[]>>();

/** The integers of a field: one, or the elements of an array. None where the struct has no such field. */
function leavesInside(struct: Struct, path: string): readonly LeafField[] {
  const known = leavesByPath.get(struct) ?? new Map<string, readonly LeafField[]>();
  leavesByPath.set(struct, known);
  const found =
    known.get(path) ?? leafFields(struct).filter((leaf) => leaf.path === path || leaf.path.startsWith(`${path}[`));
  if (found.length > 0) known.set(path, found);
  return found;
}

/** The bits of each integer; undefined where the text has not as many. */
function valuesOf(text: string, leaves: readonly LeafField[], isHexadecimal: boolean): readonly bigint[] | undefined {
  const [leaf] = leaves;
  if (leaf === undefined) return undefined;
  const { type } = leaf;
  const list = /^\{(.*)\}$/.exec(text)?.[1];
  const values =
    list !== undefined
      ? list.split(",").map((item) => integer(item))
      : leaves.length > 1
        ? dumped(text, type.size)
        : [isHexadecimal ? integer(`0x${text}`) : (integer(text) ?? namedBits(type, text))];
  const meant = values.map((bits) => (bits === undefined ? undefined : meaningOf(type, bits)));
  const isComplete = meant.length === leaves.length && meant.every((value) => value !== undefined);
  return isComplete ? (meant as bigint[]) : undefined;
}

function integer(text: string): bigint | undefined {
  return /^(?:0x[0-9a-f]{1,16}|-?\d{1,20})$/.test(text) ? BigInt(text) : undefined;
}

/** `80 fd 88 …`: bytes in the order of memory. */
function dumped(text: string, size: number): (bigint | undefined)[] {
  const bytes = text.trim().split(/\s+/);
  // Without a repeated group: with one, V8 refuses a long text.
  if (/[^0-9a-f\s]/.test(text) || !bytes.every((byte) => byte.length === 2)) return [undefined];
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => {
    const digits = bytes.slice(i * size, (i + 1) * size);
    if (digits.length < size) return undefined;
    const [digit] = digits;
    return BigInt(size === 1 ? Number.parseInt(digit as string, 16) : `0x${digits.reverse().join("")}`);
  });
}

/** `A|B|0x100` */
function namedBits({ flags, values }: Scalar, text: string): bigint | undefined {
  if (flags === undefined && values === undefined) return undefined;
  const names = { ...flags, ...values };
  let bits = 0n;
  for (const word of text === "" ? [] : text.split("|")) {
    const bit = word.startsWith("0x") ? integer(word) : named(names, spellings.get(word) ?? word);
    if (bit === undefined) return undefined;
    bits |= bit;
  }
  return bits;
}

/**
 * The constant that a word stands for: the one whose name ends with it, and has least before it (TILES_ENABLED is not
 * LOOP_FILTER_ACROSS_TILES_ENABLED).
 */
function named(names: Names, word: string): bigint | undefined {
  const ending = Object.keys(names).filter((name) => name === word || name.endsWith(`_${word}`));
  const [found] = ending.sort((a, b) => a.length - b.length);
  return found === undefined ? undefined : BigInt(names[found] as number);
}
