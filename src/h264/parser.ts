/**
 * The stateless parser: each function takes a NAL unit's bytes, without start code or length prefix, and returns its structure.
 * An error says which element was read, and at which bit. The parameter sets that a function takes need not come from a parser:
 * the caller may fill them in.
 */

import { traceOf } from "../bitreader/trace.ts";
import { type ByteSource, bytesOf } from "../bytes.ts";
import { findIn } from "../nal/find-in.ts";
import { missingSps } from "../nal/missing-sets.ts";
import { type ParseOptions, reportFlaw } from "../nal/parse-options.ts";
import { wrongUnitType } from "../nal/wrong-unit-type.ts";
import {
  ACCESS_UNIT_DELIMITER,
  AUXILIARY_SLICE,
  DATA_PARTITION_A,
  IDR_SLICE,
  PPS,
  SEI,
  SLICE,
  SPS,
  SPS_EXTENSION,
} from "./nal-types.ts";
import { ppsIds } from "./parameter-sets.ts";
import type {
  AccessUnitDelimiter,
  NalUnitHeader,
  ParameterSets,
  PicParameterSet,
  SeiMessage,
  SeqParameterSet,
  SeqParameterSetExtension,
  SliceHeader,
} from "./structures.ts";
import {
  access_unit_delimiter_rbsp,
  nal_unit,
  pic_parameter_set_rbsp,
  sei_rbsp,
  seq_parameter_set_data,
  seq_parameter_set_extension_rbsp,
  slice_header,
} from "./syntax.ts";
import { nalReader, unitName } from "./units.ts";

export type { ParseOptions } from "../nal/parse-options.ts";

/** Finds the sets of a slice by the id in its header: a `ParameterSetStore`, or a table of the caller's. */
export interface ParameterSetLookup {
  /** The sets of a slice with this pic_parameter_set_id. Where they are missing it may throw any error. */
  find(pic_parameter_set_id: number): ParameterSets;
}

const sliceTypes: readonly number[] = [SLICE, DATA_PARTITION_A, IDR_SLICE, AUXILIARY_SLICE];

function open(source: ByteSource, options: ParseOptions, types: readonly number[]) {
  const trace = traceOf(options);
  const unit = bytesOf(source, "a unit");
  const name = unitName(unit[0] ?? 0);
  trace?.unit({ name, byte: -1, bytes: unit });
  const r = nalReader(unit, trace);
  const nal = nal_unit(r);
  if (!types.includes(nal.nal_unit_type)) throw wrongUnitType(types, nal.nal_unit_type, name, 3);
  return { r, nal };
}

/**
 * 7.3.1: the header of any NAL unit, with the extension of types 14, 20 and 21.
 *
 * @throws BitstreamError where the header cannot be read.
 */
export function parseNalUnitHeader(unit: ByteSource, options: ParseOptions = {}): NalUnitHeader {
  return nal_unit(nalReader(bytesOf(unit, "a unit"), traceOf(options)));
}

/**
 * 7.3.2.1: a sequence parameter set (nal_unit_type 7).
 *
 * @throws BitstreamError where the unit is another one or cannot be read.
 */
export function parseSps(unit: ByteSource, options: ParseOptions = {}): SeqParameterSet {
  const { r } = open(unit, options, [SPS]);
  const sps = seq_parameter_set_data(r);
  reportFlaw(r, options.onFlaw);
  return sps;
}

/**
 * 7.3.2.1.2: a sequence parameter set extension (nal_unit_type 13).
 *
 * @throws BitstreamError where the unit is another one or cannot be read.
 */
export function parseSpsExtension(unit: ByteSource, options: ParseOptions = {}): SeqParameterSetExtension {
  return seq_parameter_set_extension_rbsp(open(unit, options, [SPS_EXTENSION]).r);
}

/**
 * 7.3.2.2: a picture parameter set (nal_unit_type 8). `sps` is the SPS that it refers to, or a function that returns the SPS
 * with the id in the PPS: `(id) => store.sps(id)`.
 *
 * @throws BitstreamError where the unit is another one or cannot be read, and "missing-sps" where that function returns no SPS.
 */
export function parsePps(
  unit: ByteSource,
  options: ParseOptions & {
    readonly sps: SeqParameterSet | ((seq_parameter_set_id: number) => SeqParameterSet | undefined);
  },
): PicParameterSet {
  const { r } = open(unit, options, [PPS]);
  const { sps, onFlaw } = options;
  const pps = pic_parameter_set_rbsp(r, typeof sps === "function" ? spsOf(bytesOf(unit, "a unit"), sps) : setOf(sps));
  reportFlaw(r, onFlaw);
  return pps;
}

function setOf(sps: SeqParameterSet): SeqParameterSet {
  if (typeof sps === "object" && sps !== null && "seq_parameter_set_id" in sps) return sps;
  throw new TypeError("sps must be an SPS, or a function that returns one: (id) => store.sps(id)");
}

function spsOf(unit: Uint8Array, find: (id: number) => SeqParameterSet | undefined): SeqParameterSet {
  const { pic_parameter_set_id, seq_parameter_set_id } = ppsIds(unit);
  const sps = find(seq_parameter_set_id);
  if (sps === undefined) throw missingSps("seq_parameter_set_id", pic_parameter_set_id, seq_parameter_set_id);
  return setOf(sps);
}

/**
 * 7.3.2.3: the messages of an SEI NAL unit (type 6). Picture timing is read only with `sps`, the active one.
 *
 * @throws BitstreamError where the unit is another one or cannot be read.
 */
export function parseSei(
  unit: ByteSource,
  options: ParseOptions & { readonly sps?: SeqParameterSet | null | undefined } = {},
): SeiMessage[] {
  const messages: SeiMessage[] = [];
  sei_rbsp(open(unit, options, [SEI]).r, options.sps ?? null, (message) => messages.push(message));
  return messages;
}

/**
 * 7.3.2.4: an access unit delimiter (nal_unit_type 9).
 *
 * @throws BitstreamError where the unit is another one or cannot be read.
 */
export function parseAccessUnitDelimiter(unit: ByteSource, options: ParseOptions = {}): AccessUnitDelimiter {
  return access_unit_delimiter_rbsp(open(unit, options, [ACCESS_UNIT_DELIMITER]).r);
}

/**
 * 7.3.3: the header of a slice (nal_unit_type 1, 2, 5 or 19), of any length, with the bit sizes that
 * V4L2_CID_STATELESS_H264_DECODE_PARAMS and SLICE_PARAMS need, and that VA-API does not give.
 *
 * @param sets `{ sps, pps }`, which are used whatever id the slice names; or a lookup by that id: a `ParameterSetStore`.
 * @throws BitstreamError where the unit is another one or its header cannot be read, and what the lookup throws.
 */
export function parseSliceHeader(
  unit: ByteSource,
  sets: (ParseOptions & ParameterSets) | ParameterSetLookup,
  options: ParseOptions = {},
): SliceHeader {
  const find = findIn<ParameterSets>(sets);
  const { r, nal } = open(unit, "find" in sets || !sets.trace ? options : sets, sliceTypes);
  return slice_header(r, nal, find).h;
}
