import { describe, expect, it } from "vitest";
import { PayloadComparison, type ValueDifference } from "../../conformance/payloads/compare-payloads.ts";
import type { Comparator, ReferenceEntry } from "../../src/compare/comparator.ts";
import type { EffectiveRequest, Payload, Peer } from "../../src/compare/request.ts";
import { compileVerdict, type Verdict } from "../../src/compare/rules.ts";
import type { Value } from "../../src/compare/values.ts";

/** A codec whose requests are lists of numbers: `C.x` is the control of that name, `refs` are timestamps. */
const toy: Comparator = {
  codec: "h264",
  view: (request, label) => {
    const entries: ReferenceEntry[] = [];
    const fields = new Map<string, Value>();
    for (const [name, value] of request.controls) {
      if (name.startsWith("ref")) {
        const picture = label(BigInt(value as number));
        entries.push({ index: entries.length, picture, alias: name, fields: new Map([["reference_ts", picture]]) });
      } else fields.set(`C.${name}`, value as number);
    }
    return { fields, references: new Map([["C.dpb[]", entries]]) };
  },
  rawPayload: (_name, payload) => payload,
  pictureKey: () => "",
  orderCounts: [],
  conditions: {
    "x is 7": { text: "x is 7", holds: ({ ours }) => ours.view.fields.get("C.x") === 7 },
  },
};

interface Toy {
  readonly ts: number;
  readonly controls: Readonly<Record<string, number>>;
}

function requests(list: readonly Toy[]): EffectiveRequest[] {
  return list.map(({ ts, controls }, index) => ({
    index,
    timestamp: BigInt(ts),
    bytes: 100 + index,
    crc32: index,
    controls: new Map(Object.entries(controls)),
  }));
}

function compare(rows: readonly Partial<Verdict>[], sides: Record<"ours", Toy[]> & Partial<Record<Peer, Toy[]>>) {
  const base = { id: "row", codec: "h264", control: "C", field: "x", when: [], right: "gst" } as const;
  const verdicts = rows.map((row) => ({ ...base, authority: "", matters: {}, note: "", ...row }));
  const rules = verdicts.map((verdict) => compileVerdict(verdict, toy.conditions));
  const goldens = Object.fromEntries(
    (["gst", "ff"] as const).flatMap((p) => (sides[p] ? [[p, requests(sides[p])]] : [])),
  );
  return new PayloadComparison("toy", new Uint8Array(), toy, rules, requests(sides.ours), goldens).run();
}

function one(x: number): Toy[] {
  return [{ ts: 1000, controls: { x } }];
}

function unexplained(differences: readonly ValueDifference[]): readonly Peer[] {
  return differences.flatMap((difference) => difference.unexplained);
}

describe("a value of ours against both peers'", () => {
  it("may not differ from what both send", () => {
    const { differences } = compare([], { ours: one(1), gst: one(2), ff: one(2) });
    expect(unexplained(differences)).toEqual(["gst", "ff"]);
  });

  it("needs a row where the peers differ", () => {
    expect(unexplained(compare([], { ours: one(1), gst: one(1), ff: one(2) }).differences)).toEqual(["ff"]);
    const { differences, uses } = compare([{ right: "gst" }], { ours: one(1), gst: one(1), ff: one(2) });
    expect(differences).toEqual([]);
    expect(uses.get("row")).toBe(1);
  });

  it("must be that of the side which a row names", () => {
    expect(unexplained(compare([{ right: "ff" }], { ours: one(1), gst: one(1), ff: one(2) }).differences)).toEqual([
      "ff",
    ]);
    const third = compare([{ right: "gst" }], { ours: one(3), gst: one(1), ff: one(2) });
    expect(unexplained(third.differences)).toEqual(["gst", "ff"]);
  });

  it("is not excused by a row whose side is missing and is the one that differs", () => {
    expect(unexplained(compare([{ right: "ff" }], { ours: one(1), ff: one(2) }).differences)).toEqual(["ff"]);
    expect(compare([{ right: "gst" }], { ours: one(1), ff: one(2) }).differences).toEqual([]);
  });

  it("of slice mode, where the named side has no request, must be that of the same picture in frame mode", () => {
    const name = "V4L2_CID_STATELESS_C";
    const made = (values: number[], x: number) =>
      requests([{ ts: 1000, controls: { x } }]).map((request) => ({
        ...request,
        bitstream: new Uint8Array([1, 2]),
        controls: new Map<string, Payload>([...request.controls, [name, new Uint8Array(values)]]),
      }));
    const row = { id: "row", codec: "h264", control: "C", field: "x", when: [], right: "ff" } as const;
    const rules = [compileVerdict({ ...row, authority: "", matters: {}, note: "" }, toy.conditions)];
    const found = (frame: number[]) =>
      new PayloadComparison("toy", new Uint8Array(), toy, rules, made([7], 1), { gst: made([7], 2) }, made(frame, 1))
        .run()
        .differences.filter(({ field }) => field === "C.x");
    expect(found([7])).toEqual([]);
    expect(unexplained(found([8]))).toEqual(["gst"]);
  });

  it("may differ from both under a row that says neither", () => {
    expect(compare([{ right: "neither" }], { ours: one(1), gst: one(2), ff: one(3) }).differences).toEqual([]);
  });

  it("is excused only where the row's conditions hold", () => {
    const rows = [{ when: ["x is 7"] }];
    expect(compare(rows, { ours: one(7), gst: one(7), ff: one(2) }).differences).toEqual([]);
    expect(unexplained(compare(rows, { ours: one(6), gst: one(6), ff: one(2) }).differences)).toEqual(["ff"]);
  });
});

describe("a row with arithmetic", () => {
  const rows = [{ transform: { peer: "ff", add: -10 } }] as const;

  it("makes the peer's value ours", () => {
    expect(compare(rows, { ours: one(1), ff: one(11) }).differences).toEqual([]);
  });

  it("is no tolerance: equal values then differ, and other differences stay", () => {
    expect(unexplained(compare(rows, { ours: one(1), ff: one(1) }).differences)).toEqual(["ff"]);
    expect(unexplained(compare(rows, { ours: one(1), ff: one(12) }).differences)).toEqual(["ff"]);
  });
});

describe("references", () => {
  const ours = [
    { ts: 1000, controls: {} },
    { ts: 2000, controls: {} },
    { ts: 3000, controls: { refA: 1000, refB: 2000 } },
  ];

  it("are compared by picture, whatever the peer calls it and in whatever order", () => {
    const gst = [
      { ts: 0, controls: {} },
      { ts: 5, controls: {} },
      { ts: 6, controls: { refB: 5, refA: 0 } },
    ];
    expect(compare([], { ours, gst }).differences).toEqual([]);
  });

  it("mean the latest request that had the timestamp", () => {
    const first = { ts: 7, controls: {} };
    const again = [first, first, { ts: 8, controls: { refB: 7 } }];
    const { differences } = compare([], { ours, ff: again });
    expect(differences.map(({ field, values }) => [field, values.ff])).toEqual([["C.dpb[#0, refA]", "absent"]]);
  });

  it("that only a peer has are differences", () => {
    const gst = ours.map(({ ts, controls }) => ({ ts, controls: ts === 2000 ? { refA: 1000 } : controls }));
    const { differences } = compare([], { ours, gst });
    expect(differences.map(({ request, field }) => `${request} ${field}`)).toEqual(["1 C.dpb[#0, refA]"]);
  });
});

describe("requests", () => {
  const four = [1, 2, 3, 4].map((i) => ({ ts: i * 1000, controls: { x: i } }));

  it("after a peer's last are not compared", () => {
    const { differences, peers } = compare([], { ours: four, gst: four.slice(0, 2) });
    expect(differences).toEqual([]);
    expect(peers.gst).toMatchObject({ paired: 2, stopped: 2, dropped: 0, added: 0 });
  });

  it("that only a peer has are differences", () => {
    const { differences } = compare([], { ours: four.slice(0, 3), gst: four });
    expect(differences.map(({ field }) => field)).toEqual(["@.request (3 of gst)"]);
  });
});
