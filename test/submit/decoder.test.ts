import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ErrorEvent } from "../../src/events.ts";
import { type DecoderOptions, openDecoder } from "../../src/submit/index.ts";
import { FakeKernel } from "./fake-kernel.ts";
import { eventsOf, plain, taken } from "./submitting.ts";

const state = vi.hoisted(() => ({ kernel: undefined as FakeKernel | undefined }));

vi.mock("../../src/submit/machine.ts", async (importOriginal) => {
  const actual = await importOriginal<typeof import("../../src/submit/machine.ts")>();
  return { ...actual, thisMachine: async () => state.kernel!.machine };
});
vi.mock("../../src/submit/devices/devices.ts", async (importOriginal) => {
  const actual = await importOriginal<typeof import("../../src/submit/devices/devices.ts")>();
  return { ...actual, listDevices: async () => actual.devicesOf(state.kernel!.machine, state.kernel!.files) };
});

beforeEach(() => {
  state.kernel = new FakeKernel(plain);
});

const name = "h264_high_bpyramid.264";
const bytes = new Uint8Array(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)));
const shown = eventsOf(name).flatMap((event) => (event.type === "output" ? [event.timestamp] : []));

function open(options: DecoderOptions = {}) {
  return openDecoder("h264", options);
}

describe("a decoder", () => {
  it.each([undefined, "/dev/video7", "/dev/media0"])(
    "gives the frames of a stream in display order (device: %s)",
    async (device) => {
      const decoder = await open({ device });
      const frames = [...(await taken(decoder.push(bytes))), ...(await taken(decoder.flush()))];
      expect(frames).toEqual(shown);
      await decoder.close();
      expect([state.kernel!.openFiles, state.kernel!.mappings.size]).toEqual([0, 0]);
    },
  );

  it("tells each loss, and goes on", async () => {
    const errors: ErrorEvent[] = [];
    await using decoder = await open({ onError: (event) => errors.push(event) });
    // A slice whose header ends early.
    const damaged = Uint8Array.of(0, 0, 1, 0x65, 0x80, 0, 0, 1);
    expect(await taken(decoder.push(damaged))).toEqual([]);
    expect(errors).toMatchObject([{ type: "error", unit: expect.any(String) }]);
    const frames = [...(await taken(decoder.push(bytes))), ...(await taken(decoder.flush()))];
    expect(frames).toHaveLength(shown.length);
    expect(errors).toHaveLength(1);
  });

  it("takes a listener's error for the call's, after which it must be reset", async () => {
    const onError = () => {
      throw new Error("the listener's");
    };
    await using decoder = await open({ onError });
    await expect(taken(decoder.push(Uint8Array.of(0, 0, 1, 0x65, 0x80, 0, 0, 1)))).rejects.toThrow("the listener's");
    await expect(taken(decoder.push(bytes))).rejects.toThrow("call reset() first");
    await decoder.reset();
    expect([...(await taken(decoder.push(bytes))), ...(await taken(decoder.flush()))]).toHaveLength(shown.length);
  });

  it("forgets at a reset what was not taken", async () => {
    await using decoder = await open();
    for await (const frame of decoder.push(bytes)) {
      frame.release();
      break;
    }
    await decoder.reset();
    const frames = [...(await taken(decoder.push(bytes))), ...(await taken(decoder.flush()))];
    expect(frames).toHaveLength(shown.length);
    expect(frames[0]).toBeGreaterThan(shown.at(-1)!);
  });
});
