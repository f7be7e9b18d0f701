import type { Components } from "../events.ts";
import {
  V4L2_FWHT_FL_CHROMA_FULL_HEIGHT,
  V4L2_FWHT_FL_CHROMA_FULL_WIDTH,
  V4L2_FWHT_FL_COMPONENTS_NUM_MSK,
  V4L2_FWHT_FL_COMPONENTS_NUM_OFFSET,
  V4L2_FWHT_FL_PIXENC_HSV,
  V4L2_FWHT_FL_PIXENC_MSK,
  V4L2_FWHT_FL_PIXENC_RGB,
  V4L2_FWHT_FL_PIXENC_YUV,
  v4l2_ctrl_fwht_params,
  viewOf,
} from "../uapi/index.ts";
import type { Target, TargetLimits, TargetRefusal } from "./target.ts";

const encodings: Readonly<Record<number, Components["encoding"]>> = {
  [V4L2_FWHT_FL_PIXENC_YUV]: "yuv",
  [V4L2_FWHT_FL_PIXENC_RGB]: "rgb",
  [V4L2_FWHT_FL_PIXENC_HSV]: "hsv",
};
const fullChroma = V4L2_FWHT_FL_CHROMA_FULL_WIDTH | V4L2_FWHT_FL_CHROMA_FULL_HEIGHT;
const params = "V4L2_CID_STATELESS_FWHT_PARAMS";

/** A version that the driver does not decode, and components that none of its pixel formats has. */
export function fwhtRefusals(
  target: Target,
  { versions, components }: TargetLimits,
  control: string,
  payload: Uint8Array,
): TargetRefusal[] {
  const { size, offsets } = v4l2_ctrl_fwht_params;
  if (control !== params || payload.length !== size) return [];
  const refusals: TargetRefusal[] = [];
  const version = viewOf(payload).getUint32(offsets.version, true);
  if (versions?.includes(version) === false) {
    refusals.push({ control, path: "version", value: version, reason: `${target.name} takes ${versions.join(", ")}` });
  }
  const flags = viewOf(payload).getUint32(offsets.flags, true);
  const reason = components === undefined ? undefined : reasonOf(target, components, flags);
  if (reason !== undefined) refusals.push({ control, path: "flags", value: flags, reason });
  return refusals;
}

function reasonOf(
  { name }: Target,
  components: NonNullable<TargetLimits["components"]>,
  flags: number,
): string | undefined {
  const encoding = encodings[flags & V4L2_FWHT_FL_PIXENC_MSK];
  if (encoding === undefined) return `no V4L2_FWHT_FL_PIXENC: ${name} takes YUV, RGB, HSV`;
  const counts = components[encoding];
  const count = 1 + ((flags & V4L2_FWHT_FL_COMPONENTS_NUM_MSK) >>> V4L2_FWHT_FL_COMPONENTS_NUM_OFFSET);
  const what = `${count} component${count === 1 ? "" : "s"} of ${encoding.toUpperCase()}`;
  if (!counts.includes(count)) return `${what}: ${name} takes ${counts.join(", ")}`;
  if (encoding === "yuv" || (flags & fullChroma) === fullChroma) return undefined;
  return `${what}, subsampled: ${name} takes them with V4L2_FWHT_FL_CHROMA_FULL_WIDTH and V4L2_FWHT_FL_CHROMA_FULL_HEIGHT`;
}
