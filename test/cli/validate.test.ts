import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesOf, fixture, run } from "./command-line.ts";

describe("validate of a record", () => {
  it("finds nothing in what a kernel took", { tags: "long" }, async () => {
    for (const name of readdirSync(fixture("")).filter((file) => file.endsWith(".jsonl.br"))) {
      const { status, stdout, stderr } = await run(["validate", fixture(name)]);
      expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
      expect(stderr).toMatch(/: \d+ requests?; nothing is refused by the kernel or by generic\n$/);
    }
  });

  it("knows the request that is set for, where the record begins with another number", async () => {
    const text = [
      '{"format":"v4l2-stateless-requests/1","codec":"h264","startCode":"none"}',
      '{"set":{"V4L2_CID_X":1}}',
      '{"request":100,"timestamp":1000,"controls":{}}',
      '{"set":{"V4L2_CID_Y":1}}',
      '{"request":200,"timestamp":2000,"controls":{}}',
      '{"set":{"V4L2_CID_Z":1}}',
    ].join("\n");
    const lines = async (...args: readonly string[]) =>
      (await run(["validate", "--target", "rk3399", ...args, "-"], { stdin: bytesOf(text) })).stdout.split("\n");
    const [first, last] = [
      [
        "header: V4L2_CID_STATELESS_H264_START_CODE = 0 (rk3399 takes annexb)",
        "set before request 100: V4L2_CID_X (rk3399 does not have this control)",
      ],
      ["set before request 200: V4L2_CID_Y (rk3399 does not have this control)"],
    ];
    const rest = "set before request 201: V4L2_CID_Z (rk3399 does not have this control)";
    expect(await lines()).toEqual([...first, ...last, rest, ""]);
    expect(await lines("--request", "..100")).toEqual([...first, ""]);
    expect(await lines("--request", "200")).toEqual([...last, ""]);
  });

  it("names request, control, field, value and reason, and exits with 1", async () => {
    const pps = "000000030002fd00fefe4d00";
    const text = [
      '{"format":"v4l2-stateless-requests/1","codec":"h264"}',
      '{"set":{"V4L2_CID_STATELESS_H264_SPS":"00","V4L2_CID_X":1}}',
      `{"request":0,"timestamp":1000,"controls":{"V4L2_CID_STATELESS_H264_PPS":"${pps.replace("0302fd", "0303fd").replace("0002fd", "0003fd")}"}}`,
      '{"request":1,"timestamp":2000,"controls":{"V4L2_CID_STATELESS_H264_DECODE_MODE":2}}',
      '{"request":2,"timestamp":3000,"controls":{"V4L2_CID_STATELESS_H264_START_CODE":"00"}}',
    ].join("\n");
    const { status, stdout, stderr } = await run(["validate", "--target", "visl", "-"], { stdin: bytesOf(text) });
    expect(status).toBe(1);
    expect(stdout.split("\n")).toEqual([
      "set before request 0: V4L2_CID_STATELESS_H264_SPS = 1 (kernel: not 1048 bytes)",
      "set before request 0: V4L2_CID_X (visl does not have this control)",
      "request 0: V4L2_CID_STATELESS_H264_PPS weighted_bipred_idc = 3 (kernel: not in 0..2)",
      "request 1: V4L2_CID_STATELESS_H264_DECODE_MODE = 2 (kernel: not 0 or 1)",
      "request 1: V4L2_CID_STATELESS_H264_DECODE_MODE = 2 (visl takes frame or slice)",
      "request 2: V4L2_CID_STATELESS_H264_START_CODE = 1 (kernel: bytes for a menu)",
      "",
    ]);
    expect(stderr).toBe("standard input: 3 requests; 6 values are refused by the kernel or by visl\n");
  });
});
