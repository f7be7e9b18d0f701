import { BitstreamError, UnsupportedError } from "../errors.ts";
import type { ChunkInfo, PacketInfo } from "../events.ts";

/** Throws TypeError unless these can be given to `decode`. */
export function checkDecodeArguments(packet: unknown, info: PacketInfo = {}): void {
  checkBytes("a packet", packet);
  checkInfo(info);
}

/** Throws TypeError unless these can be given to `push`. */
export function checkPushArguments(chunk: unknown, info: ChunkInfo = {}): void {
  checkBytes("a chunk", chunk);
  checkInfo(info);
  const lost: unknown = info.lost;
  if (lost === undefined || lost instanceof BitstreamError || lost instanceof UnsupportedError) return;
  throw new TypeError("lost must be a BitstreamError or an UnsupportedError");
}

function checkBytes(what: string, bytes: unknown): void {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${what} must be a Uint8Array`);
}

function checkInfo(info: PacketInfo): void {
  if (typeof info !== "object" || info === null) throw new TypeError("the second argument must be an object");
  if (info.pts !== undefined && typeof info.pts !== "number") throw new TypeError("pts must be a number");
}

/** Throws TypeError unless this can be given to `configure`. */
export function checkConfigureArgument(record: unknown): void {
  if (record === null || record instanceof Uint8Array) return;
  throw new TypeError("a configuration record must be a Uint8Array, or null to return to start codes");
}
