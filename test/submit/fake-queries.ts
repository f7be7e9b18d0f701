import { constants } from "node:os";
import type { IoctlName } from "../../src/submit/layout/ioctls.ts";
import type { Structs } from "../../src/submit/layout/structs.ts";
import { controlById, controlByName, decodeStruct, encodeStruct, type Struct, viewOf } from "../../src/uapi/index.ts";
import type { FakeDriver } from "./fake-driver.ts";

const { EINVAL, ENOTTY } = constants.errno;

/** The CAPTURE formats, as fourccs in numbers. */
export function captureFormatsOf({ captureFormats }: FakeDriver): readonly number[] {
  return captureFormats ?? [0x3231564e];
}

/** What the driver says of itself. */
export function answerQuery(structs: Structs, driver: FakeDriver, name: IoctlName, bytes: Uint8Array): number {
  const view = viewOf(bytes);
  switch (name) {
    case "VIDIOC_QUERYCAP":
      return queryCapability(structs, driver, bytes);
    case "VIDIOC_ENUM_FMT": {
      const o = structs.v4l2_fmtdesc.offsets;
      const isOutput = [2, 10].includes(view.getUint32(o.type, true));
      const formats = isOutput ? driver.outputFormats : captureFormatsOf(driver);
      const format = formats[view.getUint32(o.index, true)];
      if (format === undefined) return EINVAL;
      view.setUint32(o.pixelformat, format, true);
      return 0;
    }
    case "VIDIOC_ENUM_FRAMESIZES":
      if (view.getUint32(0, true) > 0) return EINVAL;
      // Stepwise.
      view.setUint32(8, 3, true);
      view.setUint32(16, driver.maxSize ?? 4096, true);
      view.setUint32(28, driver.maxSize ?? 4096, true);
      return 0;
    case "VIDIOC_QUERY_EXT_CTRL":
      return queryControl(structs, driver, bytes);
    case "VIDIOC_QUERYMENU": {
      const values = driver.controls?.[controlById(view.getUint32(0, true))?.name ?? ""];
      return Array.isArray(values) && values.includes(view.getUint32(4, true)) ? 0 : EINVAL;
    }
    default:
      return ENOTTY;
  }
}

function queryCapability(structs: Structs, driver: FakeDriver, bytes: Uint8Array): number {
  const text = (value: string, length: number) => Array.from({ length }, (_, i) => value.charCodeAt(i) || 0);
  bytes.set(
    encodeStruct(structs.v4l2_capability, {
      driver: text(driver.driver ?? "fake", 16),
      card: text("a fake", 32),
      bus_info: text("platform:fake", 32),
      version: 0x07020d,
      capabilities: 0x80000000,
      device_caps: driver.isSinglePlanar ? 0x4008000 : 0x4004000,
      reserved: [0, 0, 0],
    }),
  );
  return 0;
}

function queryControl(structs: Structs, driver: FakeDriver, bytes: Uint8Array): number {
  const { offsets: o } = structs.v4l2_query_ext_ctrl;
  const view = viewOf(bytes);
  const after = view.getUint32(o.id, true) & 0x3fffffff;
  const known = Object.entries(driver.controls ?? {}).map(([name, value]) => [controlByName(name)!, value] as const);
  const next = known.sort(([a], [b]) => a.id - b.id).find(([{ id }]) => id > after);
  if (next === undefined) return EINVAL;
  const [control, value] = next;
  view.setUint32(o.id, control.id, true);
  const isDynamic = "dynamicArray" in control && control.dynamicArray !== undefined;
  view.setUint32(o.flags, isDynamic ? 0x800 : 0, true);
  if (typeof value === "number") view.setUint32(o.dims, value, true);
  return 0;
}

/** The controls of a struct v4l2_ext_controls, and whether they are for the file itself. */
export function controlsAt(structs: Structs, bytes: Uint8Array, at: (address: bigint, size: number) => Uint8Array) {
  const { v4l2_ext_controls: head, v4l2_ext_control: entry } = structs;
  const values = decodeStruct(head as Struct, bytes.subarray(0, head.size)) as Record<string, number | bigint>;
  const count = Number(values.count);
  const view = viewOf(at(values.controls as bigint, count * entry.size));
  const controls = Array.from({ length: count }, (_, i) => {
    const value = i * entry.size + entry.offsets.value64;
    const size = view.getUint32(i * entry.size + entry.offsets.size, true);
    const payload = size === 0 ? view.getInt32(value, true) : at(view.getBigUint64(value, true), size);
    return { name: controlById(view.getUint32(i * entry.size, true))!.name, payload };
  });
  return { isNow: values.which === 0, requestFd: Number(values.request_fd), controls };
}
