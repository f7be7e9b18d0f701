import { describe, expect, it } from "vitest";
import type { Control } from "../../src/events.ts";
import { validate } from "../../src/kernel/index.ts";
import { primingControls, rk3399, type Target, targets, vdpu381, vdpu383 } from "../../src/targets/index.ts";
import { controls } from "../../src/uapi/index.ts";

const ST = "V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS";
const LT = "V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS";

function control(name: typeof ST | typeof LT, payload: Uint8Array): Control {
  return { name, id: controls[name].id, payload } as Control;
}

describe("primingControls", () => {
  const zeros = [control(ST, new Uint8Array(80)), control(LT, new Uint8Array(8))];

  it.each([vdpu381, vdpu383])("lets arrays of zeros differ first for $name", (target) => {
    const first = primingControls(target, "h265", zeros);
    expect(first.map(({ name, id }) => ({ name, id }))).toEqual(zeros.map(({ name, id }) => ({ name, id })));
    for (const [i, { name, payload }] of first.entries()) {
      expect(payload).toHaveLength((zeros[i]!.payload as Uint8Array).length);
      expect(payload).not.toEqual(zeros[i]!.payload);
      expect(validate(name, payload)).toEqual([]);
    }
    expect(zeros[0]!.payload).toEqual(new Uint8Array(80));
  });

  it("has nothing to do where an element says something", () => {
    const st = control(
      ST,
      Uint8Array.from({ length: 160 }, (_, i) => (i === 82 ? 1 : 0)),
    );
    expect(primingControls(vdpu383, "h265", [st])).toEqual([]);
    expect(primingControls(vdpu383, "h265", [st, zeros[1]!]).map(({ name }) => name)).toEqual([LT]);
  });

  it("has nothing to do where the array was sent before", () => {
    const sentBefore = (payload: Uint8Array) => new Map([[ST, payload]]);
    expect(primingControls(vdpu383, "h265", zeros.slice(0, 1), sentBefore(new Uint8Array(80)))).toEqual([]);
    expect(primingControls(vdpu383, "h265", zeros.slice(0, 1), sentBefore(new Uint8Array(160)))).toHaveLength(1);
    expect(primingControls(vdpu383, "h265", zeros.slice(0, 1), sentBefore(new Uint8Array(80).fill(1)))).toHaveLength(1);
  });

  it("has nothing to do for other targets and codecs", () => {
    const others = targets.filter((target) => target !== vdpu381 && target !== vdpu383);
    for (const target of others) expect(primingControls(target, "h265", zeros)).toEqual([]);
    expect(primingControls(vdpu383, "h264", zeros)).toEqual([]);
    expect(primingControls({ ...rk3399, codecs: {} } satisfies Target, "h265", zeros)).toEqual([]);
  });
});
