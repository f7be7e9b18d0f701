/**
 * The stateless parser: each function takes a NAL unit's bytes, without start code or length prefix, and returns its structure.
 * An error says which element was read, and at which bit. Units of other layers than the base layer (nuh_layer_id 0) are not
 * supported. The parameter sets that a function takes need not come from a parser: the caller may fill them in.
 */

import { traceOf } from "../bitreader/trace.ts";
import { type ByteSource, bytesOf } from "../bytes.ts";
import { UnsupportedError } from "../errors.ts";
import { findIn } from "../nal/find-in.ts";
import { type ParseOptions, reportFlaw } from "../nal/parse-options.ts";
import { wrongUnitType } from "../nal/wrong-unit-type.ts";
import { AUD_NUT, PPS_NUT, PREFIX_SEI_NUT, SPS_NUT, SUFFIX_SEI_NUT, VPS_NUT } from "./nal-types.ts";
import type {
  AccessUnitDelimiter,
  NalUnitHeader,
  ParameterSets,
  PicParameterSet,
  SeiMessage,
  SeqParameterSet,
  SliceSegmentHeader,
  VideoParameterSet,
} from "./structures.ts";
import {
  access_unit_delimiter_rbsp,
  nal_unit_header,
  pic_parameter_set_rbsp,
  readSpsUntilVui,
  sei_rbsp,
  seq_parameter_set_rbsp,
  slice_segment_header,
  video_parameter_set_rbsp,
} from "./syntax.ts";
import { nalReader, nalUnitType, unitName } from "./units.ts";

export type { ParseOptions } from "../nal/parse-options.ts";
export { checkPicParameterSet } from "./syntax.ts";

/** Options of the slice segment header's parser. */
export interface SliceOptions extends ParseOptions {
  /** The header of the last independent slice segment before it in the picture: a dependent one needs it. */
  readonly independent?: SliceSegmentHeader | null | undefined;
}

const sliceSegmentTypes: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 18, 19, 20, 21];

/** Finds the sets of a slice by the id in its header: a `ParameterSetStore`, or a table of the caller's. */
export interface ParameterSetLookup {
  /** The sets of a slice with this slice_pic_parameter_set_id. Where they are missing it may throw any error. */
  find(slice_pic_parameter_set_id: number): ParameterSets;
}

function open(source: ByteSource, options: ParseOptions, types: readonly number[]) {
  const trace = traceOf(options);
  const unit = bytesOf(source, "a unit");
  const name = unitName(nalUnitType(unit));
  trace?.unit({ name, byte: -1, bytes: unit });
  const r = nalReader(unit, trace);
  const nal = nal_unit_header(r);
  if (!types.includes(nal.nal_unit_type)) throw wrongUnitType(types, nal.nal_unit_type, name, 1);
  if (nal.nuh_layer_id > 0) {
    throw new UnsupportedError("layered-stream", "the unit is of another layer; only the base layer is read", {
      unit: name,
      element: "nuh_layer_id",
      bit: 7,
    });
  }
  return { r, nal };
}

/**
 * 7.3.1.2: the header of any NAL unit, of any layer.
 *
 * @throws BitstreamError where the header cannot be read.
 */
export function parseNalUnitHeader(unit: ByteSource, options: ParseOptions = {}): NalUnitHeader {
  return nal_unit_header(nalReader(bytesOf(unit, "a unit"), traceOf(options)));
}

/**
 * 7.3.2.1: a video parameter set (nal_unit_type 32).
 *
 * @throws BitstreamError where the unit is another one or cannot be read.
 * @throws UnsupportedError where it is of another layer.
 */
export function parseVps(unit: ByteSource, options: ParseOptions = {}): VideoParameterSet {
  const { r } = open(unit, options, [VPS_NUT]);
  const vps = video_parameter_set_rbsp(r);
  reportFlaw(r, options.onFlaw);
  return vps;
}

/**
 * 7.3.2.2: a sequence parameter set (nal_unit_type 33).
 *
 * @throws BitstreamError where the unit is another one or cannot be read.
 * @throws UnsupportedError where it is of another layer.
 */
export function parseSps(unit: ByteSource, options: ParseOptions = {}): SeqParameterSet {
  const { r } = open(unit, options, [SPS_NUT]);
  const sps = seq_parameter_set_rbsp(r);
  reportFlaw(r, options.onFlaw);
  return sps;
}

/**
 * 7.3.2.2, up to vui_parameters_present_flag: a sequence parameter set (nal_unit_type 33) as Main, Main 10 and Main Still
 * Picture need it, for slice headers and for decoding. In a bundle it takes two thirds of what `parseSps` takes. What comes
 * after the VUI has its inferred values: in other profiles, which may use the extensions there, call `parseSps`.
 *
 * @throws BitstreamError where the unit is another one or cannot be read.
 * @throws UnsupportedError where it is of another layer.
 */
export function parseSpsUntilVui(unit: ByteSource, options: Pick<ParseOptions, "trace"> = {}): SeqParameterSet {
  return readSpsUntilVui(open(unit, options, [SPS_NUT]).r);
}

/**
 * 7.3.2.3: a picture parameter set (nal_unit_type 34). It is read without its SPS; `checkPicParameterSet` checks that it fits
 * its SPS.
 *
 * @throws BitstreamError where the unit is another one or cannot be read.
 * @throws UnsupportedError where it is of another layer.
 */
export function parsePps(unit: ByteSource, options: ParseOptions = {}): PicParameterSet {
  const { r } = open(unit, options, [PPS_NUT]);
  const pps = pic_parameter_set_rbsp(r);
  reportFlaw(r, options.onFlaw);
  return pps;
}

/**
 * 7.3.2.4: the messages of a prefix or suffix SEI NAL unit (type 39 or 40). Picture timing is read only with `sps`, the active
 * one. `vps`, the active one, has the number of layers, and the HRD parameters that the SPS lacks.
 *
 * @throws BitstreamError where the unit is another one or cannot be read.
 * @throws UnsupportedError where it is of another layer.
 */
export function parseSei(
  unit: ByteSource,
  options: ParseOptions & {
    readonly sps?: SeqParameterSet | null | undefined;
    readonly vps?: VideoParameterSet | null | undefined;
  } = {},
): SeiMessage[] {
  const { r, nal } = open(unit, options, [PREFIX_SEI_NUT, SUFFIX_SEI_NUT]);
  const { sps = null, vps = null } = options;
  const messages: SeiMessage[] = [];
  sei_rbsp(r, nal, { sps, vps }, (message) => messages.push(message));
  return messages;
}

/**
 * 7.3.2.5: an access unit delimiter (nal_unit_type 35).
 *
 * @throws BitstreamError where the unit is another one or cannot be read.
 * @throws UnsupportedError where it is of another layer.
 */
export function parseAccessUnitDelimiter(unit: ByteSource, options: ParseOptions = {}): AccessUnitDelimiter {
  return access_unit_delimiter_rbsp(open(unit, options, [AUD_NUT]).r);
}

/**
 * 7.3.6.1: the header of a slice segment (nal_unit_type 0 to 9 and 16 to 21), of any length, with the bit sizes that
 * V4L2_CID_STATELESS_HEVC_DECODE_PARAMS and SLICE_PARAMS need, and that VA-API does not give. The header of a dependent slice
 * segment leaves out elements; they come from `independent`, the header of the last independent slice segment before it in the
 * picture.
 *
 * @param sets `{ sps, pps }`, which are used whatever id the slice segment names; or a lookup by that id: a
 * `ParameterSetStore`.
 * @throws BitstreamError where the unit is another one, its header cannot be read, or `independent` is missing; and what the
 * lookup throws.
 * @throws UnsupportedError where it is of another layer.
 */
export function parseSliceSegmentHeader(
  unit: ByteSource,
  sets: (SliceOptions & ParameterSets) | ParameterSetLookup,
  options: SliceOptions = {},
): SliceSegmentHeader {
  const find = findIn<ParameterSets>(sets);
  const given = "find" in sets ? options : { ...options, ...sets };
  const { r, nal } = open(unit, given, sliceSegmentTypes);
  return slice_segment_header(r, nal, find, given.independent ?? null).h;
}
