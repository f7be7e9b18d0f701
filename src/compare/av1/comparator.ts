import { av1Controls, v4l2_ctrl_av1_frame } from "../../uapi/av1.ts";
import { decodePayload } from "../../uapi/control.ts";
import type { Comparator } from "../comparator.ts";
import type { EffectiveRequest } from "../request.ts";
import { conditionsAv1 } from "./conditions.ts";
import { payloadOf, translateTimestamps, viewAv1 } from "./view.ts";

/** AV1. */
export const av1: Comparator = {
  codec: "av1",
  view: viewAv1,
  rawPayload: translateTimestamps,
  conditions: conditionsAv1,
  pictureKey,
  orderCounts: [],
};

/** What the frame header has of the picture, apart from what a peer is known to change. */
function pictureKey(request: EffectiveRequest): string {
  const payload = payloadOf(request, "FRAME");
  if (payload?.length !== v4l2_ctrl_av1_frame.size) return "";
  const frame = decodePayload(av1Controls.V4L2_CID_STATELESS_AV1_FRAME, payload);
  const { frame_type, order_hint, refresh_frame_flags, quantization, primary_ref_frame, tx_mode } = frame;
  const tiles = payloadOf(request, "TILE_GROUP_ENTRY") ?? new Uint8Array(0);
  const { size, offsets } = av1Controls.V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY.struct;
  const view = new DataView(tiles.buffer, tiles.byteOffset, tiles.byteLength);
  const first = tiles.length < size ? 0 : view.getUint32(offsets.tile_size, true);
  return [frame_type, order_hint, refresh_frame_flags, quantization.base_q_idx, primary_ref_frame, tx_mode, first].join(
    " ",
  );
}
