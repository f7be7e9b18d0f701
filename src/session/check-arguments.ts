import { StreamError } from "../errors.ts";
import type { ChunkInfo, PacketInfo } from "../events.ts";

/**
 * Checks the arguments of `decode`.
 *
 * @throws TypeError where one is wrong.
 */
export function checkDecodeArguments(packet: unknown, info: PacketInfo = {}): void {
  checkBytes("a packet", packet);
  checkInfo(info);
}

/**
 * Checks the arguments of `push`.
 *
 * @throws TypeError where one is wrong.
 */
export function checkPushArguments(chunk: unknown, info: ChunkInfo = {}): void {
  checkBytes("a chunk", chunk);
  checkInfo(info);
  if (info.unitEnds !== undefined && typeof info.unitEnds !== "boolean") {
    throw new TypeError("unitEnds must be true or false");
  }
  const lost: unknown = info.lost;
  if (lost === undefined || lost instanceof StreamError) return;
  throw new TypeError("lost must be a BitstreamError or an UnsupportedError");
}

function checkBytes(what: string, bytes: unknown): void {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${what} must be a Uint8Array`);
}

function checkInfo(info: PacketInfo): void {
  if (typeof info !== "object" || info === null) throw new TypeError("the second argument must be an object");
  if (info.pts !== undefined && typeof info.pts !== "number") throw new TypeError("pts must be a number");
}

/**
 * Checks the argument of `configure`.
 *
 * @throws TypeError where it is wrong.
 */
export function checkConfigureArgument(record: unknown): void {
  if (record === null || record instanceof Uint8Array) return;
  throw new TypeError("a configuration record must be a Uint8Array, or null to return to start codes");
}
