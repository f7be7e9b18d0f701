/**
 * The stateless parser: each function takes a unit's bytes, which begin with the start code value (the byte after 00 00 01),
 * and returns its structure. All throw BitstreamError with the element and bit that were being read. Bits after a structure's
 * last element are ignored: next_start_code() of 5.2.3 has zero bits there, and some streams have others.
 */

import type { Trace } from "../bitreader/index.ts";
import { traceOf } from "../bitreader/trace.ts";
import { type ByteSource, bytesOf } from "../bytes.ts";
import { BitstreamError } from "../errors.ts";
import type { Extension, GroupOfPicturesHeader, PictureHeader, SequenceHeader } from "./structures.ts";
import { extension_data, group_of_pictures_header, picture_header, sequence_header } from "./syntax.ts";
import {
  EXTENSION_START_CODE,
  GROUP_START_CODE,
  PICTURE_START_CODE,
  SEQUENCE_HEADER_CODE,
  unitName,
  unitReader,
} from "./units.ts";

/** Receives the elements that are read. */
export interface ParseOptions {
  readonly trace?: Trace | undefined;
}

function open(source: ByteSource, options: ParseOptions, startCode: number) {
  const trace = traceOf(options);
  const unit = bytesOf(source, "a unit");
  if (unit.length === 0) throw new BitstreamError("cut-off", "the unit is empty", { element: "start_code", bit: 0 });
  const name = unitName(unit[0] as number);
  trace?.unit({ name, byte: -1, bytes: unit });
  if (unit[0] !== startCode) {
    throw new BitstreamError("wrong-unit-type", `the unit is no ${unitName(startCode)}`, {
      unit: name,
      element: "start_code",
      bit: 0,
    });
  }
  return unitReader(unit, trace);
}

/** 6.2.2.1: a sequence header (start code B3). */
export function parseSequenceHeader(unit: ByteSource, options: ParseOptions = {}): SequenceHeader {
  return sequence_header(open(unit, options, SEQUENCE_HEADER_CODE));
}

/**
 * 6.2.2.2.1, 6.2.3: an extension (start code B5), whose `type` says which one it is; null for the types that Table 6-2
 * reserves.
 *
 * `frameCentreOffsets`: number_of_frame_centre_offsets of 6.3.12, 1 to 3, the number of offsets in a picture display extension,
 * which follows from the sequence and picture coding extensions.
 */
export function parseExtension(
  unit: ByteSource,
  options: ParseOptions & { readonly frameCentreOffsets?: number | undefined } = {},
): Extension | null {
  const r = open(unit, options, EXTENSION_START_CODE);
  return extension_data(r, { frame_centre_offsets: options.frameCentreOffsets ?? 1 });
}

/** 6.2.2.6: a group of pictures header (start code B8). */
export function parseGroupOfPicturesHeader(unit: ByteSource, options: ParseOptions = {}): GroupOfPicturesHeader {
  return group_of_pictures_header(open(unit, options, GROUP_START_CODE));
}

/** 6.2.3: a picture header (start code 00). */
export function parsePictureHeader(unit: ByteSource, options: ParseOptions = {}): PictureHeader {
  return picture_header(open(unit, options, PICTURE_START_CODE));
}
