import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, it, vi } from "vitest";
import schema from "../../src/cli/schema.json" with { type: "json" };
import { FakeKernel } from "../submit/fake-kernel.ts";
import { plain } from "../submit/submitting.ts";
import { run } from "./command-line.ts";

const state = vi.hoisted(() => ({ kernel: undefined as FakeKernel | undefined }));

vi.mock("../../src/submit/devices/devices.ts", async (importOriginal) => {
  const actual = await importOriginal<typeof import("../../src/submit/devices/devices.ts")>();
  return { ...actual, listDevices: async () => actual.devicesOf(state.kernel!.machine, state.kernel!.files) };
});

it("devices --json describes each device as the schema has it", async () => {
  state.kernel = new FakeKernel(plain);
  const { stdout } = await run(["devices", "--json"]);
  const device: unknown = JSON.parse(stdout);
  const validate = new Ajv2020().compile(schema);
  expect(validate(device), JSON.stringify(validate.errors)).toBe(true);
  expect(device).toMatchObject({
    type: "device",
    driver: "fake",
    path: "/dev/video7",
    codecs: { h264: { decodeModes: ["frame"], controls: { V4L2_CID_STATELESS_H264_SPS: 1 } } },
  });
});

it.each([80, 100, 200])("devices at %d columns has no line that is wider", async (columns) => {
  state.kernel = new FakeKernel(plain);
  const { stdout } = await run(["devices", "--color", "never"], { columns });
  const words = (text: string) => text.split(/\s+/);
  expect(stdout.split("\n").filter((line) => line.length > columns)).toEqual([]);
  expect(words(stdout)).toEqual(words((await run(["devices"])).stdout));
});
