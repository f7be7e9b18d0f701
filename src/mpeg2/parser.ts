/**
 * The stateless parser: a unit's bytes, from its start code value (the byte after 00 00 01) on, in; its structure out.
 * All throw BitstreamError, with the element and bit that were being read. What follows a structure's last element is
 * not looked at: next_start_code() of 5.2.3 fills up with zero bits, and some streams end in another way.
 */

import type { Trace } from "../bitreader/index.ts";
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

/** Is told what a parser reads. */
export interface ParseOptions {
  readonly trace?: Trace | undefined;
}

function open(source: ByteSource, trace: Trace | undefined, startCode: number) {
  const unit = bytesOf(source, "a unit");
  const name = unitName(unit[0] ?? 0);
  trace?.unit({ name, byte: -1, bytes: unit });
  if (unit[0] !== startCode) {
    throw new BitstreamError("wrong-unit-type", `the unit is not a ${unitName(startCode)}`, {
      unit: name,
      element: "start_code",
      bit: 0,
    });
  }
  return unitReader(unit, trace);
}

/** 6.2.2.1: a sequence header (start code B3). */
export function parseSequenceHeader(unit: ByteSource, { trace }: ParseOptions = {}): SequenceHeader {
  return sequence_header(open(unit, trace, SEQUENCE_HEADER_CODE));
}

/**
 * 6.2.2.2.1, 6.2.3: an extension (start code B5) by its `type`; null for those that Table 6-2 reserves.
 *
 * `frameCentreOffsets`: number_of_frame_centre_offsets of 6.3.12, 1 to 3, which the sequence and picture coding
 * extensions decide; a picture display extension has as many.
 */
export function parseExtension(
  unit: ByteSource,
  { frameCentreOffsets = 1, trace }: ParseOptions & { readonly frameCentreOffsets?: number } = {},
): Extension | null {
  return extension_data(open(unit, trace, EXTENSION_START_CODE), { frame_centre_offsets: frameCentreOffsets });
}

/** 6.2.2.6: a group of pictures header (start code B8). */
export function parseGroupOfPicturesHeader(unit: ByteSource, { trace }: ParseOptions = {}): GroupOfPicturesHeader {
  return group_of_pictures_header(open(unit, trace, GROUP_START_CODE));
}

/** 6.2.3: a picture header (start code 00). */
export function parsePictureHeader(unit: ByteSource, { trace }: ParseOptions = {}): PictureHeader {
  return picture_header(open(unit, trace, PICTURE_START_CODE));
}
