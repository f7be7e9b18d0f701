/** What a header says of the pictures, and what outlives a frame. */

import { BitstreamError, UnsupportedError } from "../errors.ts";
import type { Components } from "../events.ts";
import {
  V4L2_FWHT_FL_CHROMA_FULL_HEIGHT,
  V4L2_FWHT_FL_CHROMA_FULL_WIDTH,
  V4L2_FWHT_FL_COMPONENTS_NUM_MSK,
  V4L2_FWHT_FL_COMPONENTS_NUM_OFFSET,
  V4L2_FWHT_FL_I_FRAME,
  V4L2_FWHT_FL_PIXENC_HSV,
  V4L2_FWHT_FL_PIXENC_MSK,
  V4L2_FWHT_FL_PIXENC_RGB,
  V4L2_FWHT_FL_PIXENC_YUV,
  V4L2_FWHT_VERSION,
} from "../uapi/fwht.ts";
import type { FrameHeader } from "./structures.ts";

const encodings: Readonly<Record<number, Components["encoding"]>> = {
  [V4L2_FWHT_FL_PIXENC_YUV]: "yuv",
  [V4L2_FWHT_FL_PIXENC_RGB]: "rgb",
  [V4L2_FWHT_FL_PIXENC_HSV]: "hsv",
};

/** How the samples of a frame lie in its planes. */
export interface PictureFormat {
  readonly components: Components;
  /** As in a sequence event. */
  readonly chromaFormat: number;
  /** In samples of the first component. */
  readonly width: number;
  readonly height: number;
  /** The same, rounded up until every plane has whole blocks of 8x8. */
  readonly codedWidth: number;
  readonly codedHeight: number;
}

/**
 * The format that a header says.
 *
 * @throws BitstreamError, UnsupportedError where no decoder of the kernel can have it.
 */
export function formatOf(header: FrameHeader): PictureFormat {
  const { version, width, height, flags } = header;
  if (version !== V4L2_FWHT_VERSION) {
    const reason = `version ${version}: the kernel's control has version ${V4L2_FWHT_VERSION} only`;
    throw new UnsupportedError("kernel-limit", reason, { element: "version" });
  }
  const across = (flags & V4L2_FWHT_FL_CHROMA_FULL_WIDTH) === 0 ? 2 : 1;
  const down = (flags & V4L2_FWHT_FL_CHROMA_FULL_HEIGHT) === 0 ? 2 : 1;
  const components = componentsOf(flags);
  return {
    components,
    chromaFormat: components.count === 1 ? 0 : across === 2 ? (down === 2 ? 1 : 2) : down === 2 ? 4 : 3,
    width,
    height,
    codedWidth: codedSize(width, across),
    codedHeight: codedSize(height, down),
  };
}

/**
 * vic_round_dim() of codec-fwht.h halves an odd size downwards, so its result can be smaller than the picture, and vicodec_try_ctrl of
 * vicodec-core.c refuses a picture that is larger than the CAPTURE format. This size has room for it, and VIDIOC_S_FMT keeps it.
 */
function codedSize(size: number, subsampling: number): number {
  return wholeBlocks(size / subsampling) * subsampling;
}

function wholeBlocks(size: number): number {
  return Math.ceil(size / 8) * 8;
}

function componentsOf(flags: number): Components {
  const count = 1 + ((flags & V4L2_FWHT_FL_COMPONENTS_NUM_MSK) >>> V4L2_FWHT_FL_COMPONENTS_NUM_OFFSET);
  if (count !== 1 && count !== 3 && count !== 4) {
    throw new BitstreamError("forbidden-value", `${count} components; a picture has 1, 3 or 4`, {
      element: "V4L2_FWHT_FL_COMPONENTS_NUM_MSK",
    });
  }
  const encoding = encodings[flags & V4L2_FWHT_FL_PIXENC_MSK];
  if (encoding === undefined) {
    throw new BitstreamError("forbidden-value", "no pixel encoding: it must be YUV, RGB or HSV", {
      element: "V4L2_FWHT_FL_PIXENC_MSK",
    });
  }
  return { count, encoding };
}

/**
 * How many bytes the planes of a picture have. A plane whose blocks would need more is stored as it is. By encode_plane() and
 * fwht_decode_frame() of codec-fwht.c: each plane has its own whole blocks, and half of an odd size is rounded down.
 */
export function planeBytes({ components: { count }, chromaFormat, width, height }: PictureFormat): number {
  const luma = wholeBlocks(width) * wholeBlocks(height);
  if (count === 1) return luma;
  const across = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const down = chromaFormat === 1 || chromaFormat === 4 ? 2 : 1;
  const chroma = wholeBlocks(Math.floor(width / across)) * wholeBlocks(Math.floor(height / down));
  return luma + 2 * chroma + (count === 4 ? luma : 0);
}

/** Whether a frame is predicted from no other. */
export function isIntra({ flags }: FrameHeader): boolean {
  return (flags & V4L2_FWHT_FL_I_FRAME) !== 0;
}

/** Whether a frame can be predicted from a picture: its planes are the same. */
export function hasSamePlanes(a: PictureFormat, b: PictureFormat): boolean {
  return (
    a.width === b.width &&
    a.height === b.height &&
    a.chromaFormat === b.chromaFormat &&
    a.components.count === b.components.count &&
    a.components.encoding === b.components.encoding
  );
}
