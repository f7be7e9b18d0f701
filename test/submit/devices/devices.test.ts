import { rm, symlink } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Codec } from "../../../src/events.ts";
import type { SessionOptions } from "../../../src/options.ts";
import { chooseDevice, devicePath, devicesOf } from "../../../src/submit/devices/devices.ts";
import { DeviceError } from "../../../src/submit/errors.ts";
import { Submitter, sessionOptionsFor } from "../../../src/submit/index.ts";
import { ioctlNumber } from "../../../src/submit/layout/ioctls.ts";
import { structsOf } from "../../../src/submit/layout/structs.ts";
import { cedrus, targetByName, targets } from "../../../src/targets/index.ts";
import {
  codecs,
  V4L2_PIX_FMT_H264_SLICE,
  V4L2_PIX_FMT_HEVC_SLICE,
  V4L2_PIX_FMT_VP8_FRAME,
  V4L2_PIX_FMT_VP9_FRAME,
} from "../../../src/uapi/index.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";
import type { FakeDriver } from "../fake-driver.ts";
import { FakeKernel } from "../fake-kernel.ts";
import { plain } from "../submitting.ts";

const { EACCES, EBUSY, ENODEV, ENOENT } = constants.errno;

it("looks again where the media device's graph grows in between", async () => {
  const { devices } = await listOf({ outputFormats: [V4L2_PIX_FMT_VP8_FRAME], growsTopology: true });
  expect(devices.map(({ path }) => path)).toEqual(["/dev/video7"]);
});

function listOf(driver: FakeDriver) {
  const kernel = new FakeKernel(driver);
  return devicesOf(kernel.machine, kernel.files);
}

/** `v4l2_capability.driver` of each target. */
const driverNames: Readonly<Record<string, string>> = {
  visl: "visl",
  rk3399: "rkvdec",
  vdpu381: "rkvdec",
  vdpu383: "rkvdec",
  "hantro-g1": "hantro-vpu",
  "hantro-g2": "hantro-vpu",
  "rk3588-av1": "hantro-vpu",
  mediatek: "mtk-vcodec-dec",
  cedrus: "cedrus",
  "tegra-vde": "tegra-vde",
  "rpi-hevc-dec": "rpi-hevc-dec",
};

const frameModes = {
  V4L2_CID_STATELESS_HEVC_DECODE_MODE: [1],
  V4L2_CID_STATELESS_HEVC_START_CODE: [1],
};

describe("what a device takes", () => {
  it("is found behind the media device's interface links", async () => {
    const { devices, problems } = await listOf({
      driver: "visl",
      outputFormats: [V4L2_PIX_FMT_VP8_FRAME],
      maxSize: 1920,
    });
    expect(problems).toEqual([]);
    expect(devices).toHaveLength(1);
    expect(devices[0]).toMatchObject({
      path: "/dev/video7",
      mediaPath: "/dev/media0",
      driver: "visl",
      kernel: "7.2.13",
    });
    expect(devices[0]!.target.codecs.vp8?.limits).toEqual({ maxWidth: 1920, maxHeight: 1920 });
  });

  it("leaves nothing open", async () => {
    const kernel = new FakeKernel({ outputFormats: [V4L2_PIX_FMT_VP8_FRAME] });
    await devicesOf(kernel.machine, kernel.files);
    expect([kernel.openFiles, kernel.mappings.size]).toEqual([0, 0]);
  });

  it("is what the device registers, and the rest of what is known of its driver", async () => {
    const { devices } = await listOf({
      driver: "rkvdec",
      outputFormats: [V4L2_PIX_FMT_HEVC_SLICE],
      controls: {
        ...frameModes,
        V4L2_CID_STATELESS_HEVC_SPS: 1,
        V4L2_CID_STATELESS_HEVC_PPS: 1,
        V4L2_CID_STATELESS_HEVC_DECODE_PARAMS: 1,
        V4L2_CID_STATELESS_HEVC_SCALING_MATRIX: 1,
        V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS: 64,
        V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS: 32,
      },
    });
    const taken = devices[0]!.target.codecs.h265!;
    const known = targetByName("vdpu381")!.codecs.h265!;
    expect(taken).toEqual({
      ...known,
      controls: taken.controls,
      limits: { ...known.limits, maxWidth: 4096, maxHeight: 4096 },
    });
    expect(taken.controls).toEqual(known.controls);
  });

  it("tells the generations of one driver by their controls", async () => {
    const { devices } = await listOf({
      driver: "rkvdec",
      outputFormats: [V4L2_PIX_FMT_HEVC_SLICE],
      controls: { ...frameModes, V4L2_CID_STATELESS_HEVC_SPS: 1, V4L2_CID_STATELESS_HEVC_SLICE_PARAMS: 600 },
    });
    expect(devices[0]!.target.codecs.h265?.missingReferences).toBe("nearest");
    expect(devices[0]!.target.codecs.h265?.needsPriming).toBeUndefined();
  });

  it.each(targets.slice(1))("has the limits and quirks of $name, of its driver's name and controls", async (target) => {
    for (const [name, known] of Object.entries(target.codecs)) {
      const codec = name as Codec;
      const { devices } = await listOf({
        driver: driverNames[target.name] ?? target.name,
        outputFormats: [codecs[codec].pixelFormat],
        controls: Object.fromEntries(
          Object.entries(known.controls).map(([control, most]) => [
            control,
            /_(MODE|CODE)$/.test(control) ? [1] : most,
          ]),
        ),
        maxSize: 2048,
      });
      const taken = devices[0]!.target.codecs[codec]!;
      expect(taken.limits).toEqual({ ...known.limits, maxWidth: 2048, maxHeight: 2048 });
      expect([taken.quirks, taken.missingReferences]).toEqual([known.quirks, known.missingReferences]);
    }
  });

  it("has the modes of its menus, frame and Annex B first", async () => {
    const both = {
      V4L2_CID_STATELESS_H264_DECODE_MODE: [0, 1],
      V4L2_CID_STATELESS_H264_START_CODE: [0, 1],
    };
    const { devices } = await listOf({ driver: "new", outputFormats: [V4L2_PIX_FMT_H264_SLICE], controls: both });
    expect(devices[0]!.target.codecs.h264).toMatchObject({
      decodeModes: ["frame", "slice"],
      startCodes: ["annexb", "none"],
      missingReferences: "mark",
    });
  });

  it("has those alone, whatever is known of the driver", async () => {
    const { devices } = await listOf({
      driver: "rkvdec",
      outputFormats: [V4L2_PIX_FMT_H264_SLICE],
      controls: { V4L2_CID_STATELESS_H264_DECODE_MODE: [0], V4L2_CID_STATELESS_H264_START_CODE: [0, 1] },
    });
    expect(devices[0]!.target.codecs.h264).toMatchObject({ decodeModes: ["slice"], startCodes: ["annexb", "none"] });
  });

  it("has the known modes where a driver has no menu", async () => {
    const { devices } = await listOf({
      driver: "cedrus",
      isSinglePlanar: true,
      outputFormats: [V4L2_PIX_FMT_H264_SLICE],
    });
    expect(devices[0]!.target.codecs.h264?.decodeModes).toEqual(cedrus.codecs.h264?.decodeModes);
    expect(sessionOptionsFor(devices[0]!, "h264")).toMatchObject({ decodeMode: "slice", startCode: "none" });
    expect(() => sessionOptionsFor(devices[0]!, "h264", { decodeMode: "frame" })).toThrow(
      new DeviceError("/dev/video7 takes decode mode slice for h264, not frame"),
    );
  });
});

it("a session repairs lost references as its driver needs it, or as it is asked to", async () => {
  const { devices } = await listOf({
    driver: "rkvdec",
    outputFormats: [V4L2_PIX_FMT_HEVC_SLICE],
    controls: frameModes,
  });
  const of = (asked?: SessionOptions) => sessionOptionsFor(devices[0]!, "h265", asked).missingReferences;
  expect([of(), of({}), of({ missingReferences: "drop" })]).toEqual(["nearest", "nearest", "drop"]);
});

it("a device's path may be a link, as those of /dev/v4l/by-path are", async () => {
  const folder = temporaryFolder();
  const link = join(folder, "platform-vdec-video-index0");
  await symlink("/dev/null", link);
  expect([await devicePath(link), await devicePath("/dev/video99")]).toEqual(["/dev/null", "/dev/video99"]);
  await rm(folder, { recursive: true });
});

it("of two decoders for a codec, the one for larger pictures is chosen", async () => {
  const list = async (driver: string, maxSize: number) =>
    (await listOf({ driver, outputFormats: [V4L2_PIX_FMT_H264_SLICE], maxSize })).devices;
  const devices = [
    ...(await list("hantro-vpu", 1920)),
    ...(await list("rkvdec", 4096)),
    ...(await list("other", 4096)),
  ];
  expect(chooseDevice({ devices, problems: [] }, "h264").driver).toBe("rkvdec");
});

describe("one line for a person", () => {
  const driver = { driver: "hantro-vpu", outputFormats: [V4L2_PIX_FMT_VP8_FRAME, V4L2_PIX_FMT_VP9_FRAME] };

  it.each([
    [EACCES, "/dev/video7: permission denied: is the user in the group of the device's file (mostly video)?"],
    [EBUSY, "/dev/video7: busy: another program has it, and it takes one at a time"],
    [ENODEV, "/dev/video7: there is no such device any more"],
    [ENOENT, "/dev/video7: there is no such device"],
  ])("when a device cannot be opened (%s)", async (errno, problem) => {
    const list = await listOf({ ...driver, openErrors: { "/dev/video7": errno } });
    expect(list).toEqual({ devices: [], problems: [problem] });
    expect(() => chooseDevice(list, "vp8")).toThrow(new DeviceError(problem));
  });

  it("when it was there and is gone", async () => {
    const list = await listOf(driver);
    const gone = new FakeKernel({ ...driver, openErrors: { "/dev/media0": ENODEV } });
    await expect(Submitter.open(list.devices[0]!, {}, gone.machine)).rejects.toThrow(
      new DeviceError("/dev/media0: there is no such device any more"),
    );
    expect(gone.openFiles).toBe(0);
  });

  it("when no device takes the codec, or there is none of that name", async () => {
    const list = await listOf(driver);
    expect(chooseDevice(list, "vp9", "/dev/media0").path).toBe("/dev/video7");
    expect(() => chooseDevice(list, "h264")).toThrow(
      new DeviceError("no device decodes h264; found: /dev/video7 (hantro-vpu): vp8, vp9"),
    );
    expect(() => chooseDevice(list, "vp8", "/dev/video0")).toThrow(
      new DeviceError("/dev/video0 is not a stateless decoder"),
    );
    expect(() => chooseDevice(list, "h264", "/dev/video7")).toThrow(
      new DeviceError("/dev/video7 does not decode h264; found: /dev/video7 (hantro-vpu): vp8, vp9"),
    );
  });

  it("when another device, which cannot be used, may be the one", async () => {
    const problem = "/dev/media1: permission denied";
    const list = { ...(await listOf(driver)), problems: [problem] };
    expect(() => chooseDevice(list, "h264")).toThrow(
      new DeviceError(`no device decodes h264; found: /dev/video7 (hantro-vpu): vp8, vp9; not usable: ${problem}`),
    );
    expect(() => chooseDevice(list, "vp8", "/dev/video0")).toThrow(
      new DeviceError(`/dev/video0 is not a stateless decoder; not usable: ${problem}`),
    );
    expect(() => chooseDevice(list, "vp8", "/dev/media1")).toThrow(new DeviceError(problem));
  });
});

describe("a device that does not answer", () => {
  it.each(["VIDIOC_ENUM_FMT", "VIDIOC_QUERY_EXT_CTRL", "VIDIOC_QUERYMENU", "VIDIOC_ENUM_FRAMESIZES"] as const)(
    "does not look like one that has less: %s",
    async (name) => {
      let calls = 0;
      const errors = (ioctl: string) => (ioctl === name && calls++ === 0 ? constants.errno.EIO : undefined);
      const { devices, problems } = await listOf({ ...plain, errors });
      expect(devices).toEqual([]);
      expect(problems).toEqual([`/dev/video7: ${name} failed with EIO. See dmesg`]);
    },
  );

  it.each(["VIDIOC_ENUM_FRAMESIZES", "VIDIOC_QUERYMENU"] as const)("need not have %s", async (name) => {
    const errors = (ioctl: string) => (ioctl === name ? constants.errno.ENOTTY : undefined);
    const { devices, problems } = await listOf({ ...plain, errors });
    expect([devices.length, problems]).toEqual([1, []]);
  });

  it.each(["VIDIOC_ENUM_FMT", "VIDIOC_QUERY_EXT_CTRL", "VIDIOC_ENUM_FRAMESIZES"] as const)(
    "is named where its list has no end: %s",
    async (name) => {
      const kernel = new FakeKernel(plain);
      const { abi, libc } = kernel.machine;
      const number = ioctlNumber(name, abi);
      const { type, stepwise } = structsOf(abi).v4l2_frmsizeenum.offsets;
      // A driver that does not look at the index says the same each time, and one size if it says sizes.
      const ioctl: typeof libc.ioctl = (fd, asked, argument) => {
        if (asked !== number) return libc.ioctl(fd, asked, argument);
        if (name === "VIDIOC_ENUM_FRAMESIZES") for (const at of [type, stepwise]) argument?.set([1], at);
        return 0;
      };
      const { devices, problems } = await devicesOf({ abi, libc: { ...libc, ioctl } }, kernel.files);
      expect(devices).toEqual([]);
      expect(problems).toEqual([`/dev/video7: ${name} has no end: the driver must return EINVAL after the last item`]);
    },
  );
});
