import { describe, expect, it } from "vitest";
import type { SessionOptions } from "../../src/options.ts";
import { bitstreamBytes } from "../../src/session/bitstream.ts";
import { controlsOf } from "../../support/h265-requests.ts";
import { only } from "../../support/streams/h264-stream.ts";
import { eventsOf, H265Stream, type Slice, type Sps } from "../../support/streams/h265-stream.ts";

const idr: Slice = { nal: "IDR_W_RADL" };
const start = (sps: Sps = {}) => new H265Stream().writeSps(sps).writePps();
const requestsOf = (stream: H265Stream, options?: SessionOptions) => only(eventsOf(stream, options), "request");
const errorsOf = (stream: H265Stream, options?: SessionOptions) =>
  only(eventsOf(stream, options), "error").map(({ kind, message }) => `${kind}: ${message}`);

describe("what the kernel's arrays cannot hold", () => {
  const many = (segments: number, pictures: Slice) => {
    const stream = start({ width: 512, height: 512 }).slice(idr);
    for (let address = 0; address < segments; address++) {
      stream.slice({ ...pictures, ...(address > 0 ? { address } : {}) });
    }
    return stream.slice({ nal: "CRA", poc: 9 });
  };

  it("600 slice segments fit; 601 are an error of that picture alone, and of frame mode alone", () => {
    const picture: Slice = { poc: 1, type: "I" };
    expect(requestsOf(many(600, picture)).map((request) => controlsOf(request).slices.length)).toEqual([1, 600, 1]);
    expect(errorsOf(many(601, picture))).toEqual(["unsupported: 601 slice segments; the kernel takes 600"]);
    expect(requestsOf(many(601, picture)).map(({ timestamp }) => timestamp)).toEqual([1000, 3000]);
    expect(requestsOf(many(601, picture), { decodeMode: "slice" }).length).toBe(603);
  });

  it("256 entry points fit, of all segments of the request; 257 are an error", () => {
    const wpp = (...entry_points: number[]) => {
      const stream = new H265Stream().writeSps({ height: 16 * 300 });
      stream.writePps({ entropy_coding_sync_enabled_flag: 1 });
      for (const [i, count] of entry_points.entries()) {
        stream.slice({ ...idr, entry_points: count, ...(i > 0 ? { address: 4 * 150 } : {}) });
      }
      return stream;
    };
    expect(controlsOf(requestsOf(wpp(128, 128))[0]!).entryPoints).toEqual(new Array(256).fill(1));
    expect(controlsOf(requestsOf(wpp(128, 128))[0]!).slices.map((slice) => slice.num_entry_point_offsets)).toEqual([
      128, 128,
    ]);
    expect(errorsOf(wpp(129, 128))).toEqual(["unsupported: 257 entry points; the kernel takes 256"]);
    expect(requestsOf(wpp(129, 128), { decodeMode: "slice" }).map(({ hold }) => hold)).toEqual([true, false]);
  });

  it("sps_max_latency_increase_plus1 ends at 255: 256 would say that there is no limit (7.4.3.2.1)", () => {
    const coded = [0, 255, 256, 0xfffffffe];
    const sent = coded.map((latency) => {
      const [request] = requestsOf(start({ buffering: [[2, 1, latency]] }).slice(idr));
      return controlsOf(request!).sps.sps_max_latency_increase_plus1;
    });
    expect(sent).toEqual([0, 255, 255, 255]);
  });

  it("a picture that they cannot hold counts in the order of the next ones (8.3.1)", () => {
    const stream = start({ width: 512, height: 512, log2_max_lsb: 4 }).writePps({ id: 1, tiles: [21, 1] });
    stream
      .slice(idr)
      .slice({ poc: 7, pps: 1 })
      .slice({ poc: 14, refs: [-14] });
    const found = requestsOf(stream).map((request) => controlsOf(request).params.pic_order_cnt_val);
    expect(found).toEqual([0, 14]);
  });

  it.each([
    [20, 22, []],
    [21, 1, ["unsupported: 21x1 tiles; the kernel takes 20x22"]],
    [1, 23, ["unsupported: 1x23 tiles; the kernel takes 20x22"]],
  ])("%ix%i tiles", (columns, rows, errors) => {
    const stream = new H265Stream()
      .writeSps({ width: 512, height: 512 })
      .writePps({ tiles: [columns, rows] })
      .slice(idr);
    expect(errorsOf(stream)).toEqual(errors);
    const [request] = requestsOf(stream);
    if (errors.length > 0) return void expect(request).toBeUndefined();
    const { pps } = controlsOf(request!);
    // (6-3): 32 coding tree blocks in 20 columns and 22 rows.
    expect(pps.column_width_minus1.reduce((sum, minus1) => sum + minus1 + 1, 0)).toBe(32);
    expect(pps.row_height_minus1.reduce((sum, minus1) => sum + minus1 + 1, 0)).toBe(32);
  });
});

describe("the OUTPUT buffer", () => {
  const stream = () =>
    start()
      .unit(35, Uint8Array.of(0x50))
      .slice(idr)
      .unit(1, Uint8Array.of(0x80, 0x80), { layer: 1 })
      .slice({ ...idr, address: 6 })
      .unit(40, Uint8Array.of(0, 1, 0, 0x80))
      .unit(38, Uint8Array.of(0xff, 0x80));

  it("holds the slice segments of the base layer, each after three bytes of start code", () => {
    const { units } = stream();
    const [request] = requestsOf(stream());
    expect(bitstreamBytes(request!)).toEqual(Uint8Array.of(0, 0, 1, ...units[3]!, 0, 0, 1, ...units[5]!));
  });

  it("holds them alone with startCode none, and one each in slice mode, held but for the last", () => {
    const { units } = stream();
    const requests = requestsOf(stream(), { startCode: "none", decodeMode: "slice" });
    expect(requests.map(bitstreamBytes)).toEqual([units[3], units[5]]);
    expect(requests.map(({ hold }) => hold)).toEqual([true, false]);
    const [a, b] = requests.map((request) => controlsOf(request));
    expect([a!.slices.length, b!.slices.length]).toEqual([1, 1]);
    expect(b!.slices[0]).toMatchObject({ slice_segment_addr: 6, data_byte_offset: units[5]!.length - 1 });
    expect(a!.params).toEqual(b!.params);
  });
});
