import { readdirSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import type { Codec, RequestEvent, SequenceEvent } from "../../src/events.ts";
import { joined } from "../../src/framing/bytes.ts";
import { validate } from "../../src/kernel/index.ts";
import { openSession, sessionCodecs } from "../../src/open-session.ts";
import {
  cedrus,
  controlsFor,
  generic,
  hantroG1,
  hantroG2,
  mediatek,
  rk3399,
  rk3588Av1,
  rpiHevcDec,
  type Target,
  targets,
  tegraVde,
  vdpu381,
  vdpu383,
} from "../../src/targets/index.ts";
import {
  controlByName,
  decodePayload,
  leafFields,
  V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST,
  v4l2_ctrl_hevc_ext_sps_st_rps,
} from "../../src/uapi/index.ts";
import { frame, keyFrame, sequenceHeader, showExisting, unit } from "../../support/streams/av1-stream.ts";
import { only } from "../../support/streams/h264-stream.ts";
import { eventsOf, Mpeg2Stream } from "../../support/streams/mpeg2-stream.ts";

const fixtures = new URL("../fixtures/", import.meta.url);
const streams = readdirSync(fixtures).filter((name) => /\.(26[45]|m2v|ivf|obu)$/.test(name));

const parts = targets.flatMap(({ name, codecs }) =>
  Object.entries(codecs).map(([codec, taken]) => ({ name, codec: codec as Codec, taken })),
);

/** The paths that `reads` can name: leaves without subscripts, and their flags. */
function pathsOf(name: string): string[] {
  const control = controlByName(name);
  if (control?.type !== "struct") return [name];
  return leafFields(control.struct).flatMap(({ path, type }) => {
    const field = `${name}.${path.replace(/\[\d+\]/g, "")}`;
    return [field, ...Object.keys(type.flags ?? {}).map((flag) => `${field}.${flag}`)];
  });
}

describe.each(parts)("$name, $codec", ({ codec, taken }) => {
  it("reads fields of its own controls, each once", () => {
    if (taken.reads === "all") return;
    const paths = new Set(Object.keys(taken.controls).flatMap(pathsOf));
    for (const path of taken.reads) expect(paths).toContain(path);
    expect(new Set(taken.reads).size).toBe(taken.reads.length);
    // A field as a whole says all that its flags say.
    const wholes = taken.reads
      .map((path) => path.replace(/\.V4L2_\w+$/, ""))
      .filter((path, i) => path !== taken.reads[i]);
    for (const path of wholes) expect(taken.reads).not.toContain(path);
    for (const name of Object.keys(taken.controls).filter((name) => controlByName(name)?.type !== "menu")) {
      expect(taken.reads.some((path) => path === name || path.startsWith(`${name}.`))).toBe(true);
    }
  });

  it("refuses and requires flags that exist, refusing each time those of one control", () => {
    for (const together of taken.limits.refusedFlags ?? []) {
      const names = new Set(together.map((flag) => flag.split(".")[0]!));
      expect(names.size).toBe(1);
      for (const flag of together) {
        expect([...names].flatMap(pathsOf)).toContain(flag);
        expect(flag).toMatch(/\.V4L2_\w+$/);
      }
    }
    for (const flag of taken.limits.requiredFlags ?? []) {
      expect(pathsOf(flag.split(".")[0]!)).toContain(flag);
      expect(flag).toMatch(/\.V4L2_\w+$/);
    }
  });

  it("has quirks only in fields that it reads", () => {
    for (const [name, { fields, text }] of Object.entries(taken.quirks ?? {})) {
      for (const field of fields) expect(taken.reads).toContain(`${name}.${field}`);
      expect(text).not.toBe("");
    }
  });

  it("has the mode menus if the codec has modes", () => {
    const prefix = { h264: "H264", h265: "HEVC" }[codec as string];
    expect(taken.decodeModes.length > 0).toBe(prefix !== undefined);
    expect(taken.startCodes.length > 0).toBe(prefix !== undefined);
    if (prefix === undefined) return;
    expect(taken.controls).toHaveProperty(`V4L2_CID_STATELESS_${prefix}_DECODE_MODE`);
    expect(taken.controls).toHaveProperty(`V4L2_CID_STATELESS_${prefix}_START_CODE`);
  });

  const own = sessionCodecs.includes(codec) ? streams.filter((name) => name.startsWith(`${codec}_`)) : [];
  const testSent = (name: string) => {
    const session = openSession(codec, {
      decodeMode: taken.decodeModes[0],
      startCode: taken.startCodes[0],
      missingReferences: taken.missingReferences,
    });
    const target = targets.find(({ codecs }) => codecs[codec] === taken)!;
    const events = [...session.push(readFileSync(new URL(name, fixtures))), ...session.flush()];
    const sent = events.filter(
      (event): event is RequestEvent | SequenceEvent => event.type === "request" || event.type === "sequence",
    );
    expect(sent.length).toBeGreaterThan(1);
    for (const event of sent) {
      const list = controlsFor(target, codec, event);
      for (const { name, payload } of list) {
        const control = controlByName(name)!;
        const size = control.type === "struct" ? control.struct.size : 4;
        const elements = typeof payload === "number" ? 1 : payload.length / size;
        expect(elements).toBeLessThanOrEqual(taken.controls[name]!);
      }
      // What a driver cannot do without.
      const prefix = { h264: "H264", h265: "HEVC" }[codec as string];
      if (event.type !== "request" || prefix === undefined) continue;
      const names = list.map(({ name }) => name);
      for (const part of ["SPS", "PPS", "DECODE_PARAMS"]) {
        expect(names).toContain(`V4L2_CID_STATELESS_${prefix}_${part}`);
      }
    }
  };
  const sent = "is sent of %s what it takes, as often as it takes it";
  it.each(own.slice(0, 3))(sent, testSent);
  it.each(own.slice(3))(sent, { tags: "long" }, testSent);
});

describe("rpi-hevc-dec", () => {
  it("is told where each segment lies in the whole buffer; others, where its data lie in the segment", () => {
    const session = openSession("h265", { startCode: "none" });
    const stream = readFileSync(new URL("h265_main10_wpp_slices.265", fixtures));
    const requests = [...session.push(stream), ...session.flush()].filter((event) => event.type === "request");
    let segments = 0;
    for (const request of requests) {
      const { controls, bitstream } = request;
      const places = (list: typeof controls) => {
        const { payload } = list.find(({ name }) => name === "V4L2_CID_STATELESS_HEVC_SLICE_PARAMS")!;
        const view = new DataView((payload as Uint8Array).slice().buffer);
        return Array.from({ length: view.byteLength / 280 }, (_, i) => ({
          bytes: view.getUint32(280 * i, true) / 8,
          data: view.getUint32(280 * i + 4, true),
        }));
      };
      const own = places(controls);
      const inBuffer = places(controlsFor(rpiHevcDec, "h265", request));
      let start = 0;
      for (const [i, { bytes, data }] of own.entries()) {
        expect(inBuffer[i]).toEqual({ bytes: start + bytes, data: start + data });
        start += bytes;
      }
      expect(start).toBe(bitstream.reduce((sum, part) => sum + part.length, 0));
      expect(places(controlsFor(rk3399, "h265", request))).toEqual(own);
      segments = Math.max(segments, own.length);
    }
    expect(segments).toBeGreaterThan(1);
  });
});

describe("hantro-g1", () => {
  const topFieldFirst = (target: Target, stream: Mpeg2Stream) =>
    only(eventsOf(stream), "request").map((request) => {
      const { name, payload } = controlsFor(target, "mpeg2", request).find(({ name }) => name.endsWith("_PICTURE"))!;
      const { flags, ...rest } = decodePayload(controlByName(name)!, payload) as { flags: number };
      const own = request.controls.find((control) => control.name === name)!.payload;
      expect(decodePayload(controlByName(name)!, own)).toMatchObject(rest);
      return flags & V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST;
    });
  const pair = (first: number, second: number, fields = {}) =>
    new Mpeg2Stream()
      .sequence()
      .picture("I", { structure: first, ...fields })
      .picture("P", { structure: second, ...fields });

  it("is told in both fields of a frame whether the top field came first, other targets the bit of each", () => {
    expect(topFieldFirst(hantroG1, pair(1, 2))).toEqual([1, 1]);
    expect(topFieldFirst(hantroG1, pair(2, 1))).toEqual([0, 0]);
    // 6.3.10 forbids the bit in fields.
    expect(topFieldFirst(hantroG1, pair(2, 1, { top_field_first: 1 }))).toEqual([0, 0]);
    expect(topFieldFirst(cedrus, pair(1, 2))).toEqual([0, 0]);
    expect(topFieldFirst(generic, pair(2, 1, { top_field_first: 1 }))).toEqual([1, 1]);
  });

  it("takes a first field that stays alone for one, and frames as they are", () => {
    const stream = pair(1, 1).picture("P", { structure: 2 }).picture("B", { top_field_first: 1 }).picture("I");
    expect(topFieldFirst(hantroG1, stream)).toEqual([1, 1, 1, 1, 0]);
  });
});

describe("rk3588-av1", () => {
  /** Of each request, what a session makes of two fields, and what the driver is told. */
  const framesOf = (stream: Uint8Array) => {
    const quirk = rk3588Av1.codecs.av1!.quirks!.V4L2_CID_STATELESS_AV1_FRAME!;
    const rewrite = "begin" in quirk ? quirk.begin() : expect.unreachable();
    const session = openSession("av1");
    const fieldsOf = (payload: Uint8Array) => {
      const { ref_frame_idx, reference_frame_ts } = decodePayload(controlByName(quirkOf)!, payload) as AV1Frame;
      return { slots: ref_frame_idx, pictures: reference_frame_ts.map(Number) };
    };
    return only([...session.push(stream), ...session.flush()], "request").map((request) => {
      const payload = request.controls.find(({ name }) => name === quirkOf)!.payload as Uint8Array;
      const own = payload.slice();
      const told = fieldsOf(rewrite(payload, request));
      // The session's payload stays as it is.
      expect(payload).toEqual(own);
      return { own: fieldsOf(own), told };
    });
  };
  const quirkOf = "V4L2_CID_STATELESS_AV1_FRAME";
  type AV1Frame = { readonly ref_frame_idx: number[]; readonly reference_frame_ts: bigint[] };
  const start = unit(sequenceHeader(), keyFrame());

  it("is told a slot in which it has the CDFs of a shown key frame, which a session finds in all slots", () => {
    const hidden = unit(frame({ type: "key", show: 0, refresh: 4 }), frame());
    const after = unit(frame({ slots: [0, 1, 2, 3, 4, 5, 6], refresh: 8 }));
    const last = unit(frame({ slots: [3, 4, 2, 2, 2, 2, 2] }));
    const frames = framesOf(joined([start, hidden, unit(showExisting(2)), after, last]));
    expect(frames.slice(0, 3).every(({ own, told }) => isDeepStrictEqual(own, told))).toBe(true);
    expect(frames[3]?.own.slots).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(frames[3]?.told.slots).toEqual([2, 2, 2, 2, 2, 2, 2]);
    // The last frame but one has its CDFs in slot 3.
    expect(frames[4]?.told.slots).toEqual([3, 2, 2, 2, 2, 2, 2]);
  });

  it("is told of the frame itself where it would look for a picture that no slot has", () => {
    const intra = unit(sequenceHeader(), frame({ type: "intra", show: 0, refresh: 1 }));
    const [first, second] = framesOf(joined([intra, unit(frame({ slots: [0, 1, 0, 3] }))]));
    // An intra frame has no references.
    expect(first?.told).toEqual(first?.own);
    expect(second?.own.pictures).toEqual([1000, 0, 0, 0, 0, 0, 0, 0]);
    expect(second?.told).toEqual({ ...second?.own, pictures: [1000, 2000, 0, 2000, 0, 0, 0, 0] });
  });

  it("is told so of intra frames with allow_intrabc, whose references it looks at", () => {
    const sequence = { screenContent: true };
    const copying = unit(sequenceHeader(sequence), keyFrame({ sequence, intrabc: 1, hint: 12 }));
    // The stream of docs/upstream/hantro-av1-absent-references.md.
    expect(readFileSync(new URL("../../conformance/drivers/av1_intrabc.obu", import.meta.url))).toEqual(
      Buffer.from(copying),
    );
    const [first, second] = framesOf(joined([copying, unit(keyFrame({ sequence }))]));
    expect(first?.own.pictures).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(first?.told).toEqual({ slots: [0, 0, 0, 0, 0, 0, 0], pictures: [1000, 0, 0, 0, 0, 0, 0, 0] });
    expect(second?.told).toEqual(second?.own);
  });
});

describe.each([vdpu381, vdpu383])("$name", ({ codecs }) => {
  const size = v4l2_ctrl_hevc_ext_sps_st_rps.size;
  const { num_negative_pics, use_delta_flag } = v4l2_ctrl_hevc_ext_sps_st_rps.offsets;
  /** An array of sets with so many negative pictures. */
  const sets = (...counts: number[]) => {
    const payload = new Uint8Array(size * counts.length);
    for (const [i, count] of counts.entries()) payload[i * size + num_negative_pics] = count;
    return payload;
  };
  const begin = () => {
    const quirk = codecs.h265!.quirks!.V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS!;
    const rewrite = "begin" in quirk ? quirk.begin() : expect.unreachable();
    return (payload: Uint8Array) => {
      const own = payload.slice();
      const told = rewrite(payload, { timestamp: 1000 });
      expect(payload).toEqual(own);
      // Nothing else is changed.
      const others = told.slice();
      others.fill(0, use_delta_flag, use_delta_flag + 4);
      expect(others).toEqual(own);
      expect(validate("V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS", told)).toEqual([]);
      return told;
    };
  };
  const firstOf = (payload: Uint8Array) => payload.subarray(0, size);

  it("notices sets of which the first is empty, as the driver's memory is in the beginning", () => {
    const rewrite = begin();
    expect(firstOf(rewrite(sets(0, 1)))).not.toEqual(new Uint8Array(size));
    // Also where it was started anew.
    rewrite(sets(1, 1));
    expect(firstOf(rewrite(sets(0, 1)))).not.toEqual(new Uint8Array(size));
  });

  it("notices sets of which only others than the first have changed", () => {
    const rewrite = begin();
    const a = rewrite(sets(1, 1));
    expect(a).toEqual(sets(1, 1));
    const b = rewrite(sets(1, 2));
    expect(firstOf(b)).not.toEqual(firstOf(a));
    const again = rewrite(sets(1, 1));
    expect(firstOf(again)).not.toEqual(firstOf(b));
    // The same sets again are the same payload.
    expect(rewrite(sets(1, 1))).toBe(again);
    expect(firstOf(rewrite(sets(1, 1, 1)))).not.toEqual(firstOf(again));
  });

  it("notices more empty sets than there were", () => {
    const rewrite = begin();
    rewrite(sets(1, 1));
    const one = rewrite(sets(0));
    expect(firstOf(rewrite(sets(0, 0)))).not.toEqual(one);
  });

  it("leaves other sets as they are", () => {
    const rewrite = begin();
    for (const payload of [sets(0), sets(1), sets(2, 1), sets(1), sets(0, 0)]) {
      expect(rewrite(payload)).toEqual(payload);
    }
  });
});

describe("targets", () => {
  it("default to the nearest picture where a missing one fails the job or is read from behind an array", () => {
    const nearest = parts.filter(({ taken }) => taken.missingReferences === "nearest");
    expect(nearest.map(({ name, codec }) => `${name} ${codec}`)).toEqual([
      "rk3399 h265",
      "hantro-g2 h265",
      "cedrus h265",
      "rpi-hevc-dec h265",
    ]);
    expect(hantroG2.codecs.vp9?.missingReferences).toBe("mark");
  });

  it("differ from all others where drivers do", () => {
    const slices = (name: string) => targets.find((target) => target.name === name)?.codecs.h265?.controls;
    expect(slices("cedrus")?.V4L2_CID_STATELESS_HEVC_SLICE_PARAMS).toBe(1);
    expect(slices("rk3399")?.V4L2_CID_STATELESS_HEVC_SLICE_PARAMS).toBe(600);
    expect(slices("vdpu383")?.V4L2_CID_STATELESS_HEVC_SLICE_PARAMS).toBeUndefined();
    expect(cedrus.codecs.h264?.decodeModes).toEqual(["slice"]);
    expect(cedrus.codecs.h264?.startCodes).toEqual(["none"]);
    expect(mediatek.codecs.vp9?.controls).toEqual({ V4L2_CID_STATELESS_VP9_FRAME: 1 });
    expect(tegraVde.codecs.h264?.controls).not.toHaveProperty("V4L2_CID_STATELESS_H264_SCALING_MATRIX");
    expect(rpiHevcDec.codecs.h265?.since).toBeUndefined();
  });
});
