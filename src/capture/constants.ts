/** Numbers of linux/videodev2.h that captures show. */

export const V4L2_CTRL_WHICH_REQUEST_VAL = 0x0f010000;
export const V4L2_BUF_FLAG_ERROR = 0x40;
export const V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF = 0x200;
export const V4L2_BUF_FLAG_REQUEST_FD = 0x800000;
export const V4L2_MEMORY_DMABUF = 4;

/** The nanoseconds of a buffer's timeval, as the kernel compares them; undefined where 64 bits cannot hold them. */
export function nanosecondsOf(seconds: bigint, microseconds: bigint): bigint | undefined {
  const nanoseconds = seconds * 1_000_000_000n + microseconds * 1000n;
  return nanoseconds === BigInt.asUintN(64, nanoseconds) ? nanoseconds : undefined;
}
