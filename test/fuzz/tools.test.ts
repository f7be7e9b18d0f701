import { describe, expect, it } from "vitest";
import { type Case, fromText, sizeOf, toText } from "../../fuzz/case.ts";
import { instrumented } from "../../fuzz/coverage.ts";
import { minimised } from "../../fuzz/minimise.ts";
import { mutated } from "../../fuzz/mutate.ts";
import { eventFlaws } from "../../fuzz/oracles.ts";
import { rewritten } from "../../fuzz/rewrite.ts";
import { rewrittenBools } from "../../fuzz/rewrite-bools.ts";
import { targetNamed } from "../../fuzz/targets/index.ts";
import { openSession } from "../../src/open-session.ts";
import { codedBools } from "../../support/coded-bools.ts";
import { annexB } from "../../support/h264-requests.ts";
import { Random } from "../../support/random.ts";
import { tinyIdr, tinyP, tinyPps, tinySps } from "../../support/streams/h264-units.ts";
import { frameOf } from "../../support/streams/vp8-frames.ts";
import { TraceRecorder } from "../../support/trace-recorder.ts";

const tiny = [tinySps(), tinyPps(), tinyIdr(), tinyP(1), tinyP(2)];

describe("counters in a source", () => {
  it("stand at every branch, and the code says what it said", () => {
    let counters = 0;
    const source = `
      const f = (x) => x > 2 && x < 9 ? "in" : x ?? "none";
      function g(x) { if (x) return 1; else for (const i of [1]) x = i; switch (x) { case 1: return 5; default: } return 2; }
      return [f(3), f(1), f(null), g(1), g(0), g(undefined)];`;
    const body = instrumented("x.ts", source, () => counters++);
    const run = (text: string, hits: number[]) => new Function("$hits", text)(hits) as unknown;
    const hits = new Array<number>(counters).fill(0);
    expect(run(body, hits)).toEqual(run(source, []));
    expect(counters).toBe(10);
    expect(hits.filter((count) => count === 0).length).toBe(0);
  });
});

describe("a smaller case", () => {
  it("keeps what shows the fault, and nothing else", async () => {
    const input: Case = {
      options: { decodeMode: "slice", prefix: 4 },
      pieces: tiny.map((bytes) => ({ call: "unit", bytes })),
    };
    const shows = async ({ options, pieces }: Case) =>
      options.prefix === 4 && pieces.some(({ bytes }) => bytes.includes(0x67));
    const smallest = await minimised(input, shows);
    expect(smallest).toEqual({ options: { prefix: 4 }, pieces: [{ call: "unit", bytes: Uint8Array.of(0x67) }] });
    expect(fromText(toText(smallest))).toEqual(smallest);
  });
});

describe("a unit that is written again", () => {
  it("differs in its elements, and can be read", () => {
    const trace = new TraceRecorder();
    const session = openSession("h264", { trace });
    session.push(annexB(tiny));
    session.flush();
    const sps = trace.units[0]!;
    const random = new Random(1);
    const made = Array.from({ length: 200 }, () => rewritten(sps.bytes, sps.elements, true, random)!);
    const read = made.filter((bytes) => {
      const events = openSession("h264").decode(annexB([bytes]));
      return !events.some(({ type }) => type === "error") && Buffer.compare(bytes, sps.bytes) !== 0;
    });
    // Random bits would hardly ever be a set.
    expect(read.length).toBeGreaterThan(20);
  });
});

describe("a frame whose bools are written again", () => {
  const fields = { key: true, segmentation: { mode: 1, quantizers: [1, -2, 0, 4] }, skip: 9, coeff: { 5: 6, 1000: 7 } };

  it("is the same frame where nothing is changed, and can be read where something is", () => {
    const trace = new TraceRecorder();
    openSession("vp8", { trace }).decode(frameOf(fields));
    const { bytes, elements } = trace.units[0]!;
    const bools = codedBools(elements)!;
    expect(bools.values.length).toBeGreaterThan(1056); // The probabilities of coefficients alone are as many flags.
    const readAgain = (frame: Uint8Array) => {
      const again = new TraceRecorder();
      openSession("vp8", { trace: again }).decode(frame);
      return again.units[0]!.elements.map(({ name, value }) => `${name} ${value}`);
    };
    const same = rewrittenBools(bytes, bools, { below: () => 0 });
    const random = new Random(4);
    const all = Array.from({ length: 100 }, () => readAgain(rewrittenBools(bytes, bools, random)));
    const expected = readAgain(bytes);
    // color_space is the first, and 0 as it was.
    expect(readAgain(same)).toEqual(expected);
    const different = all.filter((found) => found.some((element, i) => element !== expected[i]));
    expect(different.length).toBeGreaterThan(80);
  });
});

describe("changes", () => {
  it("are the same for the same seed, and bounded", () => {
    const base: Case = { options: {}, pieces: tiny.map((bytes) => ({ call: "unit", bytes })) };
    const all = (seed: number) => {
      // A target learns of units that it has seen.
      const target = targetNamed("h264");
      const random = new Random(seed);
      let input = base;
      return Array.from({ length: 300 }, () => {
        input = mutated(target, input, base, random);
        expect(sizeOf(input)).toBeLessThanOrEqual(1 << 16);
        return toText(input);
      });
    };
    const [once, again] = [all(7).join(""), all(7).join("")];
    expect(once === again).toBe(true);
    expect(new Set(all(7)).size).toBeGreaterThan(250);
  });
});

describe("the checks of events", () => {
  const events = () => {
    const session = openSession("h264");
    return [...session.push(annexB(tiny)), ...session.flush()];
  };

  it("find nothing in a session's", () => {
    expect(eventFlaws("h264", events())).toEqual([]);
  });

  it("find a release too many, one that is missing, and an output after it", () => {
    const release = events()
      .map(({ type }) => type)
      .lastIndexOf("release");
    const all = events();
    expect(
      eventFlaws(
        "h264",
        all.filter((_, i) => i !== release),
      ),
    ).not.toEqual([]);
    expect(eventFlaws("h264", [...all, all[release]!])).not.toEqual([]);
    expect(eventFlaws("h264", [...all, all.find(({ type }) => type === "output")!])).not.toEqual([]);
  });

  it("find a payload that the kernel refuses", () => {
    const broken = events().map((event) =>
      event.type === "request"
        ? { ...event, controls: event.controls.map((control) => ({ ...control, payload: new Uint8Array(3) })) }
        : event,
    );
    expect(eventFlaws("h264", broken as ReturnType<typeof events>)).not.toEqual([]);
  });
});
