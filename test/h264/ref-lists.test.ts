import { describe, expect, it } from "vitest";
import { BOTH_FIELDS, BOTTOM_FIELD, Frame, TOP_FIELD } from "../../src/h264/dpb.ts";
import type { ListContext, RefPicList } from "../../src/h264/ref-lists.ts";
import { buildRefPicLists, nearestReference } from "../../src/h264/ref-lists.ts";
import { SliceHeader } from "../../src/h264/structures.ts";

const visible = { left: 0, top: 0, width: 64, height: 64 };

interface Given {
  /** Names the frame in lists: its timestamp. */
  readonly name: number;
  readonly frame_num?: number;
  readonly order?: readonly [top: number, bottom: number];
  readonly short?: number;
  readonly long?: number;
  readonly LongTermFrameIdx?: number;
  /** Fields decoded so far, the first of them first; a frame without. */
  readonly fields?: readonly number[];
}

function frame({
  name,
  frame_num = 0,
  order = [0, 0],
  short = 0,
  long = 0,
  LongTermFrameIdx = 0,
  fields,
}: Given): Frame {
  const made = new Frame(name, undefined, visible, frame_num, true);
  made.FrameNumWrap = frame_num;
  made.shortTerm = short;
  made.longTerm = long;
  made.LongTermFrameIdx = LongTermFrameIdx;
  [made.TopFieldOrderCnt, made.BottomFieldOrderCnt] = order;
  made.fields = fields === undefined ? BOTH_FIELDS : fields.reduce((mask, field) => mask | field, 0);
  made.firstField = fields?.[0] ?? 0;
  return made;
}

function context(frames: readonly Frame[], current: Frame, structure: number, PicOrderCnt = 100): ListContext {
  const picture = { frame: current, structure, isSecondField: frames.includes(current), isIdr: false };
  return { frames, current: picture, PicOrderCnt, MaxFrameNum: 16, pic_order_cnt_type: 0 };
}

function header(values: Partial<SliceHeader>): SliceHeader {
  return Object.assign(new SliceHeader(), values);
}

const text = (list: RefPicList) =>
  list
    .map((entry) => (entry === null ? "none" : `${entry.frame.timestamp}${["", "t", "b", ""][entry.fields]}`))
    .join(" ");

describe("initial lists of P slices", () => {
  it("of frames: short-term references by descending PicNum, long-term by ascending LongTermPicNum (8.2.4.2.1)", () => {
    const frames = [
      frame({ name: 1, frame_num: 3, short: 3 }),
      frame({ name: 2, frame_num: 5, short: 3 }),
      frame({ name: 3, long: 3, LongTermFrameIdx: 1 }),
      frame({ name: 4, long: 3, LongTermFrameIdx: 0 }),
      frame({ name: 5, frame_num: 4, short: TOP_FIELD }),
    ];
    const lists = buildRefPicLists(
      context(frames, frame({ name: 9, frame_num: 6 }), BOTH_FIELDS),
      header({ num_ref_idx_l0_active_minus1: 4 }),
    );
    expect(text(lists.list0)).toBe("2 1 4 3 none");
  });

  it("of fields: in turns from the parity of the current one; what one parity lacks is skipped (8.2.4.2.5)", () => {
    const current = frame({ name: 3, frame_num: 2, short: TOP_FIELD, fields: [TOP_FIELD] });
    const frames = [
      frame({ name: 1, frame_num: 0, short: BOTH_FIELDS }),
      frame({ name: 2, frame_num: 1, short: BOTTOM_FIELD }),
      current,
    ];
    const lists = buildRefPicLists(context(frames, current, BOTTOM_FIELD), header({ num_ref_idx_l0_active_minus1: 4 }));
    expect(text(lists.list0)).toBe("2b 3t 1b 1t none");
  });

  it("of a second field of 16 frames: 31 fields, and no picture for the 32nd entry (8.2.4.2)", () => {
    const current = frame({ name: 16, frame_num: 15, short: TOP_FIELD, fields: [TOP_FIELD] });
    const before = Array.from({ length: 15 }, (_, i) => frame({ name: i + 1, frame_num: i, short: BOTH_FIELDS }));
    const lists = buildRefPicLists(
      context([...before, current], current, BOTTOM_FIELD),
      header({ num_ref_idx_l0_active_minus1: 31 }),
    );
    const expected = Array.from({ length: 15 }, (_, i) => `${15 - i}b ${16 - i}t`).join(" ");
    expect(text(lists.list0)).toBe(`${expected} 1t none`);
  });
});

describe("initial lists of B slices", () => {
  const frames = [
    frame({ name: 1, short: 3, order: [10, 11] }),
    frame({ name: 2, short: 3, order: [40, 41] }),
    frame({ name: 3, short: 3, order: [20, 21] }),
    frame({ name: 4, long: 3 }),
  ];
  const b = { slice_type: 1, num_ref_idx_l0_active_minus1: 3, num_ref_idx_l1_active_minus1: 3 };
  const current = frame({ name: 9 });

  it("of frames: by order count away from the current one, back first in list 0 (8.2.4.2.3)", () => {
    const { list0, list1 } = buildRefPicLists(context(frames, current, BOTH_FIELDS, 30), header(b));
    expect([text(list0), text(list1)]).toEqual(["3 1 2 4", "2 3 1 4"]);
  });

  it("begin with the second entry in list 1 where both are equal and have several (8.2.4.2.3)", () => {
    const { list0, list1 } = buildRefPicLists(context(frames, current, BOTH_FIELDS, 50), header(b));
    expect([text(list0), text(list1)]).toEqual(["2 3 1 4", "3 2 1 4"]);
  });
});

describe("modification (8.2.4.3)", () => {
  const frames = [0, 1, 2].map((i) => frame({ name: i + 1, frame_num: i, short: 3 }));
  const current = frame({ name: 9, frame_num: 3 });
  const modified = (...operations: readonly [number, number][]) =>
    buildRefPicLists(
      context(frames, current, BOTH_FIELDS),
      header({
        num_ref_idx_l0_active_minus1: 2,
        ref_pic_list_modification_l0: operations.map(([modification_of_pic_nums_idc, abs_diff_pic_num_minus1]) => ({
          modification_of_pic_nums_idc,
          abs_diff_pic_num_minus1,
          long_term_pic_num: 0,
        })),
      }),
    );

  it("moves the picture to the front and keeps the order of the others", () => {
    expect(text(modified([0, 2]).list0)).toBe("1 3 2");
    expect(text(modified([0, 2], [1, 0]).list0)).toBe("1 2 3");
  });

  it("may name a picture twice", () => {
    expect(text(modified([0, 0], [0, 15]).list0)).toBe("3 3 2");
  });

  it("leaves the place of a missing picture empty and names the operation", () => {
    const { list0, missing } = modified([0, 4], [0, 13]);
    expect(text(list0)).toBe("none 1 3");
    expect(missing).toMatchObject([{ modification_of_pic_nums_idc: 0, abs_diff_pic_num_minus1: 4 }]);
  });
});

describe("the nearest reference", () => {
  it("is that of the nearest order count, of fields first one of the same parity", () => {
    const frames = [
      frame({ name: 1, short: 3, order: [10, 90] }),
      frame({ name: 2, short: BOTTOM_FIELD, order: [30, 31] }),
      frame({ name: 0, short: 3, order: [99, 99] }),
    ];
    const nearest = (structure: number, order: number) =>
      text([nearestReference(context(frames, frame({ name: 9 }), structure, order))]);
    expect(nearest(BOTH_FIELDS, 30)).toBe("1");
    expect(nearest(TOP_FIELD, 30)).toBe("1t");
    expect(nearest(BOTTOM_FIELD, 30)).toBe("2b");
    expect(text([nearestReference(context([], frame({ name: 9 }), BOTH_FIELDS))])).toBe("none");
  });
});
