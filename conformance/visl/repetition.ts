import { ivfFrames } from "../../src/containers/ivf.ts";
import type { Codec } from "../../src/events.ts";
import { openSession } from "../../src/open-session.ts";

const fileHeaderBytes = 32;
const frameHeaderBytes = 12;

function isIvf(codec: Codec): boolean {
  return codec === "vp8" || codec === "vp9";
}

/** An IVF file of some frames of another one, numbered from 0. */
function ivfOf(file: Uint8Array, frames: readonly Uint8Array[]): Uint8Array {
  const size = frames.reduce((sum, { length }) => sum + frameHeaderBytes + length, fileHeaderBytes);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set(file.subarray(0, fileHeaderBytes));
  view.setUint32(24, frames.length, true);
  let at = fileHeaderBytes;
  for (const [pts, frame] of frames.entries()) {
    view.setUint32(at, frame.length, true);
    view.setBigUint64(at + 4, BigInt(pts), true);
    bytes.set(frame, at + frameHeaderBytes);
    at += frameHeaderBytes + frame.length;
  }
  return bytes;
}

/** A stream several times in one. It begins with a picture that refers to none. */
export function repeated(codec: Codec, stream: Uint8Array, times: number): Uint8Array {
  if (isIvf(codec)) {
    const frames = ivfFrames(stream).frames.map(({ data }) => data);
    return ivfOf(stream, Array(times).fill(frames).flat());
  }
  const bytes = new Uint8Array(times * stream.length);
  for (let i = 0; i < times; i++) bytes.set(stream, i * stream.length);
  return bytes;
}

/** A stream up to the end of its first picture. */
export function firstPicture(codec: Codec, stream: Uint8Array): Uint8Array {
  if (isIvf(codec)) return ivfOf(stream, [ivfFrames(stream).frames[0]!.data]);
  const session = openSession(codec, { decodeMode: "frame", startCode: "annexb" });
  const [first] = [...session.push(stream), ...session.flush()].filter((event) => event.type === "request");
  const last = first?.bitstream.at(-1);
  if (last === undefined) throw new Error("the stream has no picture");
  return stream.subarray(0, Buffer.from(stream).indexOf(last) + last.length);
}

/** The frames that a stream shows. */
export function shownFrames(codec: Codec, stream: Uint8Array): number {
  const session = openSession(codec);
  return [...session.push(stream), ...session.flush()].filter((event) => event.type === "output").length;
}
