import { describe, expect, it } from "vitest";
import { deviceHeader } from "../../conformance/header/kernel-header.ts";
import { DeviceError } from "../../src/submit/errors.ts";
import { abis } from "../../src/submit/layout/abi.ts";
import { ioctlNumber } from "../../src/submit/layout/ioctls.ts";
import { structsOf } from "../../src/submit/layout/structs.ts";
import { hostAbi } from "../../src/submit/machine.ts";

describe.each(["lp64", "ilp32", "ia32"] as const)("%s", (name) => {
  const tags = name === "lp64" ? [] : ["long"];
  it("is as this machine's kernel headers say, where there is a compiler for it", { tags }, async ({ skip }) => {
    const { ok, lines } = await deviceHeader(name);
    expect(ok, lines.join("\n")).toBe(true);
    if (lines[0]?.includes("not checked")) skip(lines[0]);
  });
});

// As gcc -m64, -m32 -malign-double and -m32 have them with the headers of Linux 7.2.
it("knows the numbers that depend on the ABI", () => {
  const numbers = (abi: (typeof abis)[keyof typeof abis]) =>
    (["VIDIOC_QBUF", "VIDIOC_S_FMT", "VIDIOC_S_EXT_CTRLS", "VIDIOC_CREATE_BUFS"] as const).map((name) =>
      ioctlNumber(name, abi).toString(16),
    );
  expect(numbers(abis.lp64)).toEqual(["c058560f", "c0d05605", "c0205648", "c100565c"]);
  expect(numbers(abis.ilp32)).toEqual(["c050560f", "c0cc5605", "c0185648", "c0f8565c"]);
  expect(numbers(abis.ia32)).toEqual(["c04c560f", "c0cc5605", "c0185648", "c0f8565c"]);
  expect(ioctlNumber("MEDIA_REQUEST_IOC_QUEUE", abis.lp64)).toBe(0x7c80);
});

it("writes and reads an unsigned long of 32 bits", () => {
  const { m } = structsOf(abis.ilp32).v4l2_buffer.members;
  const view = new DataView(new ArrayBuffer(8));
  m.write(view, 0, 0xfedc_ba98n);
  expect([m.size, m.read(view, 0), view.getUint32(4, true)]).toEqual([4, 0xfedc_ba98n, 0]);
});

describe("the machine", () => {
  it.each([
    ["linux", "x64", "LE", "lp64"],
    ["linux", "arm64", "LE", "lp64"],
    ["linux", "arm", "LE", "ilp32"],
    ["linux", "ia32", "LE", "ia32"],
  ])("%s %s %s has the ABI %s", (platform, arch, order, name) => {
    expect(hostAbi(platform, arch, order).name).toBe(name);
  });

  it.each([
    ["darwin", "arm64", "LE", "V4L2 devices exist on Linux only; this is darwin"],
    ["linux", "s390x", "BE", "this machine is big-endian; control payloads are little-endian"],
    ["linux", "mips", "BE", "this machine is big-endian; control payloads are little-endian"],
    ["linux", "mipsel", "LE", "the ioctl numbers of the processor mipsel are not known to this program"],
  ])("%s %s %s is refused", (platform, arch, order, message) => {
    expect(() => hostAbi(platform, arch, order)).toThrow(new DeviceError(message));
  });
});
