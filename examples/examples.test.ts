import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { DecodeEvent } from "v4l2-stateless";
import { bitstreamBytes, openSession } from "v4l2-stateless";
import { parsePps, parseSliceHeader, parseSps } from "v4l2-stateless/h264";
import { RecordWriter, readRecord } from "v4l2-stateless/record";
import { describe, expect, it } from "vitest";
import { unitsOfPacket } from "../src/framing/byte-stream.ts";
import type { Device } from "./decoder.ts";
import { decode } from "./decoder.ts";
import { bitsOf } from "./explain-field.ts";
import { extSpsRps } from "./ext-sps-rps.ts";
import { differences } from "./golden.ts";
import { bitSizes } from "./va-backend.ts";

const stream = readFileSync(fileURLToPath(new URL("../test/fixtures/h264_mbaff_tff.264", import.meta.url)));
const units = unitsOfPacket(stream, 0).map(({ bytes }) => bytes);
const ofType = (type: number) => units.filter((unit) => ((unit[0] as number) & 31) === type);

describe("va-backend.ts", () => {
  it("finds the bit sizes of every slice with parameter sets made from libva's fields", () => {
    const sps = parseSps(ofType(7)[0] as Uint8Array);
    const pps = parsePps(ofType(8)[0] as Uint8Array, { sps });
    const va = {
      seq_fields: sps,
      picture_width_in_mbs_minus1: sps.pic_width_in_mbs_minus1,
      picture_height_in_mbs_minus1: (sps.pic_height_in_map_units_minus1 + 1) * (2 - sps.frame_mbs_only_flag) - 1,
      bit_depth_luma_minus8: sps.bit_depth_luma_minus8,
      pic_init_qp_minus26: pps.pic_init_qp_minus26,
      pic_init_qs_minus26: pps.pic_init_qs_minus26,
      pic_fields: { ...pps, pic_order_present_flag: pps.bottom_field_pic_order_in_frame_present_flag },
    };
    const defaults = [pps.num_ref_idx_l0_default_active_minus1, pps.num_ref_idx_l1_default_active_minus1] as const;
    const slices = [...ofType(5), ...ofType(1)];
    expect(slices.length).toBe(20);
    for (const slice of slices) {
      const { idr_pic_id, dec_ref_pic_marking_bit_size, pic_order_cnt_bit_size } = parseSliceHeader(slice, {
        sps,
        pps,
      });
      const wanted = { idr_pic_id, dec_ref_pic_marking_bit_size, pic_order_cnt_bit_size };
      expect(bitSizes(va, slice, defaults)).toEqual(wanted);
    }
    // The first: 6 bits of pic_order_cnt_lsb and se(v) -1 in 3; two flags of an IDR picture's marking.
    expect(bitSizes(va, slices[0] as Uint8Array, defaults)).toEqual({
      idr_pic_id: 0,
      dec_ref_pic_marking_bit_size: 2,
      pic_order_cnt_bit_size: 9,
    });
  });
});

describe("explain-field.ts", () => {
  it("finds the bits of frame_num in an earlier slice that pic_num of a reference was made of", () => {
    const control = "V4L2_CID_STATELESS_H264_DECODE_PARAMS";
    expect(bitsOf("h264", stream, 3, control, "dpb[1].pic_num")).toEqual(["frame_num at 3486:7: 0001"]);
    expect(() => bitsOf("h264", stream, 99, control, "frame_num")).toThrow("the stream has no request 99");
  });
});

describe("ext-sps-rps.ts", () => {
  const payloads = (name: string) => {
    const bytes = readFileSync(fileURLToPath(new URL(`../test/fixtures/${name}.265`, import.meta.url)));
    const sps = unitsOfPacket(bytes, 0).find((unit) => (unit.bytes[0] as number) >> 1 === 33);
    return extSpsRps((sps as { bytes: Uint8Array }).bytes);
  };

  it("makes an element of each set of the SPS", () => {
    const { V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS: st, V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS: lt } = payloads(
      "h265_rewritten_predicted_sets",
    );
    expect([st.length, lt.length]).toEqual([64 * 80, 0]);
    // The last set: predicted with deltaRps 61 from a set of one picture, which is used; the other is left out.
    const last = new DataView(st.buffer, st.byteOffset + 63 * 80, 80);
    expect([0, 1, 2, 3].map((at) => last.getUint8(at))).toEqual([0, 0, 0, 0]);
    expect([last.getUint32(4, true), last.getUint32(8, true), last.getUint16(12, true)]).toEqual([1, 1, 60]);
    expect(last.getUint16(78, true)).toBe(1);
  });

  it("makes an element of each long-term picture of the SPS", () => {
    const { V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS: st, V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS: lt } =
      payloads("h265_rewritten_long_term_32");
    expect(st.length).toBe(0);
    const words = Array.from({ length: 32 }, (_, i) => [...lt.subarray(4 * i, 4 * i + 4)]);
    expect(words).toEqual(Array.from({ length: 32 }, (_, i) => (i === 31 ? [0, 0, 1, 0] : [100 + i, 0, 0, 0])));
  });

  it("says the same as a session's requests", () => {
    const bytes = readFileSync(
      fileURLToPath(new URL("../test/fixtures/h265_rewritten_predicted_sets.265", import.meta.url)),
    );
    const request = openSession("h265")
      .push(bytes)
      .find((event) => event.type === "request");
    const { V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS: wanted } = payloads("h265_rewritten_predicted_sets");
    const sent = request?.controls.find(({ name }) => name === "V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS");
    expect(sent?.payload).toEqual(wanted);
  });
});

/** A device of so many buffers that remembers what it was told. */
function virtualDevice() {
  const plane = new Uint8Array(1 << 20);
  const log: string[] = [];
  const held = new Set<number>();
  let buffers = 0;
  const device: Device = {
    configure: (_format, width, height, captureBuffers) => {
      buffers = captureBuffers;
      log.push(`configure ${width}x${height}`);
    },
    outputBuffer: () => plane,
    queue: (_bytesUsed, timestamp) => {
      held.add(timestamp);
      expect(held.size).toBeLessThanOrEqual(buffers);
      log.push("queue");
    },
    show: (timestamp) => {
      expect(held.has(timestamp)).toBe(true);
      log.push("show");
    },
    release: (timestamp) => {
      expect(held.delete(timestamp)).toBe(true);
    },
    warn: (message) => log.push(message),
  };
  return { device, log, held };
}

describe("decoder.ts", () => {
  it("drives a device with exactly captureBuffers buffers", () => {
    const { device, log, held } = virtualDevice();
    decode([stream], null, device);
    expect(log[0]).toBe("configure 96x96");
    expect(log.filter((entry) => entry === "queue").length).toBe(20);
    expect(log.filter((entry) => entry === "show").length).toBe(20);
    expect(held.size).toBe(0);
  });
});

describe("golden.ts", () => {
  const record = (events: readonly DecodeEvent[]) => {
    const writer = new RecordWriter({ codec: "h264" });
    return readRecord(writer.head + events.map((event) => writer.write(event)).join(""));
  };

  it("finds nothing in what the library itself sends, and names the field that another sends otherwise", () => {
    const session = openSession("h264");
    const events = [...session.push(stream), ...session.flush()];
    expect(differences("h264", stream, record(events))).toEqual([]);
    const wrong = events.map((event) => {
      if (event.type !== "request") return event;
      const controls = event.controls.map((control) => {
        if (control.name !== "V4L2_CID_STATELESS_H264_PPS") return control;
        const payload = (control.payload as Uint8Array).slice();
        payload[3] = 1;
        return { ...control, payload };
      });
      return { ...event, controls };
    });
    expect(differences("h264", stream, record(wrong))[0]).toBe(
      "request 0 V4L2_CID_STATELESS_H264_PPS num_ref_idx_l0_default_active_minus1: 1, not 2",
    );
    expect(bitstreamBytes({ bitstream: [Uint8Array.of(1), Uint8Array.of(2, 3)] })).toEqual(Uint8Array.of(1, 2, 3));
  });
});
