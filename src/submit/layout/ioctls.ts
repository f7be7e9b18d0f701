/** The ioctls of linux/videodev2.h and linux/media.h that a stateless decoder needs, as data. */
import type { Abi } from "./abi.ts";
import { type Structs, structsOf } from "./structs.ts";

/** The arguments of `_IO`, `_IOR`, `_IOW` or `_IOWR`. */
export interface IoctlDefinition {
  readonly direction: "none" | "read" | "write" | "both";
  readonly type: "V" | "|";
  readonly number: number;
  readonly argument?: keyof Structs | "int";
}

function both<const A extends keyof Structs>(type: "V" | "|", number: number, argument: A) {
  return { direction: "both", type, number, argument } as const;
}

export const ioctls = {
  VIDIOC_QUERYCAP: { direction: "read", type: "V", number: 0, argument: "v4l2_capability" },
  VIDIOC_ENUM_FMT: both("V", 2, "v4l2_fmtdesc"),
  VIDIOC_G_FMT: both("V", 4, "v4l2_format"),
  VIDIOC_S_FMT: both("V", 5, "v4l2_format"),
  VIDIOC_REQBUFS: both("V", 8, "v4l2_requestbuffers"),
  VIDIOC_QUERYBUF: both("V", 9, "v4l2_buffer"),
  VIDIOC_QBUF: both("V", 15, "v4l2_buffer"),
  VIDIOC_EXPBUF: both("V", 16, "v4l2_exportbuffer"),
  VIDIOC_DQBUF: both("V", 17, "v4l2_buffer"),
  VIDIOC_STREAMON: { direction: "write", type: "V", number: 18, argument: "int" },
  VIDIOC_STREAMOFF: { direction: "write", type: "V", number: 19, argument: "int" },
  VIDIOC_QUERYMENU: both("V", 37, "v4l2_querymenu"),
  VIDIOC_S_EXT_CTRLS: both("V", 72, "v4l2_ext_controls"),
  VIDIOC_TRY_EXT_CTRLS: both("V", 73, "v4l2_ext_controls"),
  VIDIOC_ENUM_FRAMESIZES: both("V", 74, "v4l2_frmsizeenum"),
  VIDIOC_CREATE_BUFS: both("V", 92, "v4l2_create_buffers"),
  VIDIOC_DECODER_CMD: both("V", 96, "v4l2_decoder_cmd"),
  VIDIOC_QUERY_EXT_CTRL: both("V", 103, "v4l2_query_ext_ctrl"),
  MEDIA_IOC_G_TOPOLOGY: both("|", 0x04, "media_v2_topology"),
  MEDIA_IOC_REQUEST_ALLOC: { direction: "read", type: "|", number: 0x05, argument: "int" },
  MEDIA_REQUEST_IOC_QUEUE: { direction: "none", type: "|", number: 0x80 },
  MEDIA_REQUEST_IOC_REINIT: { direction: "none", type: "|", number: 0x81 },
} as const satisfies Readonly<Record<string, IoctlDefinition>>;

export type IoctlName = keyof typeof ioctls;

/** asm-generic/ioctl.h: `_IOC_NONE`, `_IOC_WRITE`, `_IOC_READ`, at bit 30. */
const directions = { none: 0, write: 1, read: 2, both: 3 } as const;

const numbered = new Map<Abi, Readonly<Record<IoctlName, number>>>();

/** The ioctls' numbers in an ABI. */
export function ioctlNumbersOf(abi: Abi): Readonly<Record<IoctlName, number>> {
  let numbers = numbered.get(abi);
  if (numbers === undefined) {
    const names = Object.keys(ioctls) as IoctlName[];
    numbers = Object.fromEntries(names.map((name) => [name, ioctlNumber(name, abi)])) as Record<IoctlName, number>;
    numbered.set(abi, numbers);
  }
  return numbers;
}

/** The ioctl's number in an ABI: direction, size of the argument, type, number. */
export function ioctlNumber(name: IoctlName, abi: Abi): number {
  const { direction, type, number, argument }: IoctlDefinition = ioctls[name];
  const size = argument === undefined ? 0 : argument === "int" ? 4 : structsOf(abi)[argument].size;
  return ((directions[direction] << 30) | (size << 16) | (type.charCodeAt(0) << 8) | number) >>> 0;
}
