/**
 * A backend that has parameter sets and nothing else to read H.265 with: the reference picture set tables of an SPS as
 * the Rockchip decoders since RK3588 (vdpu381, vdpu383) want them, from the SPS's NAL unit.
 */
import { hevcExtSpsLtRps, hevcExtSpsStRps, parseSps } from "v4l2-stateless/h265";

/** Payloads of the two controls: 80 bytes for each short-term set, 4 for each long-term picture. */
export interface ExtSpsRps {
  readonly V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS: Uint8Array;
  readonly V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS: Uint8Array;
}

/**
 * @param unit the NAL unit from its header on: no start code, emulation prevention bytes as they are. Throws
 * BitstreamError where it is broken. An empty payload is not to be set: the kernel answers -EFAULT to size 0.
 */
export function extSpsRps(unit: Uint8Array): ExtSpsRps {
  const sps = parseSps(unit);
  const [st, lt] = [hevcExtSpsStRps(sps), hevcExtSpsLtRps(sps)];
  return { V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS: st, V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS: lt };
}
