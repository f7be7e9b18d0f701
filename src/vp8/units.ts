/** A frame's bytes: RFC 6386, sections 9.1 and 9.5. */
import { LittleEndianReader, type Trace } from "../bitreader/index.ts";

/** `"key frame"` or `"interframe"`, by the frame's first bit. */
export function unitName(frame: Uint8Array): string {
  if (frame.length === 0) return "empty frame";
  return ((frame[0] as number) & 1) === 0 ? "key frame" : "interframe";
}

/** 9.5: the sizes of the DCT partitions. @param at where the first partition ends. */
export function dctPartitionSizes(frame: Uint8Array, at: number, count: number, trace: Trace | undefined): number[] {
  const r = new LittleEndianReader(frame, { trace, unit: unitName(frame) });
  r.position = at * 8;
  const sizes: number[] = [];
  let left = frame.length - at - 3 * (count - 1);
  for (let i = 0; i < count - 1; i++) {
    const partition_size = r.u(24, "partition_size");
    if (partition_size > left) {
      r.failAs(
        "wrong-size",
        `the partition has ${partition_size} bytes; ${Math.max(left, 0)} are left`,
        24,
        "partition_size",
      );
    }
    sizes.push(partition_size);
    left -= partition_size;
  }
  sizes.push(left);
  return sizes;
}
