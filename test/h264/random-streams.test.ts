import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openH264Session } from "../../src/h264/index.ts";
import type { SessionOptions } from "../../src/options.ts";
import { eventKey } from "../../support/events.ts";
import { annexB, h264References, kernelRefusals } from "../../support/h264-requests.ts";
import { poolFlaws } from "../../support/pool.ts";
import { nalUnit, tinyPps } from "../../support/streams/h264-units.ts";

/** What decides how a picture is read and marked. Pictures are one macroblock pair. */
interface Sequence {
  readonly interlaced: boolean;
  readonly pic_order_cnt_type: number;
  readonly max_num_ref_frames: number;
  readonly gaps: number;
  /** -1: no VUI. */
  readonly max_dec_frame_buffering: number;
}

interface Picture {
  readonly kind: "idr" | "i" | "p" | "b";
  readonly nal_ref_idc: number;
  /** 0 frame, 1 top field, 2 bottom field. */
  readonly structure: number;
  /** Added to the frame_num of the picture before. */
  readonly step: number;
  readonly pic_order_cnt_lsb: number;
  readonly flags: number;
  readonly mmco: readonly (readonly number[])[];
  readonly modifications: readonly (readonly number[])[];
}

function spsOf(sequence: Sequence, id: number): Uint8Array {
  return nalUnit(0x67, (w) => {
    w.u(8, 77).u(8, 0).u(8, 10).ue(id).ue(0).ue(sequence.pic_order_cnt_type);
    if (sequence.pic_order_cnt_type === 0) w.ue(0);
    if (sequence.pic_order_cnt_type === 1) w.u(1, 0).se(-1).se(1).ue(1).se(2);
    w.ue(sequence.max_num_ref_frames)
      .u(1, sequence.gaps)
      .ue(0)
      .ue(sequence.interlaced ? 0 : 1);
    w.u(1, sequence.interlaced ? 0 : 1);
    if (sequence.interlaced) w.u(1, 0);
    w.u(1, 1).u(1, 0);
    if (sequence.max_dec_frame_buffering < 0) return w.u(1, 0);
    w.u(1, 1).u(9, 1); // only bitstream_restriction_flag
    return w.u(1, 1).ue(0).ue(0).ue(9).ue(9).ue(0).ue(sequence.max_dec_frame_buffering);
  });
}

function sliceOf(sequence: Sequence, picture: Picture, frame_num: number, idr_pic_id: number): Uint8Array {
  const isIdr = picture.kind === "idr";
  const nal_ref_idc = isIdr ? 1 : picture.nal_ref_idc;
  return nalUnit((nal_ref_idc << 5) | (isIdr ? 5 : 1), (w) => {
    w.ue(0).ue({ idr: 7, i: 7, p: 5, b: 6 }[picture.kind]).ue(0).u(4, frame_num);
    if (sequence.interlaced) w.u(1, picture.structure > 0 ? 1 : 0);
    if (sequence.interlaced && picture.structure > 0) w.u(1, picture.structure - 1);
    if (isIdr) w.ue(idr_pic_id);
    if (sequence.pic_order_cnt_type === 0) w.u(4, isIdr ? 0 : picture.pic_order_cnt_lsb);
    if (sequence.pic_order_cnt_type === 1) w.se(picture.flags & 1);
    if (picture.kind === "b") w.u(1, 1);
    const lists = picture.kind === "p" ? 1 : picture.kind === "b" ? 2 : 0;
    if (lists > 0) w.u(1, 1);
    for (let list = 0; list < lists; list++) w.ue(3);
    for (let list = 0; list < lists; list++) {
      w.u(1, picture.modifications.length > 0 ? 1 : 0);
      for (const operation of picture.modifications) for (const value of operation) w.ue(value);
      if (picture.modifications.length > 0) w.ue(3);
    }
    if (isIdr) w.u(2, picture.flags & 3);
    else if (nal_ref_idc > 0) {
      w.u(1, picture.mmco.length > 0 ? 1 : 0);
      for (const operation of picture.mmco) for (const value of operation) w.ue(value);
      if (picture.mmco.length > 0) w.ue(0);
    }
    w.se(0);
  });
}

const sequenceWith = (gaps: fc.Arbitrary<number>) =>
  fc.record<Sequence>({
    interlaced: fc.boolean(),
    pic_order_cnt_type: fc.nat(2),
    max_num_ref_frames: fc.nat(4),
    gaps,
    max_dec_frame_buffering: fc.integer({ min: -1, max: 5 }),
  });
const small = fc.nat(4);
const operation = fc.oneof(
  fc.tuple(fc.constantFrom(1, 2, 4, 6), small),
  fc.tuple(fc.constant(3), small, small),
  fc.constant([5]),
);
const picture = fc.record<Picture>({
  kind: fc.constantFrom("idr", "i", "p", "p", "p", "p", "b", "b"),
  nal_ref_idc: fc.nat(2),
  structure: fc.nat(2),
  step: fc.constantFrom(0, 0, 1, 1, 1, 1, 2, 5, 15),
  pic_order_cnt_lsb: fc.nat(15),
  flags: fc.nat(7),
  mmco: fc.oneof(fc.constant([]), fc.constant([]), fc.array(operation, { maxLength: 4 })),
  modifications: fc.oneof(fc.constant([]), fc.array(fc.tuple(fc.nat(2), small), { maxLength: 3 })),
});
const streamWith = (gaps: fc.Arbitrary<number>) =>
  fc
    .array(fc.tuple(sequenceWith(gaps), fc.array(picture, { minLength: 1, maxLength: 24 })), {
      minLength: 1,
      maxLength: 3,
    })
    .map((sequences) => {
      const units: Uint8Array[] = [];
      let frame_num = 0;
      let idr_pic_id = 0;
      for (const [own, pictures] of sequences) {
        units.push(spsOf(own, 0), tinyPps());
        for (const [i, each] of pictures.entries()) {
          const isIdr = each.kind === "idr" || (i === 0 && each.flags < 6);
          frame_num = isIdr ? 0 : (frame_num + each.step) % 16;
          idr_pic_id = (idr_pic_id + 1) % 7;
          units.push(sliceOf(own, isIdr ? { ...each, kind: "idr" } : each, frame_num, idr_pic_id));
        }
      }
      return units;
    });

const variants: readonly SessionOptions[] = [
  {},
  { decodeMode: "slice", missingReferences: "nearest" },
  { startAt: "random-access", missingReferences: "drop" },
];

describe("streams of random headers: gaps, fields without pair, marking of what is not there, new sequences", {
  tags: "long",
}, () => {
  const flawsOf = (units: readonly Uint8Array[], options: SessionOptions) => {
    const session = openH264Session(options);
    const events = [...session.push(annexB(units)), ...session.flush()];
    return [...poolFlaws(events, h264References), ...kernelRefusals(events)];
  };

  it("keep the pool, the limit of reference frames and the kernel's rules", () => {
    fc.assert(
      fc.property(streamWith(fc.constant(0)), fc.constantFrom(...variants), (units, options) => {
        expect(flawsOf(units, options)).toEqual([]);
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  it("keep the pool and the kernel's rules where gaps in frame_num are allowed", () => {
    fc.assert(
      fc.property(streamWith(fc.nat(1)), fc.constantFrom(...variants), (units, options) => {
        expect(flawsOf(units, options)).toEqual([]);
      }),
      { seed: 2, numRuns: 3000 },
    );
  });

  it("give the same events unit by unit, and go on after a reset and a flush with new timestamps", () => {
    fc.assert(
      fc.property(streamWith(fc.nat(1)), fc.nat(30), (units, at) => {
        const [whole, parts] = [openH264Session(), openH264Session()];
        const expected = [...whole.push(annexB(units)), ...whole.flush()].map(eventKey);
        const found = units.flatMap((unit) => parts.push(annexB([unit])).map(eventKey));
        found.push(...parts.flush().map(eventKey));
        expect(found).toEqual(expected);
        const session = openH264Session();
        const events = [
          ...session.push(annexB(units.slice(0, at))),
          ...session.reset(),
          ...session.push(annexB(units.slice(at))),
          ...session.flush(),
          ...session.push(annexB(units)),
          ...session.flush(),
        ];
        const flaws = [...poolFlaws(events, h264References), ...kernelRefusals(events)];
        expect(flaws).toEqual([]);
      }),
      { seed: 3, numRuns: 1500 },
    );
  });
});
