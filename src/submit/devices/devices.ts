import { readdir, readFile, realpath, stat } from "node:fs/promises";
import type { Codec } from "../../events.ts";
import type { Target } from "../../targets/index.ts";
import { DeviceError, IoctlError } from "../errors.ts";
import { KernelFile, read, textOf } from "../kernel-file.ts";
import { V4L2_CAP_DEVICE_CAPS, V4L2_CAP_VIDEO_M2M, V4L2_CAP_VIDEO_M2M_MPLANE } from "../layout/constants.ts";
import { type Machine, thisMachine } from "../machine.ts";
import { Queue } from "../queues/queue.ts";
import { probeTarget } from "./probe.ts";
import { type DeviceNumber, decoderNodes, readTopology } from "./topology.ts";

/** A decoder that the machine has. */
export interface DeviceInfo {
  /** `"/dev/video0"` */
  readonly path: string;
  /** The media device that it belongs to: `"/dev/media0"`. */
  readonly mediaPath: string;
  /** `v4l2_capability.driver` */
  readonly driver: string;
  /** `v4l2_capability.card` */
  readonly card: string;
  /** The kernel's version, `"7.2.13"`. */
  readonly kernel: string;
  /** What the device accepts, according to its own answers. */
  readonly target: Target;
}

/** The decoders of a machine, and a line about each device that could not be used. */
export interface DeviceList {
  readonly devices: readonly DeviceInfo[];
  readonly problems: readonly string[];
}

/** The message for a machine that has neither a decoder nor a problem. */
export const noDecoder = "this machine has no stateless decoder: none of its media devices leads to one";

/** The files below /dev of a machine. Tests replace them. */
export interface DeviceFiles {
  mediaPaths(): Promise<readonly string[]>;
  /** The path of a video device's file; undefined when there is none. */
  videoPath(number: DeviceNumber): Promise<string | undefined>;
}

/** The stateless decoders of this machine. @throws DeviceError as `thisMachine` */
export async function listDevices(): Promise<DeviceList> {
  return devicesOf(await thisMachine(), deviceFiles);
}

/** The decoders that a machine's media devices lead to. */
export async function devicesOf(machine: Machine, files: DeviceFiles): Promise<DeviceList> {
  const devices: DeviceInfo[] = [];
  const problems: string[] = [];
  for (const mediaPath of await files.mediaPaths()) {
    try {
      for (const path of await decoderPaths(machine, files, mediaPath)) {
        const device = await describe(machine, path, mediaPath);
        if (Object.keys(device.target.codecs).length > 0) devices.push(device);
      }
    } catch (thrown) {
      if (!(thrown instanceof DeviceError || thrown instanceof IoctlError)) throw thrown;
      problems.push(thrown.message);
    }
  }
  return { devices, problems };
}

/** The device that a path leads to. udev's names in /dev/v4l/by-path are links, which are the same after every boot. */
export async function devicePath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

/**
 * The device to decode a codec with.
 *
 * @param path `"/dev/video0"` or `"/dev/media0"`; undefined means the first of the devices with the
 *   largest pictures for the codec. The RK3328 and RK3588 have two for H.264, and hantro's ends at 1920x1088.
 * @throws DeviceError with one line for a person.
 */
export function chooseDevice({ devices, problems }: DeviceList, codec: Codec, path?: string): DeviceInfo {
  const named = devices.filter((device) => path === undefined || device.path === path || device.mediaPath === path);
  const area = ({ target }: DeviceInfo) => {
    const { maxWidth = 0, maxHeight = 0 } = target.codecs[codec]?.limits ?? {};
    return maxWidth * maxHeight;
  };
  const takers = named.filter(({ target }) => target.codecs[codec] !== undefined);
  const [found] = takers.sort((a, b) => area(b) - area(a));
  if (found !== undefined) return found;
  throw new DeviceError(reasonOf(named, problems, codec, path));
}

/** Why no device was found. What cannot be used is named wherever it may be what was looked for. */
function reasonOf(
  named: readonly DeviceInfo[],
  problems: readonly string[],
  codec: Codec,
  path: string | undefined,
): string {
  const unusable = problems.length === 0 ? "" : `; not usable: ${problems.join("; ")}`;
  if (named.length > 0) {
    const each = named.map((device) => `${device.path} (${device.driver}): ${codecNames(device)}`).join("; ");
    if (path !== undefined) return `${path} does not decode ${codec}; found: ${each}`;
    return `no device decodes ${codec}; found: ${each}${unusable}`;
  }
  if (path === undefined) return problems.length > 0 ? problems.join("; ") : noDecoder;
  const own = problems.filter((problem) => problem.startsWith(`${path}:`));
  return own.length > 0 ? own.join("; ") : `${path} is not a stateless decoder${unusable}`;
}

/** `"h264, vp8"` */
export function codecNames({ target }: DeviceInfo): string {
  return Object.keys(target.codecs).join(", ");
}

async function decoderPaths(machine: Machine, files: DeviceFiles, mediaPath: string): Promise<string[]> {
  const media = KernelFile.open(machine, mediaPath);
  try {
    const paths: string[] = [];
    for (const node of decoderNodes(readTopology(media))) {
      const path = await files.videoPath(node);
      if (path === undefined) {
        throw new DeviceError(`${mediaPath}: its video device ${node.major}:${node.minor} has no file in /dev`);
      }
      paths.push(path);
    }
    return paths;
  } finally {
    await media.close();
  }
}

async function describe(machine: Machine, path: string, mediaPath: string): Promise<DeviceInfo> {
  const file = KernelFile.open(machine, path);
  try {
    const capability = read(file, "VIDIOC_QUERYCAP", "v4l2_capability");
    const driver = textOf(capability.driver);
    const { version } = capability;
    return {
      path,
      mediaPath,
      driver,
      card: textOf(capability.card),
      kernel: `${version >>> 16}.${(version >>> 8) & 0xff}.${version & 0xff}`,
      target: probeTarget(file, new Queue(file, "OUTPUT", isMultiplanar(capability, path)), driver),
    };
  } finally {
    await file.close();
  }
}

/** @throws DeviceError when it is no memory-to-memory device. */
export function isMultiplanar(
  capability: { readonly capabilities: number; readonly device_caps: number },
  path: string,
): boolean {
  const hasOwn = (capability.capabilities & V4L2_CAP_DEVICE_CAPS) !== 0;
  const caps = hasOwn ? capability.device_caps : capability.capabilities;
  if ((caps & V4L2_CAP_VIDEO_M2M_MPLANE) !== 0) return true;
  if ((caps & V4L2_CAP_VIDEO_M2M) !== 0) return false;
  throw new DeviceError(`${path} is not a memory-to-memory device`);
}

const deviceFiles: DeviceFiles = {
  mediaPaths: async () => {
    const names = (await readdir("/dev")).filter((name) => /^media[0-9]+$/.test(name));
    return names.sort((a, b) => Number(a.slice(5)) - Number(b.slice(5))).map((name) => `/dev/${name}`);
  },
  videoPath: async (number) => (await pathFromSysfs(number)) ?? (await pathFromDev(number)),
};

async function pathFromSysfs({ major, minor }: DeviceNumber): Promise<string | undefined> {
  const uevent = await readFile(`/sys/dev/char/${major}:${minor}/uevent`, "utf8").catch(() => "");
  const name = /^DEVNAME=(.+)$/m.exec(uevent)?.[1];
  if (name === undefined) return undefined;
  const path = `/dev/${name}`;
  return (await stat(path).catch(() => undefined)) === undefined ? undefined : path;
}

/** For machines without a sysfs, as in some containers: checks the number of every video device's file. */
async function pathFromDev({ major, minor }: DeviceNumber): Promise<string | undefined> {
  for (const name of await readdir("/dev")) {
    if (!/^video[0-9]+$/.test(name)) continue;
    const { rdev } = await stat(`/dev/${name}`);
    // glibc's gnu_dev_major and gnu_dev_minor, for numbers below 2^32.
    if (((rdev >>> 8) & 0xfff) === major && ((rdev & 0xff) | ((rdev >>> 12) & 0xfff00)) === minor)
      return `/dev/${name}`;
  }
  return undefined;
}
