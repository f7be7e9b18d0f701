import type { Control, RequestEvent } from "../src/events.ts";
import type { Infer, Struct } from "../src/uapi/index.ts";
import {
  decodeStruct,
  v4l2_ctrl_hevc_decode_params,
  v4l2_ctrl_hevc_ext_sps_lt_rps,
  v4l2_ctrl_hevc_ext_sps_st_rps,
  v4l2_ctrl_hevc_pps,
  v4l2_ctrl_hevc_slice_params,
  v4l2_ctrl_hevc_sps,
  v4l2_hevc_dpb_entry,
  viewOf,
} from "../src/uapi/index.ts";
import type { References } from "./pool.ts";

/** The bytes of a control; none where the request does not carry it. */
function payloadOf(controls: readonly Control[], name: string): Uint8Array {
  const payload = controls.find((control) => control.name === `V4L2_CID_STATELESS_HEVC_${name}`)?.payload;
  return payload instanceof Uint8Array ? payload : new Uint8Array();
}

function elementsOf<S extends Struct>(def: S, payload: Uint8Array): Infer<S>[] {
  const count = payload.length / def.size;
  return Array.from(
    { length: count },
    (_, i) => decodeStruct(def, payload.subarray(i * def.size, (i + 1) * def.size)) as Infer<S>,
  );
}

/** A request's controls as values, by the kernel's layouts. */
export function controlsOf({ controls }: Pick<RequestEvent, "controls">) {
  const one = <S extends Struct>(def: S, name: string) => elementsOf(def, payloadOf(controls, name))[0] as Infer<S>;
  const entryPoints = payloadOf(controls, "ENTRY_POINT_OFFSETS");
  const words = new DataView(entryPoints.buffer, entryPoints.byteOffset, entryPoints.byteLength);
  return {
    sps: one(v4l2_ctrl_hevc_sps, "SPS"),
    pps: one(v4l2_ctrl_hevc_pps, "PPS"),
    params: one(v4l2_ctrl_hevc_decode_params, "DECODE_PARAMS"),
    slices: elementsOf(v4l2_ctrl_hevc_slice_params, payloadOf(controls, "SLICE_PARAMS")),
    stRps: elementsOf(v4l2_ctrl_hevc_ext_sps_st_rps, payloadOf(controls, "EXT_SPS_ST_RPS")),
    ltRps: elementsOf(v4l2_ctrl_hevc_ext_sps_lt_rps, payloadOf(controls, "EXT_SPS_LT_RPS")),
    entryPoints: Array.from({ length: words.byteLength / 4 }, (_, i) => words.getUint32(4 * i, true)),
  };
}

/** dpb[].timestamp, and (8-5): no more than sps_max_dec_pic_buffering_minus1 pictures. */
export const hevcReferences: References = {
  timestamps: ({ controls }) => {
    // Whole structs as values take longer than all that a session does.
    const view = viewOf(payloadOf(controls, "DECODE_PARAMS"));
    const { num_active_dpb_entries, dpb } = v4l2_ctrl_hevc_decode_params.offsets;
    const places = Array.from(
      { length: view.getUint8(num_active_dpb_entries) },
      (_, i) => dpb + i * v4l2_hevc_dpb_entry.size,
    );
    return places.map((place) => Number(view.getBigUint64(place, true)));
  },
  limit: (request) => {
    const most = controlsOf(request).sps.sps_max_dec_pic_buffering_minus1;
    const count = entriesOf(request).length;
    return count > most ? `${count} reference pictures, sps_max_dec_pic_buffering_minus1 is ${most}` : undefined;
  },
};

function entriesOf(request: Pick<RequestEvent, "controls">) {
  const { params } = controlsOf(request);
  return params.dpb.slice(0, params.num_active_dpb_entries);
}

/**
 * What a picture refers to, by timestamps: `"1000 2000L"` is the DPB array, L a long-term reference; then the pictures of
 * each list of 8.3.2 that has any, `x` for "no reference picture": `"1000 2000L: before 1000, lt 2000"`.
 */
export function references(request: Pick<RequestEvent, "controls">): string {
  const { params } = controlsOf(request);
  const dpb = params.dpb.slice(0, params.num_active_dpb_entries);
  const all = dpb.map(({ timestamp, flags }) => `${timestamp}${flags & 1 ? "L" : ""}`).join(" ");
  const list = (name: string, count: number, indices: readonly number[]) =>
    count === 0
      ? []
      : [`${name} ${[...indices.slice(0, count)].map((i) => (i === 0xff ? "x" : dpb[i]?.timestamp)).join(" ")}`];
  const lists = [
    ...list("before", params.num_poc_st_curr_before, params.poc_st_curr_before),
    ...list("after", params.num_poc_st_curr_after, params.poc_st_curr_after),
    ...list("lt", params.num_poc_lt_curr, params.poc_lt_curr),
  ];
  return lists.length === 0 ? all : `${all}: ${lists.join(", ")}`;
}
