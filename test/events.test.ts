import { readFileSync } from "node:fs";
import { expect, expectTypeOf, it } from "vitest";
import { type Control, type ControlNamed, openSession } from "../src/index.ts";
import { controlByName, controls, decodePayload } from "../src/uapi/index.ts";

const events = openSession("h264", { decodeMode: "slice" }).push(
  readFileSync(new URL("fixtures/h264_high_bpyramid.264", import.meta.url)),
);
const sent = events.flatMap((event) => (event.type === "request" || event.type === "sequence" ? event.controls : []));

it("a control's name says by type what its payload is", () => {
  for (const control of sent) {
    if (control.name === "V4L2_CID_STATELESS_H264_DECODE_MODE") {
      expectTypeOf(control.payload).toEqualTypeOf<number>();
      expect(control.payload).toBe(0);
    }
    if (control.name === "V4L2_CID_STATELESS_H264_SPS") {
      expectTypeOf(control.payload).toEqualTypeOf<Uint8Array>();
      expectTypeOf(control.id).toEqualTypeOf<0xa40902>();
      expect(control.payload).toHaveLength(1048);
    }
    // @ts-expect-error: no control has this name.
    expect(control.name === "V4L2_CID_STATELESS_H264_SSP").toBe(false);
  }
  expect(sent.length).toBeGreaterThan(0);
});

it("each control has the name, the id and the kind of payload that the header has", () => {
  for (const { name, id, payload } of sent) {
    const definition = controlByName(name);
    expect(definition.id).toBe(id);
    expect(typeof payload === "number").toBe(definition.type === "menu");
  }
});

it("a definition that is looked up by a literal name has the struct of that name", () => {
  const sps = controlByName("V4L2_CID_STATELESS_H264_SPS");
  expectTypeOf(sps).toEqualTypeOf(controls.V4L2_CID_STATELESS_H264_SPS);
  const control = sent.find(({ name }) => name === sps.name) as ControlNamed<typeof sps.name>;
  expectTypeOf(control).toExtend<Control>();
  expect(decodePayload(sps, control.payload).profile_idc).toBe(100);
});
