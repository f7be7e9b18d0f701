/**
 * The structs of linux/videodev2.h and linux/media.h that a stateless decoder needs, as data: layouts follow from the ABI, and
 * `test/submit/abi.test.ts` compares them with a C compiler's. Names are the headers'; names that begin with an underscore are
 * padding in a union.
 */

import { array, type Scalar, type Struct, s32, s64, struct, u8, u16, u32, u64 } from "../../uapi/struct.ts";
import type { Abi } from "./abi.ts";

/** An `unsigned long` or a pointer: a bigint, whatever its size. */
function wordOf({ pointerSize }: Abi): Scalar<bigint> {
  if (pointerSize === 8) return u64;
  return {
    ...u64,
    name: "u32",
    size: 4,
    alignment: 4,
    max: 0xffff_ffffn,
    read: (view, offset) => BigInt(view.getUint32(offset, true)),
    write: (view, offset, value) => view.setUint32(offset, Number(value), true),
  };
}

function aligned<V extends number | bigint>(type: Scalar<V>, alignment: number): Scalar<V> {
  return { ...type, alignment };
}

const planePixFormat = struct("v4l2_plane_pix_format", 20, {
  sizeimage: u32,
  bytesperline: u32,
  reserved: array(u16, 6),
});

/** The structs that have the same layout in every ABI. */
const common = {
  v4l2_capability: struct("v4l2_capability", 104, {
    driver: array(u8, 16),
    card: array(u8, 32),
    bus_info: array(u8, 32),
    version: u32,
    capabilities: u32,
    device_caps: u32,
    reserved: array(u32, 3),
  }),
  v4l2_fmtdesc: struct("v4l2_fmtdesc", 64, {
    index: u32,
    type: u32,
    flags: u32,
    description: array(u8, 32),
    pixelformat: u32,
    mbus_code: u32,
    reserved: array(u32, 3),
  }),
  v4l2_frmsizeenum: struct("v4l2_frmsizeenum", 44, {
    index: u32,
    pixel_format: u32,
    type: u32,
    stepwise: struct("v4l2_frmsize_stepwise", 24, {
      min_width: u32,
      max_width: u32,
      step_width: u32,
      min_height: u32,
      max_height: u32,
      step_height: u32,
    }),
    reserved: array(u32, 2),
  }),
  v4l2_pix_format: struct("v4l2_pix_format", 48, {
    width: u32,
    height: u32,
    pixelformat: u32,
    field: u32,
    bytesperline: u32,
    sizeimage: u32,
    colorspace: u32,
    priv: u32,
    flags: u32,
    ycbcr_enc: u32,
    quantization: u32,
    xfer_func: u32,
  }),
  v4l2_plane_pix_format: planePixFormat,
  v4l2_pix_format_mplane: struct("v4l2_pix_format_mplane", 192, {
    width: u32,
    height: u32,
    pixelformat: u32,
    field: u32,
    colorspace: u32,
    plane_fmt: array(planePixFormat, 8),
    num_planes: u8,
    flags: u8,
    ycbcr_enc: u8,
    quantization: u8,
    xfer_func: u8,
    reserved: array(u8, 7),
  }),
  v4l2_requestbuffers: struct("v4l2_requestbuffers", 20, {
    count: u32,
    type: u32,
    memory: u32,
    capabilities: u32,
    flags: u8,
    reserved: array(u8, 3),
  }),
  v4l2_exportbuffer: struct("v4l2_exportbuffer", 64, {
    type: u32,
    index: u32,
    plane: u32,
    flags: u32,
    fd: s32,
    reserved: array(u32, 11),
  }),
  v4l2_querymenu: struct("v4l2_querymenu", 44, { id: u32, index: u32, name: array(u8, 32), reserved: u32 }),
  media_v2_entity: struct("media_v2_entity", 96, {
    id: u32,
    name: array(u8, 64),
    function: u32,
    flags: u32,
    reserved: array(u32, 5),
  }),
  media_v2_interface: struct("media_v2_interface", 112, {
    id: u32,
    intf_type: u32,
    flags: u32,
    reserved: array(u32, 9),
    devnode: struct("media_v2_intf_devnode", 8, { major: u32, minor: u32 }),
    _raw: array(u32, 14),
  }),
  media_v2_pad: struct("media_v2_pad", 32, {
    id: u32,
    entity_id: u32,
    flags: u32,
    index: u32,
    reserved: array(u32, 4),
  }),
  media_v2_link: struct("media_v2_link", 40, {
    id: u32,
    source_id: u32,
    sink_id: u32,
    flags: u32,
    reserved: array(u32, 6),
  }),
  /** `__attribute__ ((packed))`. On ia32, where 64-bit integers are aligned at 4, the offsets are the same. */
  media_v2_topology: struct("media_v2_topology", 72, {
    topology_version: u64,
    num_entities: u32,
    reserved1: u32,
    ptr_entities: u64,
    num_interfaces: u32,
    reserved2: u32,
    ptr_interfaces: u64,
    num_pads: u32,
    reserved3: u32,
    ptr_pads: u64,
    num_links: u32,
    reserved4: u32,
    ptr_links: u64,
  }),
} as const;

/** All structs, laid out for an ABI. */
export type Structs = ReturnType<typeof layOut>;

const laidOut = new Map<Abi, Structs>();

/** The structs of an ABI. */
export function structsOf(abi: Abi): Structs {
  let structs = laidOut.get(abi);
  if (structs === undefined) {
    structs = layOut(abi);
    laidOut.set(abi, structs);
  }
  return structs;
}

function layOut(abi: Abi) {
  const word = wordOf(abi);
  const size = (lp64: number, ilp32: number, ia32 = ilp32): number => ({ lp64, ilp32, ia32 })[abi.name];
  const signed64 = aligned(s64, abi.alignment64);
  const unsigned64 = aligned(u64, abi.alignment64);
  // The union of struct v4l2_format holds pointers, in struct v4l2_window.
  const v4l2_format = struct("v4l2_format", size(208, 204), {
    type: u32,
    fmt: array(aligned(u8, abi.pointerSize), 200),
  });
  return {
    ...common,
    v4l2_format,
    v4l2_create_buffers: struct("v4l2_create_buffers", size(256, 248), {
      index: u32,
      count: u32,
      memory: u32,
      format: v4l2_format,
      capabilities: u32,
      flags: u32,
      max_num_buffers: u32,
      reserved: array(u32, 5),
    }),
    v4l2_plane: struct("v4l2_plane", size(64, 60), {
      bytesused: u32,
      length: u32,
      m: word,
      data_offset: u32,
      reserved: array(u32, 11),
    }),
    v4l2_buffer: struct("v4l2_buffer", size(88, 80, 76), {
      index: u32,
      type: u32,
      bytesused: u32,
      flags: u32,
      field: u32,
      timestamp: struct("timeval", 16, { tv_sec: signed64, tv_usec: signed64 }),
      timecode: array(u32, 4),
      sequence: u32,
      memory: u32,
      m: word,
      length: u32,
      reserved2: u32,
      request_fd: s32,
    }),
    /** Packed. `value64` is the whole union: a value, or a pointer in its low bytes. */
    v4l2_ext_control: struct("v4l2_ext_control", 20, { id: u32, size: u32, reserved2: u32, value64: aligned(s64, 1) }),
    v4l2_ext_controls: struct("v4l2_ext_controls", size(32, 24), {
      which: u32,
      count: u32,
      error_idx: u32,
      request_fd: s32,
      reserved: u32,
      controls: word,
    }),
    v4l2_query_ext_ctrl: struct("v4l2_query_ext_ctrl", 232, {
      id: u32,
      type: u32,
      name: array(u8, 32),
      minimum: signed64,
      maximum: signed64,
      step: unsigned64,
      default_value: signed64,
      flags: u32,
      elem_size: u32,
      elems: u32,
      nr_of_dims: u32,
      dims: array(u32, 4),
      reserved: array(u32, 32),
    }),
    v4l2_decoder_cmd: struct("v4l2_decoder_cmd", 72, {
      cmd: u32,
      flags: u32,
      raw: array(aligned(u32, abi.alignment64), 16),
    }),
  } as const satisfies Readonly<Record<string, Struct>>;
}
