import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { unitsOfPacket } from "../../src/bitreader/index.ts";
import type { BitstreamError } from "../../src/errors.ts";
import * as h264 from "../../src/h264/index.ts";
import * as h265 from "../../src/h265/index.ts";
import * as mpeg2 from "../../src/mpeg2/index.ts";
import { lengthPrefixed } from "../../support/h264-requests.ts";

const read = (name: string) => new Uint8Array(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)));
const h264Stream = read("h264_high_bpyramid.264");
const h265Stream = read("h265_rewritten_predicted_sets.265");

const codeOf = (body: () => unknown): string | undefined => {
  try {
    body();
  } catch (error) {
    return (error as BitstreamError).code;
  }
  return undefined;
};

describe("units", () => {
  it.each([
    ["h264", h264, h264Stream, (byte: number) => byte & 31],
    ["h265", h265, h265Stream, (byte: number) => byte >> 1],
    ["mpeg2", mpeg2, read("mpeg2_interlaced.m2v"), (byte: number) => byte],
  ] as const)("of %s have their type, and say where they are", (_, { units }, stream, typeOf) => {
    const found = units(stream);
    const all = unitsOfPacket(stream, 0, units === mpeg2.units);
    expect(found.map(({ offset }) => offset)).toEqual(all.map(({ byte }) => byte));
    for (const { type, bytes, offset } of found) {
      expect(type).toBe(typeOf(bytes[0] as number));
      expect(bytes).toEqual(stream.subarray(offset, offset + bytes.length));
    }
  });

  it.each([1, 2, 4])("after lengths of %i bytes are the same", (lengthSize) => {
    const small = h264.units(h264Stream).filter(({ bytes }) => bytes.length < 256);
    const packet = lengthPrefixed(
      small.map(({ bytes }) => bytes),
      lengthSize,
    );
    const found = h264.units(packet, { lengthSize });
    expect(found.map(({ type, bytes }) => [type, [...bytes]])).toEqual(
      small.map(({ type, bytes }) => [type, [...bytes]]),
    );
    expect(found[0]?.offset).toBe(lengthSize);
    expect(codeOf(() => h264.units(packet.subarray(0, -1), { lengthSize }))).toBe("cut-off");
  });

  it("refuses a length size that no container has", () => {
    expect(() => h264.units(h264Stream, { lengthSize: 5 })).toThrow(TypeError);
  });
});

const isSlice264 = (type: number) => type === h264.nalUnitTypes.SLICE || type === h264.nalUnitTypes.IDR_SLICE;

describe("the store of H.264", () => {
  const all = h264.units(h264Stream);
  const unitOf = (type: number) => all.find((unit) => unit.type === type)?.bytes as Uint8Array;
  const { SPS, PPS, SEI, IDR_SLICE } = h264.nalUnitTypes;

  it("finds what each slice refers to, and says which units are sets", () => {
    const sets = new h264.ParameterSetStore();
    const sps = h264.parseSps(unitOf(SPS));
    const pps = h264.parsePps(unitOf(PPS), { sps });
    let slices = 0;
    for (const { type, bytes } of all) {
      expect(sets.add(bytes)).toBe(type === SPS || type === PPS);
      if (!isSlice264(type)) continue;
      slices++;
      expect(h264.parseSliceHeader(bytes, sets)).toEqual(h264.parseSliceHeader(bytes, { sps, pps }));
    }
    expect(slices).toBeGreaterThan(10);
    expect([sets.sps(0), sets.pps(0), sets.sps(1), sets.pps(1)]).toEqual([sps, pps, undefined, undefined]);
  });

  it("takes a PPS before its SPS, and reads it again when that changes", () => {
    const sets = new h264.ParameterSetStore();
    sets.add(unitOf(PPS));
    expect(sets.pps(0)).toBeUndefined();
    expect(codeOf(() => h264.parseSliceHeader(unitOf(IDR_SLICE), sets))).toBe("missing-sps");
    sets.add(unitOf(SPS));
    const first = sets.pps(0);
    expect(first).toBeDefined();
    sets.add(unitOf(SPS).slice());
    expect(sets.pps(0)).toBe(first);
    const changed = unitOf(SPS).slice();
    changed[3] = 11; // level_idc
    sets.add(changed);
    expect(sets.sps(0)?.level_idc).toBe(11);
    expect(sets.pps(0)).not.toBe(first);
    expect(codeOf(() => h264.parseSliceHeader(unitOf(IDR_SLICE), new h264.ParameterSetStore()))).toBe("missing-pps");
  });

  it("keeps a copy, and the old set where a new one cannot be read", () => {
    const sets = new h264.ParameterSetStore();
    // Node's Buffer, whose own `slice` shares its memory.
    const bytes = Buffer.from(unitOf(PPS));
    sets.add(unitOf(SPS));
    sets.add(bytes);
    bytes.fill(0);
    const pps = sets.pps(0);
    expect(codeOf(() => sets.add(unitOf(PPS).subarray(0, 2)))).toBeDefined();
    expect(sets.pps(0)).toBe(pps);
    expect(sets.add(unitOf(SEI))).toBe(false);
    expect(sets.add(new Uint8Array(0))).toBe(false);
  });

  it("gives parsePps the SPS by the id that the PPS has", () => {
    const sps = h264.parseSps(unitOf(SPS));
    const asked: number[] = [];
    const find = (id: number) => {
      asked.push(id);
      return sps;
    };
    const pps = h264.parsePps(unitOf(PPS), { sps: find });
    expect(asked).toEqual([0]);
    expect(pps).toEqual(h264.parsePps(unitOf(PPS), { sps }));
    expect(codeOf(() => h264.parsePps(unitOf(PPS), { sps: () => undefined }))).toBe("missing-sps");
  });
});

describe("the store of H.265", () => {
  const all = h265.units(h265Stream);
  const { VPS_NUT, SPS_NUT, PPS_NUT } = h265.nalUnitTypes;
  const unitOf = (type: number) => all.find((unit) => unit.type === type)?.bytes as Uint8Array;

  it("finds what each slice segment refers to, and says which units are sets", () => {
    const sets = new h265.ParameterSetStore();
    const sps = h265.parseSps(unitOf(SPS_NUT));
    const pps = h265.parsePps(unitOf(PPS_NUT));
    let segments = 0;
    for (const { type, bytes } of all) {
      expect(sets.add(bytes)).toBe(type >= VPS_NUT && type <= PPS_NUT);
      if (type >= VPS_NUT) continue;
      segments++;
      expect(h265.parseSliceSegmentHeader(bytes, sets)).toEqual(h265.parseSliceSegmentHeader(bytes, { sps, pps }));
    }
    expect(segments).toBeGreaterThan(1);
    expect([sets.sps(0), sets.pps(0), sets.vps(0)]).toEqual([sps, pps, h265.parseVps(unitOf(VPS_NUT))]);
    expect([sets.sps(1), sets.pps(1), sets.vps(1)]).toEqual([undefined, undefined, undefined]);
  });

  it("leaves sets of other layers out", () => {
    const sets = new h265.ParameterSetStore();
    const other = unitOf(SPS_NUT).slice();
    other[1] = (other[1] as number) | 8; // nuh_layer_id 1
    expect(sets.add(other)).toBe(false);
    expect(codeOf(() => sets.find(0))).toBe("missing-pps");
    sets.add(unitOf(PPS_NUT));
    expect(codeOf(() => sets.find(0))).toBe("missing-sps");
  });
});
