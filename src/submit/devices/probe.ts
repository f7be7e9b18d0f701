import type { Codec } from "../../events.ts";
import { generic } from "../../targets/generic.ts";
import { type Target, type TargetCodec, targets } from "../../targets/index.ts";
import { driverTargets } from "../../targets/names.ts";
import { codecNames, codecs, controlById, decodeModeValues, startCodeValues } from "../../uapi/index.ts";
import { viewOf } from "../../uapi/struct.ts";
import { blank, enumerate, type KernelFile, mostItems } from "../kernel-file.ts";
import {
  V4L2_CTRL_FLAG_DISABLED,
  V4L2_CTRL_FLAG_DYNAMIC_ARRAY,
  V4L2_CTRL_FLAG_NEXT_COMPOUND,
  V4L2_CTRL_FLAG_NEXT_CTRL,
  V4L2_FRMSIZE_TYPE_DISCRETE,
} from "../layout/constants.ts";
import type { Queue } from "../queues/queue.ts";

/** What a device's controls are, by name: how many elements, and the values of a menu. */
type ProbedControls = ReadonlyMap<string, { readonly elements: number; readonly menu: readonly number[] }>;

/**
 * Asks a device what it takes, and puts it into the form of a target. Controls, modes and the largest size are the
 * device's own answers; what no ioctl tells (which fields it reads, which losses it survives) is taken from the target
 * that the driver's name and controls point to.
 */
export function probeTarget(file: KernelFile, output: Queue, driver: string): Target {
  const probed = probeControls(file);
  const taken: Partial<Record<Codec, TargetCodec>> = {};
  const formats = new Set(pixelFormatsOf(file, output));
  for (const codec of codecNames) {
    const { pixelFormat, controls } = codecs[codec];
    if (!formats.has(pixelFormat)) continue;
    const own = new Map([...probed].filter(([name]) => Object.hasOwn(controls, name)));
    taken[codec] = codecOf(codec, knownCodec(driver, codec, own), own, largestSize(file, pixelFormat));
  }
  return { name: driver, source: file.path, codecs: taken };
}

/** The pixel formats that a queue has: V4L2 fourccs, the driver's favourite first. */
export function pixelFormatsOf(file: KernelFile, queue: Queue): number[] {
  const formats = enumerate(file, "VIDIOC_ENUM_FMT", "v4l2_fmtdesc", (view, o, index) => {
    view.setUint32(o.index, index, true);
    view.setUint32(o.type, queue.type, true);
  });
  return Array.from(formats, ({ pixelformat }) => pixelformat);
}

function codecOf(
  codec: Codec,
  known: TargetCodec,
  probed: ProbedControls,
  size: Pick<TargetCodec["limits"], "maxWidth" | "maxHeight">,
): TargetCodec {
  const { modes } = codecs[codec];
  const menu = (name: string) => probed.get(name)?.menu;
  return {
    ...known,
    // A driver without the menu has one mode only, and the known target says which.
    decodeModes: modes === null ? [] : modesOf(known.decodeModes, menu(modes.decodeMode), decodeModeValues),
    startCodes: modes === null ? [] : modesOf(known.startCodes, menu(modes.startCode), startCodeValues),
    controls: Object.fromEntries([...probed].map(([name, { elements }]) => [name, elements])),
    limits: { ...known.limits, ...size },
  };
}

/** Frame mode and Annex B first. */
function modesOf<M extends string>(
  known: readonly M[],
  menu: readonly number[] | undefined,
  values: Readonly<Record<M, number>>,
): M[] {
  if (menu === undefined) return [...known];
  return (Object.keys(values) as M[]).filter((mode) => menu.includes(values[mode]));
}

/** The description that is nearest to what the device has: the same driver, and of its targets the one with most of the controls. */
function knownCodec(driver: string, codec: Codec, probed: ProbedControls): TargetCodec {
  const candidates = (driverTargets[driver] ?? []).flatMap((name) => {
    const known = targets.find((target) => target.name === name)?.codecs[codec];
    return known === undefined ? [] : [known];
  });
  const differences = ({ controls }: TargetCodec) =>
    Object.keys(controls).filter((name) => !probed.has(name)).length +
    [...probed.keys()].filter((name) => !Object.hasOwn(controls, name)).length;
  const [nearest] = candidates.sort((a, b) => differences(a) - differences(b));
  return nearest ?? { ...(generic.codecs[codec] as TargetCodec), limits: {} };
}

function probeControls(file: KernelFile): ProbedControls {
  const struct = file.structs.v4l2_query_ext_ctrl;
  const found = new Map<string, { elements: number; menu: number[] }>();
  for (let id = 0; ; ) {
    const { bytes, view } = blank(struct);
    view.setUint32(struct.offsets.id, (id | V4L2_CTRL_FLAG_NEXT_CTRL | V4L2_CTRL_FLAG_NEXT_COMPOUND) >>> 0, true);
    if (!file.has("VIDIOC_QUERY_EXT_CTRL", bytes)) return found;
    const next = view.getUint32(struct.offsets.id, true);
    if (next <= id) throw file.endless("VIDIOC_QUERY_EXT_CTRL");
    id = next;
    const control = controlById(id);
    const flags = view.getUint32(struct.offsets.flags, true);
    if (control === undefined || (flags & V4L2_CTRL_FLAG_DISABLED) !== 0) continue;
    const isDynamic = (flags & V4L2_CTRL_FLAG_DYNAMIC_ARRAY) !== 0;
    found.set(control.name, {
      elements: isDynamic ? view.getUint32(struct.offsets.dims, true) : 1,
      menu: control.type === "menu" ? menuOf(file, control.id, Object.values(control.menu)) : [],
    });
  }
}

function menuOf(file: KernelFile, id: number, values: readonly number[]): number[] {
  const struct = file.structs.v4l2_querymenu;
  return values.filter((value) => {
    const { bytes, view } = blank(struct);
    view.setUint32(struct.offsets.id, id, true);
    view.setUint32(struct.offsets.index, value, true);
    return file.has("VIDIOC_QUERYMENU", bytes);
  });
}

/** Empty where the driver does not say. */
function largestSize(file: KernelFile, pixelFormat: number): Pick<TargetCodec["limits"], "maxWidth" | "maxHeight"> {
  const struct = file.structs.v4l2_frmsizeenum;
  let maxWidth = 0;
  let maxHeight = 0;
  for (let index = 0; ; index++) {
    if (index === mostItems) throw file.endless("VIDIOC_ENUM_FRAMESIZES");
    const { bytes, view } = blank(struct);
    view.setUint32(struct.offsets.index, index, true);
    view.setUint32(struct.offsets.pixel_format, pixelFormat, true);
    if (!file.has("VIDIOC_ENUM_FRAMESIZES", bytes)) break;
    const isDiscrete = view.getUint32(struct.offsets.type, true) === V4L2_FRMSIZE_TYPE_DISCRETE;
    const sizes = viewOf(bytes.subarray(struct.offsets.stepwise));
    // struct v4l2_frmsize_discrete is a width and a height.
    maxWidth = Math.max(maxWidth, sizes.getUint32(isDiscrete ? 0 : 4, true));
    maxHeight = Math.max(maxHeight, sizes.getUint32(isDiscrete ? 4 : 16, true));
    if (!isDiscrete) break;
  }
  return maxWidth === 0 ? {} : { maxWidth, maxHeight };
}
