import { type ByteSource, bytesOf } from "../bytes.ts";
import { StreamError } from "../errors.ts";
import type { ChunkInfo, PacketInfo } from "../events.ts";

/**
 * Checks the arguments of `decode`, and returns the packet's bytes.
 *
 * @throws TypeError where one is wrong.
 */
export function checkDecodeArguments(packet: ByteSource, info: PacketInfo = {}): Uint8Array {
  checkInfo(info);
  return bytesOf(packet, "a packet");
}

/**
 * Checks the arguments of `push`, and returns the chunk's bytes.
 *
 * @throws TypeError where one is wrong.
 */
export function checkPushArguments(chunk: ByteSource, info: ChunkInfo = {}): Uint8Array {
  checkInfo(info);
  if (info.unitEnds !== undefined && typeof info.unitEnds !== "boolean") {
    throw new TypeError("unitEnds must be true or false");
  }
  const lost: unknown = info.lost;
  if (lost !== undefined && !(lost instanceof StreamError)) {
    throw new TypeError("lost must be a BitstreamError or an UnsupportedError");
  }
  return bytesOf(chunk, "a chunk");
}

function checkInfo(info: PacketInfo): void {
  if (typeof info !== "object" || info === null) throw new TypeError("the second argument must be an object");
  if (info.pts !== undefined && typeof info.pts !== "number") throw new TypeError("pts must be a number");
}

/**
 * Checks the argument of `configure`, and returns the record's bytes; null means that start codes follow.
 *
 * @throws TypeError where it is wrong.
 */
export function checkConfigureArgument(record: ByteSource | null): Uint8Array | null {
  return record === null ? null : bytesOf(record, "a configuration record that is not null");
}
