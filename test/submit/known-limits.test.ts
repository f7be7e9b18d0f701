import { describe, expect, it } from "vitest";
import type { Control } from "../../src/events.ts";
import { openSession } from "../../src/open-session.ts";
import { RefusedStream } from "../../src/submit/index.ts";
import { controls, V4L2_PIX_FMT_AV1_FRAME, v4l2_ctrl_h264_pps, v4l2_ctrl_h264_sps } from "../../src/uapi/index.ts";
import { frame, keyFrame, sequenceHeader, unit } from "../../support/streams/av1-stream.ts";
import { all, open, output, picture, plain, release, request, sequence, taken } from "./submitting.ts";

const rkvdec = { ...plain, driver: "rkvdec" };

/** hantro's VPU981 registers 512 tile group entries. */
const vpu981 = {
  driver: "hantro-vpu",
  outputFormats: [V4L2_PIX_FMT_AV1_FRAME],
  maxSize: 4096,
  controls: {
    V4L2_CID_STATELESS_AV1_SEQUENCE: 1,
    V4L2_CID_STATELESS_AV1_FRAME: 1,
    V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY: 512,
    V4L2_CID_STATELESS_AV1_FILM_GRAIN: 1,
  },
  canCreateBuffers: true,
};

function sps(changes: Readonly<Partial<Record<"bit_depth_luma_minus8" | "profile_idc", number>>>): Control {
  const { name, id } = controls.V4L2_CID_STATELESS_H264_SPS;
  const payload = new Uint8Array(v4l2_ctrl_h264_sps.size);
  const { offsets } = v4l2_ctrl_h264_sps;
  for (const [field, value] of Object.entries({ profile_idc: 100, ...changes })) {
    payload[offsets[field as "profile_idc"]] = value;
  }
  return { name, id, payload };
}

function pps(sliceGroups: number): Control {
  const { name, id } = controls.V4L2_CID_STATELESS_H264_PPS;
  const payload = new Uint8Array(v4l2_ctrl_h264_pps.size);
  payload[v4l2_ctrl_h264_pps.offsets.num_slice_groups_minus1] = sliceGroups - 1;
  return { name, id, payload };
}

const shown = (timestamp: number, ...sent: Control[]) => [
  request(timestamp, { controls: sent }),
  output(timestamp),
  release(timestamp),
];
const reason = "V4L2_CID_STATELESS_H264_PPS num_slice_groups_minus1 = 1 (2 slice groups: rkvdec takes 1)";

describe("what the driver is known not to decode", () => {
  it("is refused at its sequence, before anything is sent", async () => {
    const { kernel, submitter } = await open(rkvdec);
    const events = [sequence(16, { controls: [sps({ profile_idc: 244 })] }), ...picture(1000)];
    const failure = await all(submitter, events).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(RefusedStream);
    expect(failure).toMatchObject({
      message:
        "/dev/video7 (rkvdec) does not decode this stream: V4L2_CID_STATELESS_H264_SPS profile_idc = 244 " +
        "(profile: rkvdec takes 66, 77, 100, 110, 122)",
      refusals: [{ path: "profile_idc", value: 244 }],
    });
    expect(kernel.log).toEqual([]);
    await submitter.close();
    expect(kernel.openFiles).toBe(0);
  });

  it("comes after the frames before it", async () => {
    const { submitter } = await open(rkvdec);
    const beyond = sequence(32, { controls: [sps({ bit_depth_luma_minus8: 4 })] });
    const timestamps: number[] = [];
    const run = async () => {
      for await (const frame of submitter.submit([
        sequence(16),
        ...picture(1000),
        ...picture(2000),
        beyond,
        ...picture(3000),
      ])) {
        timestamps.push(frame.timestamp);
        frame.release();
      }
    };
    await expect(run()).rejects.toThrow("bit depth 12: rkvdec takes 8, 10");
    expect(timestamps).toEqual([1000, 2000]);
  });

  it("may be in the first request, or in a parameter set of a later one", async () => {
    const { submitter: first } = await open(rkvdec);
    await expect(all(first, [sequence(16), ...shown(1000, pps(2))])).rejects.toThrow(reason);
    const { kernel, submitter } = await open(rkvdec);
    const timestamps: number[] = [];
    const run = async () => {
      for await (const frame of submitter.submit([sequence(16), ...shown(1000, pps(1)), ...shown(2000, pps(2))])) {
        timestamps.push(frame.timestamp);
        frame.release();
      }
    };
    await expect(run()).rejects.toThrow(reason);
    expect(timestamps).toEqual([1000]);
    expect(kernel.log.filter((line) => line === "QUEUE")).toHaveLength(1);
  });

  it("may be in an AV1 frame: more tiles than the driver takes, although its control takes as many", async () => {
    const sequence = { width: 1024, height: 1024 };
    const tiled = (log2: readonly [number, number]) => {
      const tiles = new Array<number>(1 << (log2[0] + log2[1])).fill(2);
      return { sequence, mostTileLog2: [4, 4], tileLog2: log2, tiles, refresh: 0 } as const;
    };
    const first = unit(sequenceHeader(sequence), keyFrame({ ...tiled([0, 0]), refresh: 255 }));
    const decode = async (log2: readonly [number, number], options = {}) => {
      const { kernel, submitter } = await open(vpu981, options, "av1");
      const session = openSession("av1");
      const bytes = [first, unit(frame(tiled(log2))), unit(frame(tiled([0, 0])))];
      const events = [...bytes.flatMap((each) => session.push(each)), ...session.flush()];
      const failure = await all(submitter, events).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      return { failure, requests: kernel.log.filter((line) => line === "QUEUE").length };
    };
    expect(await decode([4, 3])).toMatchObject({ failure: undefined, requests: 3 });
    expect(await decode([4, 4], { force: true })).toMatchObject({ failure: undefined, requests: 3 });
    const { failure, requests } = await decode([4, 4]);
    expect(failure).toBeInstanceOf(RefusedStream);
    expect((failure as RefusedStream).message).toMatch(
      /V4L2_CID_STATELESS_AV1_FRAME tile_info.tile_cols = 16 \(256 tiles: hantro-vpu takes 128 at most\)$/,
    );
    expect(requests).toBe(1);
  });

  it("is sent where told to, and where nothing is known of the driver", async () => {
    const events = [sequence(16, { controls: [sps({ profile_idc: 244 })] }), ...shown(1000, pps(2))];
    for (const [driver, options] of [
      [rkvdec, { force: true }],
      [plain, {}],
    ] as const) {
      const { submitter } = await open(driver, options);
      expect(await taken(submitter.submit(events))).toEqual([]);
      expect(await taken(submitter.drain())).toEqual([1000]);
    }
  });
});
