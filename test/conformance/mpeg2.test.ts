import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { PayloadComparison } from "../../conformance/payloads/compare-payloads.ts";
import { readRequests } from "../../conformance/payloads/requests.ts";
import { decodeStream } from "../../conformance/streams/our-requests.ts";
import type { Occurrence, Side } from "../../src/compare/comparator.ts";
import { mpeg2 } from "../../src/compare/mpeg2/comparator.ts";
import { conditionsMpeg2 } from "../../src/compare/mpeg2/conditions.ts";
import { translateTimestamps, viewMpeg2 } from "../../src/compare/mpeg2/view.ts";
import type { EffectiveRequest, Peer } from "../../src/compare/request.ts";
import { verdictsOf } from "../../src/compare/rows.ts";
import { compileVerdict } from "../../src/compare/rules.ts";
import { crc32 } from "../../src/record/crc32.ts";
import { decodePayload } from "../../src/uapi/control.ts";
import { mpeg2Controls } from "../../src/uapi/mpeg2.ts";
import { leafFields } from "../../src/uapi/struct.ts";

const path = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const { V4L2_CID_STATELESS_MPEG2_PICTURE: pictureControl, V4L2_CID_STATELESS_MPEG2_SEQUENCE: sequenceControl } =
  mpeg2Controls;

function payloadOf({ controls }: EffectiveRequest, name: string): Uint8Array {
  const payload = controls.get(name);
  if (!(payload instanceof Uint8Array)) throw new Error(`there is no ${name}`);
  return payload;
}

// Streams written byte by byte, for the rows of mpeg2-disagreements.json in which neither peer is right.

/** 6.2.2.1, 6.2.2.3: 16x16, vbv_buffer_size 597 + 3 * 1024, profile_and_level_indication 0x85. */
const sequence = [
  // 000000010000 000000010000 | 0001 0011 | 18 ones, 1 | 1001010101 0 0 0
  ...[0, 0, 1, 0xb3, 0x01, 0x00, 0x10, 0x13, 0xff, 0xff, 0xf2, 0xa8],
  // 0001 10000101 0 01 00 00 000000000000 1 | 00000011 | 0 00 00000
  ...[0, 0, 1, 0xb5, 0x18, 0x52, 0x00, 0x01, 0x03, 0x00],
];

/** 6.2.3, 6.2.3.1: temporal_reference 0, vbv_delay 0xffff; all f_code 1, intra_dc_precision 0, no flags. */
function picture(type: "I" | "P" | "B", structure = 3): number[] {
  // 00000000 | 00 ttt 111 | 11111111 | 11111 and, of I 0, of P 0111 0, of B 0111 0111 0
  const header = { I: [0x00, 0x0f, 0xff, 0xf8], P: [0x00, 0x17, 0xff, 0xfb, 0x80], B: [0x00, 0x1f, 0xff, 0xfb, 0xb8] };
  // 1000 0001 | 0001 0001 | 0001 00 ss | no flags
  const coding = [0x81, 0x11, 0x10 | structure, 0x00, 0x00];
  return [0, 0, 1, 0, ...header[type], 0, 0, 1, 0xb5, ...coding, 0, 0, 1, 1, 0x20, 0x80];
}

const requestsOf = (...parts: readonly (readonly number[])[]) => decodeStream("mpeg2", Uint8Array.from(parts.flat()));

const referencesOf = (requests: readonly EffectiveRequest[]) =>
  requests.map((request) => {
    const { forward_ref_ts, backward_ref_ts } = decodePayload(pictureControl, payloadOf(request, pictureControl.name));
    return [request.timestamp, forward_ref_ts, backward_ref_ts].map(Number);
  });

describe("where neither peer is right, our value is that of the bits", () => {
  it("both-vbv-buffer-size, both-profile-and-level", () => {
    const [request] = requestsOf(sequence, picture("I")).requests;
    expect(decodePayload(sequenceControl, payloadOf(request!, sequenceControl.name))).toMatchObject({
      ...{ horizontal_size: 16, vertical_size: 16, chroma_format: 1, flags: 0 },
      ...{ vbv_buffer_size: 597 + 3 * 1024, profile_and_level_indication: 0x85 },
    });
  });

  it("dummy-reference: 7.6.2.1, the second field of the first frame has no reference frame", () => {
    const { requests } = requestsOf(sequence, picture("I", 1), picture("P", 2), picture("P", 1), picture("P", 2));
    expect(referencesOf(requests)).toEqual([
      [1000, 0, 0],
      [1000, 0, 0],
      [2000, 1000, 0],
      [2000, 1000, 0],
    ]);
  });

  it("dummy-reference-of-b-picture: 6.3.8, B pictures of a closed group that follow its I picture", () => {
    // time_code with its marker bit, closed_gop 1, broken_link 0
    const closedGroup = [0, 0, 1, 0xb8, 0x00, 0x08, 0x00, 0x40];
    const { requests } = requestsOf(sequence, closedGroup, picture("I"), picture("B"), picture("P"), picture("B"));
    expect(referencesOf(requests)).toEqual([
      [1000, 0, 0],
      [2000, 0, 1000],
      [3000, 1000, 0],
      [4000, 1000, 3000],
    ]);
  });

  it("both-start-before-i-picture, both-reference-before-start", () => {
    const { requests, errors } = requestsOf(sequence, picture("P"), picture("P"), picture("I"), picture("B"));
    expect(errors.map(({ kind }) => kind)).toEqual([
      ...["before-random-access", "before-random-access", "missing-reference"],
    ]);
    expect(referencesOf(requests)).toEqual([
      [1000, 0, 0],
      [2000, 0, 1000],
    ]);
  });
});

describe("the conditions", () => {
  const occurrence = (change: Partial<Occurrence>) => change as Occurrence;
  const holds = (name: keyof typeof conditionsMpeg2, change: Partial<Occurrence>) =>
    conditionsMpeg2[name].holds(occurrence(change));

  it("of values hold for exactly these", () => {
    const sizes = { ours: 3, gst: 49152, ff: 1048576 };
    expect(holds("buffer size in bits or 1 MiB", { values: sizes })).toBe(true);
    expect(holds("buffer size in bits or 1 MiB", { values: { ...sizes, ff: undefined } })).toBe(true);
    expect(holds("buffer size in bits or 1 MiB", { values: { ...sizes, gst: 49153 } })).toBe(false);
    // 0x48: escape 0, profile 4, level 8.
    expect(holds("profile and level moved or 0", { values: { ours: 0x48, gst: 0x50, ff: 0 } })).toBe(true);
    expect(holds("profile and level moved or 0", { values: { ours: 0x48, gst: 0x50, ff: 1 } })).toBe(false);
  });

  it("of sequence_end_code needs the buffer's checksum", () => {
    const bitstream = Uint8Array.of(0, 0, 1, 1, 9);
    const side = (bytes: Uint8Array) => ({ request: { bitstream: bytes, crc32: crc32(bytes) } }) as unknown as Side;
    const longer = (last: number) => side(Uint8Array.of(...bitstream, 0, 0, 1, last));
    expect(holds("sequence_end_code", { ours: side(bitstream), ff: longer(0xb7) })).toBe(true);
    expect(holds("sequence_end_code", { ours: side(bitstream), ff: longer(0xb3) })).toBe(false);
  });
});

describe("the comparison", () => {
  const rules = verdictsOf("mpeg2").map((verdict) => compileVerdict(verdict, mpeg2.conditions));

  it("takes 0 that names no picture for no reference, and translates both timestamps", () => {
    const picture = new Uint8Array(32).fill(7, 0, 1);
    const request = {
      index: 0,
      timestamp: 0n,
      bytes: 0,
      crc32: 0,
      controls: new Map([[pictureControl.name, picture]]),
    };
    const { fields } = viewMpeg2(request, (timestamp) => `ff timestamp ${timestamp}`);
    expect(fields.get("MPEG2_PICTURE.backward_ref_ts")).toBe("ff timestamp 7");
    expect(fields.get("MPEG2_PICTURE.forward_ref_ts")).toBe("none");
    const translated = translateTimestamps(pictureControl.name, picture, (timestamp) => timestamp + 1n);
    expect(decodePayload(pictureControl, translated)).toMatchObject({ backward_ref_ts: 8n, forward_ref_ts: 1n });
  });

  const title = "sees every changed value in request %i of mpeg2_interlaced.m2v";
  it("sees changed values in request 2 of mpeg2_interlaced.m2v", { tags: "long" }, () => seesEveryChange(2, 7));
  it.each([1, 2])(title, { tags: "long" }, (index) => seesEveryChange(index));

  /** One in `step` values is changed. */
  function seesEveryChange(index: number, step = 1): void {
    const name = "mpeg2_interlaced.m2v";
    const stream = readFileSync(path(name));
    const { requests } = decodeStream("mpeg2", stream);
    const golden = (peer: Peer) => readRequests(path(`${name}.${peer}-frame.jsonl.br`));
    const goldens = { gst: golden("gst"), ff: golden("ff") };
    const isSeen = (changed: readonly EffectiveRequest[]): boolean =>
      new PayloadComparison(name, stream, mpeg2, rules, changed, goldens).run().differences.length > 0;
    expect(isSeen(requests)).toBe(false);

    const unseen: string[] = [];
    const { controls } = requests[index]!;
    for (const control of Object.values(mpeg2Controls)) {
      for (const leaf of leafFields(control.struct).filter((_, i) => i % step === 0)) {
        if (leaf.path.startsWith("reserved")) continue;
        const copy = payloadOf(requests[index]!, control.name).slice();
        copy[leaf.offset]! ^= 1;
        const changed = requests.map((request) =>
          request.index === index ? { ...request, controls: new Map(controls).set(control.name, copy) } : request,
        );
        if (!isSeen(changed)) unseen.push(`${control.name}.${leaf.path}`);
      }
    }
    expect(unseen).toEqual([]);
  }
});
