import { describe, expect, it } from "vitest";
import { type CompareSide, compare, type Difference } from "../../src/compare/index.ts";
import { normalise, validate } from "../../src/kernel/index.ts";
import {
  hantroG1,
  hantroG2,
  rk3399,
  rk3588Av1,
  type Target,
  targetRefusals,
  vdpu381,
  vicodec,
  visl,
} from "../../src/targets/index.ts";
import {
  type Codec,
  controlByName,
  flagNames,
  type PayloadLeaf,
  payloadLeaves,
  V4L2_AV1_FRAME_FLAG_ALLOW_INTRABC,
  V4L2_AV1_LOOP_FILTER_FLAG_DELTA_ENABLED,
} from "../../src/uapi/index.ts";
import { Random } from "../../support/random.ts";
import { type Editable, leafAt, requestsOf } from "./recordings.ts";

/** Requests that together have every control, and targets of their codecs. */
type Case = readonly [Codec, string, readonly string[], Target];
const few: readonly Case[] = [["mpeg2", "mpeg2_interlaced.m2v", [], hantroG1]];
const others: readonly Case[] = [
  ["h264", "h264_cqm_jvt.264", [], rk3399],
  ["h264", "h264_weightp_fade.264", ["--decode-mode", "slice"], visl],
  ["h265", "h265_scaling_default.265", [], vdpu381],
  ["h265", "h265_main10_wpp_slices.265", ["--decode-mode", "slice"], rk3399],
  ["vp8", "vp8_altref.ivf", [], hantroG1],
  ["vp9", "vp9_altref_superframes.ivf", [], rk3399],
  ["av1", "av1_grain.ivf", [], rk3588Av1],
  ["fwht", "fwht_argb.fwht", [], vicodec],
];

function sideOf(codec: Codec, { timestamp, data, controls }: Editable): CompareSide {
  return { codec, requests: [{ request: 0, timestamp, bitstream: { data }, controls }] };
}

async function differencesOf(codec: Codec, a: Editable, b: Editable, target: Target, raw: boolean) {
  const differences: Difference[] = [];
  for await (const found of compare([sideOf(codec, a), sideOf(codec, b)], { target, raw })) {
    if (found.type === "pair") differences.push(...found.differences);
  }
  return differences;
}

/** One integer of each field, wherever it stands in an array. */
function oneOfEach(leaves: readonly PayloadLeaf[], random: Random): PayloadLeaf[] {
  const fields = new Map<string, PayloadLeaf[]>();
  for (const leaf of leaves) {
    const name = leaf.path.replace(/\[\d+\]/g, "[]");
    fields.set(name, [...(fields.get(name) ?? []), leaf]);
  }
  return [...fields.values()].map((list) => list[random.below(list.length)] as PayloadLeaf);
}

/** What the target's own data say of a field. */
function isReadBy({ codecs }: Target, codec: Codec, control: string, path: string, flag: string | undefined): boolean {
  const reads = codecs[codec]?.reads ?? [];
  if (reads === "all") return true;
  const parts = [control, ...path.replace(/\[\d*\]/g, "").split("."), flag ?? ""].filter((part) => part !== "");
  return parts.some((_, i) => i > 0 && reads.includes(parts.slice(0, i + 1).join(".")));
}

describe("a bit that is changed", () => {
  const title = "in any field of %s (%s %j) is named by its path, with its class";
  it.each(few)(title, isNamed);
  it.each(others)(title, { tags: "long" }, isNamed);

  async function isNamed(codec: Codec, name: string, options: readonly string[], target: Target): Promise<void> {
    const random = new Random(1);
    const requests = await requestsOf(name, options);
    const last = requests.at(-3) as Editable;
    for (const [control, payload] of last.controls) {
      const definition = controlByName(control);
      if (definition === undefined || definition.type === "menu" || typeof payload === "number") continue;
      for (const leaf of oneOfEach(payloadLeaves(definition, payload), random)) {
        const bit = random.below(8 * leaf.type.size);
        const changed = payload.slice();
        const at = leaf.offset + (bit >> 3);
        changed[at] = (changed[at] as number) ^ (1 << (bit & 7));
        const other = { ...last, controls: new Map([...last.controls, [control, changed]]) };
        const flag = leaf.type.flags === undefined ? undefined : flagNames(leaf.type, 2n ** BigInt(bit))[0];
        const place = `${control} ${leaf.path} ${flag} bit ${bit}`;

        const [raw, ...more] = await differencesOf(codec, last, other, target, true);
        expect(more, place).toEqual([]);
        expect(raw, place).toMatchObject({ control, path: leaf.path, flag });
        const refused = [
          ...validate(control, payload).map(({ path }) => path),
          ...validate(control, changed).map(({ path }) => path),
          ...targetRefusals(target, codec, new Map([[control, changed]])).map(({ path }) => path),
        ];
        const isSame = Buffer.compare(normalise(control, payload), normalise(control, changed)) === 0;
        const isRead = isReadBy(target, codec, control, leaf.path, flag);
        const isRefused = refused.some((path) => path === "" || path === leaf.path);
        const kind = isSame ? "normalised" : isRefused ? "refused" : isRead ? "read" : "unread";
        expect(raw?.class, place).toBe(kind);

        // As drivers read it: there the field may be one that they do not look at in this request.
        const seen = await differencesOf(codec, last, other, target, false);
        const named = seen.filter(({ control: of, path }) => of === control && isWithin(leaf.path, path));
        expect(named.length, place).toBeGreaterThan(0);
        if (!isRead && !isRefused) for (const each of named) expect(each.class, place).not.toBe("read");
      }
    }
  }
});

it("a flag that means nothing in this request is unread: the loop filter's deltas of a frame with intra block copy", async () => {
  const control = "V4L2_CID_STATELESS_AV1_FRAME";
  const [request] = (await requestsOf("av1_444_screen_intrabc.obu", [])) as [Editable];
  const payload = request.controls.get(control) as Uint8Array;
  const offsetOf = (path: string) =>
    payloadLeaves(controlByName(control) as never, payload).find((leaf) => leaf.path === path)?.offset as number;
  /** The request with other bits in two of its fields. */
  const changed = (frameFlags: number, filterFlags: number): Editable => {
    const bytes = payload.slice();
    for (const [path, bits] of [["flags", frameFlags] as const, ["loop_filter.flags", filterFlags] as const]) {
      bytes[offsetOf(path)] = (bytes[offsetOf(path)] as number) ^ bits;
    }
    return { ...request, controls: new Map([...request.controls, [control, bytes]]) };
  };
  const flag = "V4L2_AV1_LOOP_FILTER_FLAG_DELTA_ENABLED";
  for (const [frameFlags, kind] of [
    [V4L2_AV1_FRAME_FLAG_ALLOW_INTRABC, "unread"],
    [0, "read"],
  ] as const) {
    const [a, b] = [changed(frameFlags, 0), changed(frameFlags, V4L2_AV1_LOOP_FILTER_FLAG_DELTA_ENABLED)];
    const found = await differencesOf("av1", a, b, rk3588Av1, false);
    expect(found).toMatchObject([{ path: "loop_filter.flags", flag, class: kind }]);
  }
});

it.each([
  ["h264", "h264_cqm_jvt.264", rk3399, "H264_SPS", "constraint_set_flags", "V4L2_H264_SPS_CONSTRAINT_SET1_FLAG", 0x2],
  ["vp9", "vp9_altref_superframes.ivf", hantroG2, "VP9_FRAME", "ref_frame_sign_bias", "V4L2_VP9_SIGN_BIAS_GOLDEN", 0x2],
  ["vp8", "vp8_altref.ivf", hantroG1, "VP8_FRAME", "lf.flags", "V4L2_VP8_LF_ADJ_ENABLE", 0x1],
] as const)("a flag of %s (%s) is one difference, whatever its field is called", async (...row) => {
  const [codec, name, target, short, path, flag, bit] = row;
  const control = `V4L2_CID_STATELESS_${short}`;
  const request = (await requestsOf(name)).at(-1) as Editable;
  const other = { ...request, controls: new Map(request.controls) };
  other.controls.set(control, (request.controls.get(control) as Uint8Array).slice());
  const { offset, view } = leafAt(other, control, (each) => each === path);
  view.setUint8(offset, view.getUint8(offset) ^ bit);
  const found = await differencesOf(codec, request, other, target, false);
  expect(found).toMatchObject([{ path, flag, class: "read" }]);
});

/** One of the paths is inside the other. */
function isWithin(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}
