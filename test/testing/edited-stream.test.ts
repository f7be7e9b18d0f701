import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elementPath } from "../../src/bitreader/index.ts";
import type { Codec } from "../../src/events.ts";
import { joined } from "../../src/framing/bytes.ts";
import { openSession } from "../../src/index.ts";
import { editedStream } from "../../src/testing/index.ts";
import { errorFlaws } from "../../support/error-flaws.ts";
import { kernelRefusals } from "../../support/h264-requests.ts";
import { annexB, delimiter, frame, keyFrame, sequenceHeader } from "../../support/streams/av1-stream.ts";
import { ivfOf } from "../../support/streams/vp8-frames.ts";
import { TraceRecorder } from "../../support/trace-recorder.ts";
import { fixture } from "../cli/command-line.ts";

const streams: readonly (readonly [Codec, string])[] = [
  ["h264", "h264_mbaff_tff.264"],
  ["h265", "h265_default_ra.265"],
  ["vp8", "vp8_altref.ivf"],
  ["vp9", "vp9_altref_superframes.ivf"],
  ["mpeg2", "mpeg2_interlaced.m2v"],
  ["av1", "av1_tile_groups.obu"],
  ["av1", "av1_annexb.obu"],
  ["av1", "av1_grain.ivf"],
];

function traced(codec: Codec, bytes: Uint8Array) {
  const trace = new TraceRecorder();
  const session = openSession(codec, { trace });
  const events = [...session.push(bytes), ...session.flush()];
  return { events, units: trace.units };
}

const textOf = (element: { name: string; subscripts: readonly number[]; value: number }) =>
  `${elementPath(element.name, element.subscripts)} ${element.value}`;

/** What says of which kind a unit is, or what follows: another value makes another unit of it, or another element. */
const inside = ({ name }: { readonly name: string }) =>
  !/^(forbidden|nal_|nuh_|svc_|mvc_|obu_)|_code$|marker$|_byte$|_unit_size$/.test(name);

describe.each(streams)("an edited stream of %s (%s)", (codec, name) => {
  const bytes = readFileSync(fixture(name));
  const original = traced(codec, bytes).units;

  const hasNewValue = (runs: number) => () => {
    fc.assert(
      fc.property(editedStream(bytes, { only: inside }), ({ bytes: changed, unit, kind, element, from, to }) => {
        expect(to).not.toBe(from);
        const before = original[unit]!;
        expect(before.name).toBe(kind);
        const again = traced(codec, changed).units;
        // Units before it are untouched.
        for (let i = 0; i < unit; i++)
          expect(again[i]!.elements.map(textOf)).toEqual(original[i]!.elements.map(textOf));
        const was = before.elements.map(textOf);
        const is = (again[unit]?.elements ?? []).map(textOf);
        const at = was.findIndex((text, i) => text !== is[i]);
        expect(was[at]).toBe(`${element} ${from}`);
        // A value out of its range ends the unit before the trace sees it.
        expect([`${element} ${to}`, undefined]).toContain(is[at]);
      }),
      { numRuns: runs, seed: 2 },
    );
  };
  it("has the new value where it says, and everything before it as it was", hasNewValue(1));
  it("has the new value, in more edits", { tags: "long" }, hasNewValue(30));

  const isDamage = (runs: number) => () => {
    fc.assert(
      fc.property(editedStream(bytes), ({ bytes: changed }) => {
        const { events } = traced(codec, changed);
        expect([...errorFlaws(events), ...kernelRefusals(events)]).toEqual([]);
      }),
      { numRuns: runs, seed: 4 },
    );
  };
  it("is damage like any other: errors are events, and the kernel takes every request", isDamage(1));
  it("is damage like any other, in more edits", { tags: "long" }, isDamage(30));

  it("reaches every kind of unit, and reports itself without its bytes", {
    tags: codec === "h265" ? ["long"] : [],
  }, () => {
    const edits = fc.sample(editedStream(bytes), { numRuns: 300, seed: 6 });
    const kinds = new Set(original.filter(({ elements }) => elements.length > 0).map((unit) => unit.name));
    expect(kinds.size).toBeGreaterThan(0);
    // Every tenth unit or so is reached: of each kind that is not rare one.
    const reached = new Set(edits.map(({ kind }) => kind));
    expect(reached.size).toBeGreaterThan(kinds.size / 3);
    const [one] = edits;
    const text = fc.stringify(one);
    expect(text).toBe(
      `EditedStream(${one!.element}: ${one!.to}, not ${one!.from}, in unit ${one!.unit}, ${one!.kind}, at byte ${original[one!.unit]!.byte})`,
    );
  });
});

describe("an element of AV1 that becomes longer or shorter", () => {
  const sequence = { delay: 5 };
  const frames = [keyFrame({ sequence }), frame({ sequence, refresh: 1 })];
  const units = [
    [delimiter, sequenceHeader(sequence), frames[0]!],
    [delimiter, frames[1]!],
  ];
  const framings: readonly (readonly [string, Uint8Array])[] = [
    ["OBUs", joined(units.flat())],
    ["Annex B", joined(units.map((obus) => annexB(obus)))],
    ["an IVF file", ivfOf(units.map(joined), "AV01")],
    [
      "an IVF file with Annex B",
      ivfOf(
        units.map((obus) => annexB(obus)),
        "AV01",
      ),
    ],
  ];

  it.each(framings)("leaves the rest as it was, with sizes that are right: %s", (_, bytes) => {
    const sizes = /^(obu_size|obu_length|temporal_unit_size|frame_unit_size)$|^trailing_/;
    const others = (stream: Uint8Array) => {
      const { events, units } = traced("av1", stream);
      expect(errorFlaws(events)).toEqual([]);
      expect(events.filter(({ type }) => type === "error")).toEqual([]);
      const elements = units.flatMap((unit) => unit.elements).filter(({ name }) => !sizes.test(name));
      return elements.filter(({ name }) => name !== "num_ticks_per_picture_minus_1").map(textOf);
    };
    const only = ({ name }: { name: string }) => name === "num_ticks_per_picture_minus_1";
    const edits = fc.sample(editedStream(bytes, { only, codec: "av1" }), { numRuns: 30, seed: 8 });
    expect(edits.some((edit) => edit.bytes.length > bytes.length + 4)).toBe(true);
    for (const edit of edits) expect(others(edit.bytes)).toEqual(others(bytes));
  });
});

describe("editedStream", () => {
  const bytes = readFileSync(fixture("h264_mbaff_tff.264"));

  it("changes only what it is asked to", () => {
    const only = ({ kind, name }: { kind: string; name: string }) =>
      /^pic_par/.test(kind) && name === "pic_init_qp_minus26";
    for (const { element, kind } of fc.sample(editedStream(bytes, { only }), 20)) {
      expect(element).toBe("pic_init_qp_minus26");
      expect(kind).toMatch(/^pic_parameter_set_rbsp/);
    }
    expect(() => editedStream(bytes, { only: () => false })).toThrow(/^editedStream: there is no element/);
  });

  it("does not guess a codec", () => {
    expect(() => editedStream(Uint8Array.of(1, 2, 3))).toThrow(/^editedStream: the bytes must be a byte stream/);
  });
});
