import { describe, expect, it } from "vitest";
import { openSession } from "../../src/open-session.ts";
import type { SessionOptions } from "../../src/options.ts";
import { V4L2_PIX_FMT_HEVC_SLICE } from "../../src/uapi/index.ts";
import { controlsOf, references } from "../../support/h265-requests.ts";
import { only, summary } from "../../support/streams/h264-stream.ts";
import { eventsOf, H265Stream, type Slice, type Sps } from "../../support/streams/h265-stream.ts";

const idr: Slice = { nal: "IDR_W_RADL" };
const start = (sps: Sps = {}) => new H265Stream().writeSps(sps).writePps();
const requestsOf = (stream: H265Stream, options?: SessionOptions) => only(eventsOf(stream, options), "request");
const errorsOf = (stream: H265Stream, options?: SessionOptions) =>
  only(eventsOf(stream, options), "error").map(({ kind, message }) => `${kind}: ${message}`);

describe("sequence events", () => {
  it("come before the first request, with what the CAPTURE queue has to be", () => {
    const stream = start({ width: 80, height: 48, bitDepth: 10, buffering: [[3, 2, 0]], longTerm: [[0, 1]] });
    const [event] = eventsOf(stream.slice(idr));
    expect(event).toMatchObject({
      type: "sequence",
      codec: "h265",
      pixelFormat: V4L2_PIX_FMT_HEVC_SLICE,
      codedWidth: 80,
      codedHeight: 48,
      visible: { left: 0, top: 0, width: 80, height: 48 },
      bitDepthLuma: 10,
      bitDepthChroma: 10,
      chromaFormat: 1,
      captureBuffers: 5,
      realloc: true,
      keepsReferences: false,
    });
    const names = event?.type === "sequence" ? event.controls.map(({ name }) => name) : [];
    expect(names).toEqual([
      "V4L2_CID_STATELESS_HEVC_DECODE_MODE",
      "V4L2_CID_STATELESS_HEVC_START_CODE",
      "V4L2_CID_STATELESS_HEVC_SPS",
      "V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS",
    ]);
  });

  it("come again only when something changed: not for an SPS of other content alone", () => {
    const stream = start().slice(idr);
    stream.writeSps({ log2_max_lsb: 6 }).slice(idr).writeSps({ log2_max_lsb: 6, width: 96 }).slice(idr);
    const events = eventsOf(stream);
    expect(only(events, "sequence").map(({ codedWidth }) => codedWidth)).toEqual([64, 96]);
    const lsb = only(events, "request").map((request) => controlsOf(request).sps.log2_max_pic_order_cnt_lsb_minus4);
    expect(lsb).toEqual([4, 2, 2]);
  });

  it("follow the output and release of every picture of the old sequence", () => {
    const stream = start({ buffering: [[4, 2, 0]] })
      .slice(idr)
      .slice({ poc: 1, refs: [-1] });
    stream.writeSps({ width: 96, buffering: [[4, 2, 0]] }).slice(idr);
    expect(summary(eventsOf(stream))).toEqual([
      "sequence",
      "request 1000",
      "request 2000",
      "output 1000",
      "release 1000",
      "output 2000",
      "release 2000",
      "sequence",
      "request 3000",
      "output 3000",
      "release 3000",
    ]);
  });

  it.each([
    [[[0, 0, 0]], 1],
    [[[4, 0, 0]], 5],
    [[[4, 1, 0]], 6],
    [[[15, 15, 0]], 17],
    [[[1, 0, 0], [3, 2, 0]], 5], // biome-ignore format: sub-layers in a row
  ] as const)(
    "captureBuffers of %j is %i: the highest sub-layer's, and one more when pictures wait",
    (buffering, count) => {
      const stream = start({ buffering: buffering.map((values) => [...values]) });
      expect(only(eventsOf(stream.slice(idr)), "sequence")[0]?.captureBuffers).toBe(count);
    },
  );
});

describe("parameter sets (7.4.2.4.2)", () => {
  it("that come inside a picture wait for the next one", () => {
    const stream = start()
      .slice(idr)
      .writePps({ num_ref_idx: [4, 1] })
      .slice({ ...idr, address: 8 });
    const requests = requestsOf(stream.slice({ poc: 1, refs: [-1] }));
    expect(requests.map(({ bitstream }) => bitstream.length)).toEqual([4, 2]);
    const counts = requests.map((request) => controlsOf(request).pps.num_ref_idx_l0_default_active_minus1);
    expect(counts).toEqual([0, 3]);
  });

  it("with the newest content of their id are activated, also where older content waited for its turn", () => {
    const stream = new H265Stream().writeSps({ id: 0, width: 64 }).writeSps({ id: 1, width: 80 });
    stream
      .writePps({ id: 0, sps: 0 })
      .writePps({ id: 1, sps: 1 })
      .slice({ ...idr, pps: 0 });
    stream.writeSps({ id: 0, width: 96 }).slice({ ...idr, pps: 1 });
    stream.writeSps({ id: 0, width: 112 }).slice({ ...idr, pps: 0 });
    expect(only(eventsOf(stream), "sequence").map(({ codedWidth }) => codedWidth)).toEqual([64, 80, 112]);
  });

  it("with new content for the active SPS take effect at the next IRAP picture; before it, that is an error", () => {
    const stream = start()
      .slice(idr)
      .writeSps({ buffering: [[5, 0, 0]] });
    stream
      .slice({ poc: 1, refs: [-1] })
      .slice({ poc: 2, refs: [-1] })
      .slice({ nal: "CRA", poc: 3 });
    expect(errorsOf(stream)).toEqual([
      "bitstream: the active SPS was sent with other content, and no IRAP picture follows",
    ]);
    const buffering = requestsOf(stream).map((request) => controlsOf(request).sps.sps_max_dec_pic_buffering_minus1);
    expect(buffering).toEqual([4, 4, 4, 5]);
  });

  it("a CRA picture that activates an SPS begins a coded video sequence: its RASL pictures are skipped", () => {
    const stream = start({ log2_max_lsb: 4 })
      .slice(idr)
      .slice({ poc: 7, refs: [-7] })
      .slice({ poc: 14, refs: [-7] });
    stream.writeSps({ log2_max_lsb: 4, buffering: [[5, 0, 0]] });
    stream.slice({ nal: "CRA", poc: 20, keeps: [-6] }).slice({ nal: "RASL_N", poc: 18, refs: [-4, 2] });
    expect(errorsOf(stream).map((error) => error.split(":")[0])).toEqual(["before-random-access"]);
    const found = requestsOf(stream).map((request) => controlsOf(request).params);
    expect(found[3]).toMatchObject({ pic_order_cnt_val: 4, num_active_dpb_entries: 0 });
  });

  it("another SPS is activated by an IRAP picture; by another picture it is an error, and taken", () => {
    const two = () =>
      start()
        .writeSps({ id: 3, buffering: [[2, 0, 0]] })
        .writePps({ id: 1, sps: 3 });
    expect(
      errorsOf(
        two()
          .slice(idr)
          .slice({ ...idr, pps: 1 }),
      ),
    ).toEqual([]);
    expect(errorsOf(two().slice(idr).slice({ poc: 1, pps: 1 }))).toEqual([
      "bitstream: a picture that is not an IRAP picture activates SPS 3",
    ]);
    const ids = requestsOf(
      two()
        .slice(idr)
        .slice({ ...idr, pps: 1 }),
    ).map((request) => {
      const { sps, pps } = controlsOf(request);
      return [sps.seq_parameter_set_id, pps.pic_parameter_set_id];
    });
    expect(ids).toEqual([
      [0, 0],
      [3, 1],
    ]);
  });

  it("that are missing are an error of each slice that names them; a PPS may come before its SPS", () => {
    const stream = start().slice(idr);
    stream.units.shift();
    expect(only(eventsOf(stream), "error")).toMatchObject([
      { kind: "missing-parameter-set", element: "pps_seq_parameter_set_id", byte: stream.units[0]!.length + 8 },
    ]);
    const swapped = start();
    swapped.units.reverse();
    expect(summary(eventsOf(swapped.slice(idr)))[1]).toBe("request 1000");
  });

  it("that are broken leave the old ones", () => {
    const stream = start()
      .unit(34, Uint8Array.of(0b11000000))
      .unit(33, Uint8Array.of(1, 1, 0xff))
      .slice(idr);
    const events = eventsOf(stream);
    expect(only(events, "error").map(({ unit }) => unit)).toEqual([
      "pic_parameter_set_rbsp (nal_unit_type 34)",
      "seq_parameter_set_rbsp (nal_unit_type 33)",
    ]);
    expect(only(events, "request").length).toBe(1);
  });
});

describe("slice segments", () => {
  const withDependent = () =>
    new H265Stream().writeSps().writePps({ dependent_slice_segments_enabled_flag: 1, num_ref_idx: [2, 1] });

  it("that are dependent have the header of the independent one before them (7.4.7.1)", () => {
    const stream = withDependent()
      .slice(idr)
      .slice({ poc: 1, refs: [-1] })
      .slice({ poc: 2, refs: [-1, -2] })
      .slice({ address: 5, dependent: true })
      .slice({ poc: 2, refs: [-1, -2], type: "I", address: 9 })
      .slice({ address: 12, dependent: true });
    const { slices } = controlsOf(requestsOf(stream)[2]!);
    expect(slices.map((slice) => [slice.slice_segment_addr, slice.slice_type, Number(slice.flags) & 0x200])).toEqual([
      [0, 1, 0],
      [5, 1, 0x200],
      [9, 2, 0],
      [12, 2, 0x200],
    ]);
    const same = [
      "slice_pic_order_cnt",
      "short_term_ref_pic_set_size",
      "num_ref_idx_l0_active_minus1",
      "ref_idx_l0",
    ] as const;
    for (const field of same) expect(slices[1]![field]).toEqual(slices[0]![field]);
    expect(slices[1]!.ref_idx_l0.slice(0, 3)).toEqual([1, 0, 0xff]);
    expect(slices[1]!.short_term_ref_pic_set_size).toBe(3 + 1 + (1 + 1) + (1 + 1));
    // Their own: from the start code, two bytes of NAL unit header, and the slice segment's header.
    expect(slices.map((slice) => slice.data_byte_offset)).toEqual(
      stream.units.slice(-4).map((unit) => 3 + unit.length - 1),
    );
    expect(slices.map((slice) => slice.bit_size)).toEqual(stream.units.slice(-4).map((unit) => 8 * (3 + unit.length)));
  });

  it("of a picture whose first is lost are left out, and the picture is missing to others", () => {
    const stream = withDependent()
      .slice(idr)
      .slice({ poc: 4, refs: [-4] })
      .slice({ poc: 4, refs: [-4], address: 6 });
    stream.slice({ poc: 8, refs: [-4] }).units.splice(3, 1);
    expect(errorsOf(stream)).toEqual([
      "bitstream: the picture's first slice segment is missing",
      "missing-reference: the reference picture with PicOrderCntVal 4 is missing",
    ]);
    expect(requestsOf(stream).map(references)).toEqual(["", ": before x"]);
  });

  it("that are dependent and have lost the independent one are an error, and leave the picture corrupt", () => {
    const stream = withDependent().slice({ address: 4, dependent: true }).slice(idr);
    expect(errorsOf(stream)).toEqual(["bitstream: there is no independent slice segment before it"]);
    expect(requestsOf(stream).length).toBe(1);
  });

  it("that are dependent and belong to a picture whose first is lost do not join the one before", () => {
    const stream = withDependent();
    for (const poc of [0, 1, 2, 3]) {
      stream.slice(poc === 0 ? idr : { poc, refs: [-1] });
      for (const address of [4, 8]) stream.slice({ ...(poc === 0 ? idr : {}), address, dependent: true });
    }
    stream.units.splice(2 + 6, 1);
    expect(errorsOf(stream)).toEqual([
      "bitstream: the picture's first slice segment is missing",
      "bitstream: there is no independent slice segment before it",
      "missing-reference: the reference picture with PicOrderCntVal 2 is missing",
    ]);
    const addresses = requestsOf(stream).map((request) =>
      controlsOf(request).slices.map((slice) => slice.slice_segment_addr),
    );
    expect(addresses).toEqual(new Array(3).fill([0, 4, 8]));
  });

  it("rise in decoding order, which is that of tiles (6-7): the first of the second tile column may lie above", () => {
    const stream = new H265Stream().writeSps().writePps({ tiles: [2, 2] });
    // 4x4 coding tree blocks in tiles of 2x2.
    for (const address of [undefined, 4, 2, 6, 8, 12, 10, 14])
      stream.slice({ ...idr, ...(address ? { address } : {}) });
    expect(errorsOf(stream)).toEqual([]);
    expect(controlsOf(requestsOf(stream)[0]!).slices.length).toBe(8);
    stream.slice({ ...idr, address: 3 });
    expect(errorsOf(stream)).toEqual(["bitstream: the picture's first slice segment is missing"]);
  });

  it("that are broken are left out, and leave the picture corrupt", () => {
    const stream = start()
      .slice(idr)
      .slice({ ...idr, address: 6 });
    stream.units.push(stream.units[3]!.slice(0, 3));
    const events = eventsOf(stream);
    expect(only(events, "error").map(({ kind }) => kind)).toEqual(["bitstream"]);
    expect(only(events, "request").map(({ bitstream }) => bitstream.length)).toEqual([4]);
    expect(only(events, "output").map(({ corrupt }) => corrupt)).toEqual([true]);
  });
});

describe("pic_struct (D.3.3)", () => {
  const fields = () =>
    start({ frame_field_info_present_flag: 1 })
      .picTiming(9)
      .slice(idr)
      .picTiming(10)
      .slice({ poc: 1, refs: [-1] })
      .slice({ poc: 2, refs: [-1, -2] });

  it("goes into the slices of its picture, and into the DPB entries that later ones have of it", () => {
    const found = requestsOf(fields()).map((request) => controlsOf(request));
    expect(found.map(({ slices }) => slices[0]!.pic_struct)).toEqual([9, 10, 0]);
    expect(found[2]!.params.dpb.slice(0, 2).map(({ field_pic }) => field_pic)).toEqual([9, 10]);
  });

  it("says with the output which field it is", () => {
    const shown = only(eventsOf(fields()), "output").map(({ fieldOrder }) => fieldOrder);
    expect(shown).toEqual(["top-only", "bottom-only", "progressive"]);
  });
});

describe("decode, configure, reset", () => {
  const [sps, pps, first, second] = start()
    .slice(idr)
    .slice({ poc: 1, refs: [-1] }).units as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const prefixed = (...units: Uint8Array[]) =>
    Uint8Array.from(units.flatMap((unit) => [0, 0, 0, unit.length, ...unit]));
  const array = (type: number, unit: Uint8Array) => [type, 0, 1, 0, unit.length, ...unit];
  const general = [1, 1, 0, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93, 0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0x0f];
  const hvcC = Uint8Array.of(...general, 2, ...array(33, sps), ...array(34, pps));

  it("decode gives a packet's requests at once, and its pts with the output", () => {
    const session = openSession("h265");
    session.configure(hvcC);
    const shown = [...session.decode(prefixed(first), { pts: 40 }), ...session.decode(prefixed(second), { pts: 20 })];
    expect(summary(shown)).toEqual(["sequence", "request 1000", "output 1000", "request 2000", "output 2000"]);
    expect(only(shown, "output").map(({ pts }) => pts)).toEqual([40, 20]);
  });

  it("configure(null) returns to start codes; a broken record is an error event and changes nothing", () => {
    const session = openSession("h265");
    session.configure(hvcC);
    expect(only(session.configure(hvcC.subarray(0, 9)), "error").length).toBe(1);
    expect(summary(session.decode(prefixed(first)))[1]).toBe("request 1000");
    session.configure(null);
    expect(summary(session.decode(Uint8Array.of(0, 0, 1, ...second)))[0]).toBe("request 2000");
  });

  it("reset releases what is held, keeps the parameter sets, and never uses a timestamp again", () => {
    const session = openSession("h265");
    session.configure(hvcC);
    session.decode(prefixed(first));
    expect(summary(session.reset())).toEqual(["release 1000"]);
    expect(summary(session.decode(prefixed(first)))).toEqual(["request 2000", "output 2000"]);
  });

  it("wrong arguments throw TypeError and change nothing", () => {
    expect(() => openSession("h265", { startAt: "idr" as "any" })).toThrow(TypeError);
    const session = openSession("h265");
    expect(() => session.decode("x" as unknown as Uint8Array)).toThrow(TypeError);
    expect(() => session.configure(1 as unknown as null)).toThrow(TypeError);
    expect(session.flush()).toEqual([]);
  });

  it("kernel leaves out what a kernel lacks: EXT_SPS_* came with 7.0, the others with 6.0", () => {
    const names = (kernel: string) => {
      const stream = start({ longTerm: [[0, 1]] }).slice(idr);
      return requestsOf(stream, { kernel })[0]!.controls.map(({ name }) =>
        name.replace("V4L2_CID_STATELESS_HEVC_", ""),
      );
    };
    expect(names("5.19")).toEqual([]);
    expect(names("6.1")).toEqual(["SPS", "PPS", "SLICE_PARAMS", "DECODE_PARAMS"]);
    expect(names("7.0")).toEqual(["SPS", "EXT_SPS_LT_RPS", "PPS", "SLICE_PARAMS", "DECODE_PARAMS"]);
  });
});

describe("losses", () => {
  it("missingReferences drop: what was decoded before the loss is shown, whatever IRAP picture follows", () => {
    const stream = start({ buffering: [[4, 2, 0]] })
      .slice(idr)
      .slice({ poc: 4, refs: [-4] })
      .slice({ poc: 2, refs: [-2, 2] })
      .slice({ poc: 8, refs: [-1] })
      .slice({ nal: "CRA", poc: 12 });
    const events = eventsOf(stream, { missingReferences: "drop" });
    expect(only(events, "output").map(({ timestamp }) => timestamp)).toEqual([1000, 3000, 2000, 5000]);
  });

  it("are those of the next picture after SEI or parameter sets, which begin an access unit (7.4.2.4.4)", () => {
    const outputs = (stream: H265Stream) => summary(only(eventsOf(stream), "output"));
    const unreadable = Uint8Array.of(0);
    expect(outputs(start().slice(idr).unit(1, unreadable))).toEqual(["output 1000 corrupt"]);
    expect(outputs(start().slice(idr).recoveryPoint(0).unit(1, unreadable))).toEqual(["output 1000"]);
    const lostFirst = start()
      .slice(idr)
      .writePps({ id: 1 })
      .slice({ poc: 1, refs: [-1], address: 4, pps: 1 });
    expect(outputs(lostFirst)).toEqual(["output 1000"]);
    expect(errorsOf(lostFirst)).toEqual(["bitstream: the picture's first slice segment is missing"]);
  });

  it("a dependent segment after an unreadable one does not take over an older header (7.4.7.1)", () => {
    const stream = new H265Stream().writeSps().writePps({ dependent_slice_segments_enabled_flag: 1 });
    stream.slice(idr).slice({ ...idr, address: 4 });
    stream.units.push(stream.units.pop()!.slice(0, 3));
    stream.slice({ ...idr, address: 8, dependent: true });
    const events = eventsOf(stream);
    expect(only(events, "request").map((request) => controlsOf(request).slices.length)).toEqual([1]);
    expect(only(events, "error").length).toBe(2);
    expect(summary(only(events, "output"))).toEqual(["output 1000 corrupt"]);
  });
});
