import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { comparators } from "../../conformance/payloads/comparators.ts";
import { selectStreams } from "../../conformance/payloads/run-payloads.ts";
import type { WitnessedStream } from "../../conformance/streams/corpus.ts";
import { readStream } from "../../conformance/streams/stream-files.ts";
import {
  type ComparedRequest,
  type CompareSide,
  ComparisonSummary,
  compare,
  recordSide,
} from "../../src/compare/index.ts";
import { partsSide } from "../../src/compare/sides.ts";
import { crc32, joinedCrc32 } from "../../src/record/crc32.ts";
import { v4l2_ctrl_hevc_slice_params, viewOf } from "../../src/uapi/index.ts";
import { startCodeValues } from "../../src/uapi/modes.ts";

const startCode = Uint8Array.of(0, 0, 1);
const menus = ["V4L2_CID_STATELESS_H264_START_CODE", "V4L2_CID_STATELESS_HEVC_START_CODE"];
const hevcSlices = "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS";

/** A request of one slice as a program makes it whose driver takes no start codes. */
function withoutStartCode(request: ComparedRequest): ComparedRequest {
  const bytes = Number(request.bitstream.bytes) - startCode.length;
  // The checksum of two parts is a sum, and each of them is its own inverse.
  const checksum = joinedCrc32(crc32(startCode), Number(request.bitstream.crc32), bytes);
  const controls = new Map(request.controls);
  for (const menu of menus) if (controls.has(menu)) controls.set(menu, startCodeValues.none);
  const slice = controls.get(hevcSlices);
  if (slice instanceof Uint8Array) {
    const shifted = slice.slice();
    const view = viewOf(shifted);
    const { bit_size, data_byte_offset } = v4l2_ctrl_hevc_slice_params.offsets;
    view.setUint32(bit_size, view.getUint32(bit_size, true) - 8 * startCode.length, true);
    view.setUint32(data_byte_offset, view.getUint32(data_byte_offset, true) - startCode.length, true);
    controls.set(hevcSlices, shifted);
  }
  return { ...request, bitstream: { bytes, crc32: checksum }, controls };
}

async function* allWithoutStartCodes({ requests }: CompareSide) {
  for await (const request of requests) yield withoutStartCode(request);
}

/** What is found in GStreamer's record of a stream in slice mode, with the row that explains it. */
async function found(codec: "h264" | "h265", { path, goldens }: WitnessedStream, mode: "annexb" | "none") {
  const { bytes, parts } = await readStream(path);
  const ours = partsSide(parts, bytes, { codec, session: { decodeMode: "slice", startCode: mode } });
  const record = await recordSide([brotliDecompressSync(readFileSync(goldens.slice.gst as string))]);
  const theirs = mode === "annexb" ? record : { ...record, requests: allWithoutStartCodes(record) };
  const summary = new ComparisonSummary();
  for await (const each of compare([ours, theirs])) summary.add(each);
  const { notes, gaps, fields } = summary;
  return [
    ...notes.map(({ known, about }) => `${known?.id}: ${about}`),
    ...gaps.map(({ known, of, first, last }) => `${known?.id}: requests ${first} to ${last} of ${of}`),
    ...fields.map(
      ({ known, control, path: field, flag, requests }) => `${known?.id}: ${control} ${field} ${flag} ${requests}`,
    ),
  ];
}

const shown = [
  "made__data_partition.264",
  "made__no_slice_at_0.264",
  "made__prefix_nal_unit.264",
  "made__slice_groups.264",
  "made__slices_of_several_types.264",
  "h265_rewritten_escaped_headers.265",
  "made__small_dpb.265",
];

describe.each(["h264", "h265"] as const)("OUTPUT buffers without start codes: %s", (codec) => {
  const { streams } = selectStreams(comparators[codec], { fixtures: true, corpus: false });
  const ofSlices = streams.filter(({ goldens }) => goldens.slice.gst !== undefined);
  const names = (stream: WitnessedStream): boolean => shown.includes(stream.name);
  const same = async (stream: WitnessedStream) => {
    expect(await found(codec, stream, "none")).toEqual(await found(codec, stream, "annexb"));
  };

  it.each(ofSlices.filter(names))("$name: the same rows are named as with them", same);

  it.each(ofSlices.filter((stream) => !names(stream)))(
    "$name: the same rows are named as with them, too",
    { tags: "long" },
    same,
  );
});
