/** Short names for the units of a stream, as `trace --unit` takes them. */
import type { Codec } from "../events.ts";

/** For each codec, the kinds of units, and the trace's names that belong to each kind. The first match counts. */
const kinds: Readonly<Record<Codec, readonly (readonly [kind: string, name: RegExp])[]>> = {
  h264: [
    ["sps", /^seq_parameter_set_rbsp/],
    ["subset-sps", /^subset_seq_parameter_set/],
    ["sps-extension", /^seq_parameter_set_extension/],
    ["pps", /^pic_parameter_set/],
    ["slice", /^slice_/],
    ["sei", /^sei_/],
    ["aud", /^access_unit_delimiter/],
    ["eos", /^end_of_seq/],
    ["eob", /^end_of_stream/],
    ["filler", /^filler_data/],
    ["prefix", /^prefix_nal_unit/],
  ],
  h265: [
    ["vps", /^video_parameter_set/],
    ["sps", /^seq_parameter_set/],
    ["pps", /^pic_parameter_set/],
    ["slice", /^slice_/],
    ["sei", /^sei_/],
    ["aud", /^access_unit_delimiter/],
    ["eos", /^end_of_seq/],
    ["eob", /^end_of_bitstream/],
    ["filler", /^filler_data/],
  ],
  mpeg2: [
    ["sequence", /^sequence_header/],
    ["extension", /^extension/],
    ["group", /^group_of_pictures/],
    ["picture", /^picture_header/],
    ["user-data", /^user_data/],
    ["slice", /^slice/],
    ["end", /^sequence_end/],
  ],
  vp8: [["frame", /frame/]],
  vp9: [
    ["index", /^superframe_index/],
    ["frame", /^frame/],
  ],
  av1: [
    ["sequence", /^OBU_SEQUENCE_HEADER/],
    ["delimiter", /^OBU_TEMPORAL_DELIMITER/],
    ["frame", /^OBU_FRAME /],
    ["frame-header", /^OBU_(?:REDUNDANT_)?FRAME_HEADER/],
    ["tile-group", /^OBU_TILE_GROUP/],
    ["metadata", /^OBU_METADATA/],
    ["tile-list", /^OBU_TILE_LIST/],
    ["padding", /^OBU_PADDING/],
    ["length", /^(?:temporal|frame)_unit/],
  ],
  fwht: [["frame", /frame/]],
};

/** The kind of a unit by the trace's name for it; `"other"` for reserved and unspecified ones. */
export function unitKind(codec: Codec, name: string): string {
  return kinds[codec].find(([, pattern]) => pattern.test(name))?.[0] ?? "other";
}

/** The kinds of units that a codec has. */
export function unitKinds(codec: Codec): string[] {
  return [...kinds[codec].map(([kind]) => kind), "other"];
}
